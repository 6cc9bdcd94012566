"""Grasps: found, validated in the training simulator, kept apart, joined into a graph."""
