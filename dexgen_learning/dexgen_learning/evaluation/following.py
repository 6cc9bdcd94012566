"""How far the hand does what it is told: gain and correlation over time windows."""

from typing import NamedTuple

import numpy as np


class FollowingFigures(NamedTuple):
    """Of one window length.

    Attributes:
      gain: sum e.c / sum c.c of measured (e) and commanded (c) keypoint displacements.
      correlation: sum e.c / sqrt(sum e.e sum c.c).
    """

    gain: float
    correlation: float


class Following:
    """Accumulates displacements over windows that lie within one episode.

    Args:
      windows: lengths [steps].
    """

    def __init__(self, windows: tuple[int, ...]):
        self.windows = windows
        self._sums = np.zeros((len(windows), 3))
        self._commanded: list[np.ndarray] = []
        self._measured: list[np.ndarray] = []
        self._age: np.ndarray | None = None

    def note(self, commanded: np.ndarray, measured: np.ndarray, over: np.ndarray) -> None:
        """Note a step.

        Args:
          commanded: (n, K, 3) keypoints commanded for this step [m].
          measured: (n, K, 3) keypoints after it [m].
          over: (n,) the episode ended with this step; the step is not counted.
        """
        if self._age is None:
            self._age = np.zeros(len(over), int)
        self._age = np.where(over, 0, self._age + 1)
        self._commanded.append(commanded)
        self._measured.append(measured)
        if len(self._commanded) > max(self.windows) + 1:
            del self._commanded[0], self._measured[0]
        for index, window in enumerate(self.windows):
            whole = self._age > window
            if len(self._commanded) <= window or not whole.any():
                continue
            c = (self._commanded[-1] - self._commanded[-1 - window])[whole]
            e = (self._measured[-1] - self._measured[-1 - window])[whole]
            self._sums[index] += (e * c).sum(), (c * c).sum(), (e * e).sum()

    def figures(self) -> dict[int, FollowingFigures]:
        """By window length [steps]; NaN where nothing was commanded."""
        return {
            window: FollowingFigures(
                float(ec / cc) if cc > 0 else float('nan'),
                float(ec / np.sqrt(ee * cc)) if ee * cc > 0 else float('nan'),
            )
            for window, (ec, cc, ee) in zip(self.windows, self._sums, strict=True)
        }
