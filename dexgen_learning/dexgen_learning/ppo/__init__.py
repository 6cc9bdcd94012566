"""Proximal policy optimisation on the school's tasks with rsl-rl-lib."""
