"""Scores of experts in the school's task: goals per minute, time between drops, intervals."""
