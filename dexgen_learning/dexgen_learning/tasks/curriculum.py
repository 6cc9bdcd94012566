"""Nearer goals first: the least distance of a goal grows as an environment reaches its goals."""

from dataclasses import dataclass

import numpy as np

from dexgen_learning.grasps.metric import Metric
from dexgen_learning.tasks.goal import GoalConfig


@dataclass(frozen=True)
class CurriculumConfig:
    """How goals move away.

    Args:
        first: least feature distance of the first goals; 0 for none: all goals are as far as
            the task says from the start.
        up: share of the way to the task's own distance that a reached goal gives.
        down: that a missed goal or a drop takes back.
    """

    first: float = 0.0
    up: float = 0.05
    down: float = 0.05

    def check(self, goal: GoalConfig) -> None:
        """Raise ValueError where the first goals would count at once or lie beyond the last."""
        inside = goal.tolerance.feature_distance(Metric())
        if self.first and not inside < self.first <= goal.nearest:
            raise ValueError(f'the curriculum begins at {self.first} feature units; choose more '
                             f'than the success tolerance ({inside:.2f}) and at most nearest '
                             f'({goal.nearest}), or 0 for none')

    def nearest(self, goal: GoalConfig, level: np.ndarray) -> np.ndarray | None:
        """The least distance of goals at levels (n,) of 0 to 1; None without a curriculum."""
        return self.first + level * (goal.nearest - self.first) if self.first else None

    def moved(self, level: np.ndarray, success: np.ndarray, missed: np.ndarray) -> np.ndarray:
        """The levels (n,) after goals were reached or missed, (n,) bool each."""
        return np.clip(level + self.up * success - self.down * missed, 0.0, 1.0)
