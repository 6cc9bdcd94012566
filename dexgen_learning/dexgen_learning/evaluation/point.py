"""What one point of the evaluation measured, kept for each environment."""

from dataclasses import dataclass, replace

import numpy as np

from dexgen_learning.evaluation.following import FollowingFigures, PARTS
from dexgen_learning.evaluation.intervals import HoldingTime, rate_interval

WINDOWS = (0.2, 1.0, 3.0)
"""Windows of following [s]."""

ARRAYS = ('time', 'drops', 'goals', 'clamped', 'jerk', 'moved')
"""What a point keeps for each environment."""


@dataclass(frozen=True)
class Point:
    """A stream of commands through a control.

    Attributes:
      stream, control, family: names.
      setting: of the control within its family, NaN where it has none.
      time: (n,) simulated time of each environment [s].
      drops: (n,) of it.
      goals: (n,) reached.
      clamped: (n,) sum over time of the share of joint targets that the gate limited [s].
      jerk: (n, 2) sum of the joints' squared jerks [rad^2/s^6], and how many.
      moved: (n, W, 3, 3) sums of `Following`.
    """

    stream: str
    control: str
    family: str
    setting: float
    time: np.ndarray
    drops: np.ndarray
    goals: np.ndarray
    clamped: np.ndarray
    jerk: np.ndarray
    moved: np.ndarray

    def take(self, rows: np.ndarray, stream: str = '') -> 'Point':
        """Of some environments."""
        return replace(
            self, stream=stream or self.stream, **{n: getattr(self, n)[rows] for n in ARRAYS}
        )

    @property
    def holding(self) -> HoldingTime:
        """Time and drops of each environment."""
        return HoldingTime(self.time, self.drops)

    @property
    def goals_per_minute(self) -> float:
        """Goals reached in a simulated minute."""
        return 60.0 * float(self.goals.sum()) / float(self.time.sum())

    @property
    def goals_interval(self) -> tuple[float, float]:
        """Interval of 95 % of `goals_per_minute`: a few hands may reach most of the goals."""
        return rate_interval(self.goals, self.time / 60.0)

    @property
    def clamped_share(self) -> float:
        """Share of joint targets that the gate limited."""
        return float(self.clamped.sum() / self.time.sum())

    @property
    def rms_jerk(self) -> float:
        """Root mean square jerk of the joints [rad/s^3]."""
        total, count = self.jerk.sum(axis=0)
        return float(np.sqrt(total / max(count, 1)))

    @property
    def following(self) -> dict[float, FollowingFigures]:
        """Of all keypoints, by window [s]."""
        return self.following_of('all')

    def following_of(self, part: str) -> dict[float, FollowingFigures]:
        """Of the keypoints of `all`, of `touching` or of `free` fingers, by window [s]."""
        sums = self.moved.sum(axis=0)[:, PARTS.index(part)]
        return {w: FollowingFigures.of(sums[i]) for i, w in enumerate(WINDOWS)}
