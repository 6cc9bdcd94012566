"""How far the hand does what it is told: gain and correlation over time windows."""

from typing import NamedTuple

import numpy as np

PARTS = ('all', 'touching', 'free')
"""Whose keypoints: all, those of fingers that touch something at both ends of a window, those of
fingers that touch nothing at either end."""


class FollowingFigures(NamedTuple):
    """Of one window length.

    Attributes:
      gain: sum e.c / sum c.c of measured (e) and commanded (c) keypoint displacements.
      correlation: sum e.c / sqrt(sum e.e sum c.c).
    """

    gain: float
    correlation: float

    @classmethod
    def of(cls, sums: np.ndarray) -> 'FollowingFigures':
        """From the sums (3,) e.c, c.c, e.e; NaN where nothing was commanded."""
        ec, cc, ee = sums
        return cls(
            float(ec / cc) if cc > 0 else float('nan'),
            float(ec / np.sqrt(ee * cc)) if ee * cc > 0 else float('nan'),
        )


class Following:
    """Accumulates displacements over windows that lie within one episode.

    Args:
      windows: lengths [steps].
      fingers: (K,) finger of each keypoint.
    """

    def __init__(self, windows: tuple[int, ...], fingers: np.ndarray):
        self.windows = windows
        self._fingers = np.asarray(fingers)
        self._past: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._age: np.ndarray | None = None
        self._sums: np.ndarray | None = None

    @property
    def sums(self) -> np.ndarray:
        """Sums (n, W, 3 parts, 3) of e.c, c.c and e.e [m^2]."""
        return self._sums

    def clear(self, count: int) -> None:
        """Forget what was counted, not where the episodes are."""
        self._sums = np.zeros((count, len(self.windows), len(PARTS), 3))

    def note(
        self, commanded: np.ndarray, measured: np.ndarray, touching: np.ndarray, over: np.ndarray
    ) -> None:
        """Note a step.

        Args:
          commanded: (n, K, 3) keypoints commanded for this step [m].
          measured: (n, K, 3) keypoints after it [m].
          touching: (n, F) fingers that touch something after it.
          over: (n,) the episode ended with this step; the step is not counted.
        """
        if self._age is None:
            self._age = np.zeros(len(over), int)
        if self._sums is None:
            self.clear(len(over))
        self._age = np.where(over, 0, self._age + 1)
        self._past.append((commanded, measured, touching[:, self._fingers]))
        if len(self._past) > max(self.windows) + 1:
            del self._past[0]
        for index, window in enumerate(self.windows):
            if len(self._past) > window:
                self._count(index, self._past[-1 - window], self._age > window)

    def _count(self, index: int, before: tuple[np.ndarray, ...], whole: np.ndarray) -> None:
        now = self._past[-1]
        c, e = now[0] - before[0], now[1] - before[1]
        products = np.stack([(e * c).sum(-1), (c * c).sum(-1), (e * e).sum(-1)], axis=-1)
        products = products * whole[:, None, None]
        touching, free = now[2] & before[2], ~now[2] & ~before[2]
        self._sums[:, index, 0] += products.sum(axis=1)
        self._sums[:, index, 1] += (products * touching[..., None]).sum(axis=1)
        self._sums[:, index, 2] += (products * free[..., None]).sum(axis=1)
