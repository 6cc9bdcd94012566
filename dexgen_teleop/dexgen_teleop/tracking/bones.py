"""Lengths of the operator's bones, learned while the hand is seen."""

import numpy as np

from dexgen_teleop.landmarks import BONES

PAIRS = (*BONES, (5, 9), (9, 13), (13, 17), (5, 17))
"""Pairs of landmarks whose distance is constant: bones, and knuckles across the palm."""
PARENT, CHILD = np.array(PAIRS).T
USUAL = (
    np.array(
        [35, 46, 34, 27, 98, 44, 26, 23, 96, 48, 30, 24, 93, 44, 28, 24, 88, 34, 20, 21]
        + [27, 22, 21, 67],
        float,
    )
    * 1e-3
)
"""Distances in an adult's hand of about 19 cm [m]."""
LIMIT = 0.35
"""A length differs from the usual one, in a hand of that size, by at most this share."""
FLOOR = 0.0015
"""Standard deviation below which no length is believed to be known [m]."""
PRIOR = 0.15
"""Standard deviation of a length before anything is seen, relative to the length."""


class BoneLengths:
    """Running estimate of each length: a scalar Kalman filter with outliers bounded.

    Attributes:
      mean: (24,) in the order of PAIRS [m].
      deviation: (24,) standard deviation [m].
    """

    def __init__(self):
        self.reset()

    def reset(self) -> None:
        """Forget the operator."""
        self.mean = USUAL.copy()
        self._variance = (PRIOR * USUAL) ** 2

    @property
    def deviation(self) -> np.ndarray:
        """Standard deviation of each length [m]."""
        return np.maximum(np.sqrt(self._variance), FLOOR)

    def scale(self) -> float:
        """Size of the hand relative to USUAL."""
        return float(np.median(self.mean / USUAL))

    def doubt(self) -> None:
        """Somebody else may be there now: start from these lengths, as unsure as at first."""
        self._variance = (PRIOR * USUAL) ** 2

    def learn(self, lengths: np.ndarray, deviation: np.ndarray) -> None:
        """Take one frame's lengths in.

        Errors of neighbouring frames are alike, so each frame counts for less than its deviation
        says: a length is known to `deviation` / 3 after about 3 s, not after 9 frames.

        Args:
          lengths: (24,) [m]; not a number where not seen.
          deviation: (24,) of a single frame's length [m].
        """
        variance = 10.0 * deviation**2
        use = np.isfinite(lengths) & (lengths > 0.003) & (lengths < 0.2)
        total = self._variance + variance
        surprise = np.where(use, lengths, self.mean) - self.mean
        bound = 2.0 * np.sqrt(self._variance + deviation**2)
        gain = np.where(use, self._variance / total, 0.0)
        self.mean = self.mean + gain * np.clip(surprise, -bound, bound)
        self._variance = np.maximum((1.0 - gain) * self._variance, (0.5 * FLOOR) ** 2)
        size = self.scale()
        self.mean = np.clip(self.mean, (1 - LIMIT) * size * USUAL, (1 + LIMIT) * size * USUAL)
