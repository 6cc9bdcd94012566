"""Evaluation: commands, controls with and without a model, what is measured, tables."""
