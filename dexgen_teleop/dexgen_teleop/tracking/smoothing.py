"""One-Euro smoothing of a hand: calm while it rests, close behind while it moves.

Casiez, Roussel and Vogel, "1 Euro Filter" (CHI 2012): a low-pass whose cutoff rises with speed.
Here the palm's centre and the points relative to it are smoothed apart, so that carrying the hand
does not blur the fingers, and the speed of a point, not of each axis, sets its cutoff.
"""

from dataclasses import dataclass
import math

import numpy as np

from dexgen_teleop.landmarks import PALM


@dataclass(frozen=True)
class SmoothingSettings:
    """How much is smoothed.

    Attributes:
      cutoff: of a resting hand [Hz]; lower is calmer.
      gain: how fast the cutoff rises with speed [Hz per m/s]; higher lags less.
      speed_cutoff: of the low-pass on the speed [Hz].
      gap: after a gap of this length the filter starts anew [s].
    """

    cutoff: float = 1.0
    gain: float = 60.0
    speed_cutoff: float = 3.0
    gap: float = 0.15


class OneEuro:
    """The filter for a set of points.

    Args:
      settings: its cutoffs.
    """

    def __init__(self, settings: SmoothingSettings):
        self._settings = settings
        self.reset()

    def reset(self) -> None:
        """Start anew with the next points."""
        self._points: np.ndarray | None = None

    def __call__(self, points: np.ndarray, period: float) -> np.ndarray:
        """Smooth (N, 3) points [m] that come `period` [s] after the last ones."""
        if self._points is None:
            self._points, self._velocity = points.copy(), np.zeros_like(points)
            return points
        velocity = (points - self._points) / period
        share = _share(self._settings.speed_cutoff, period)
        self._velocity = self._velocity + share * (velocity - self._velocity)
        speed = np.linalg.norm(self._velocity, axis=-1, keepdims=True)
        share = _share(self._settings.cutoff + self._settings.gain * speed, period)
        self._points = self._points + share * (points - self._points)
        return self._points.copy()


class HandSmoothing:
    """Smooths the 21 points of a hand."""

    def __init__(self, settings: SmoothingSettings | None = None):
        self._settings = settings or SmoothingSettings()
        self._palm, self._shape = OneEuro(self._settings), OneEuro(self._settings)
        self._stamp: float | None = None

    def reset(self) -> None:
        """Forget the past: the next hand is taken as it is."""
        self._stamp = None

    def smooth(self, points: np.ndarray, stamp: float) -> np.ndarray:
        """Smooth (21, 3) points [m] taken at `stamp` [s]."""
        period = math.inf if self._stamp is None else stamp - self._stamp
        self._stamp = stamp
        if not 0.0 < period < self._settings.gap:
            self._palm.reset()
            self._shape.reset()
            period = self._settings.gap
        centre = points[list(PALM)].mean(axis=0, keepdims=True)
        return self._palm(centre, period) + self._shape(points - centre, period)


def _share(cutoff, period: float):
    """Weight of the newest sample in a first-order low-pass: r / (r + 1), r = 2 pi f T."""
    turn = 2.0 * math.pi * cutoff * period
    return turn / (turn + 1.0)
