"""Finds the operator's hand beside other hands, at the price of one hand while it is alone."""

from collections.abc import Callable

import numpy as np

from dexgen_teleop.landmarks import Handedness
from dexgen_teleop.tracking.detector import Detection, Detector

WRONG = 3
"""Frames with the other hand after which two hands are searched."""
ALONE = 30
"""Frames without the other hand before one hand is searched again."""


class HandSearch:
    """A detector for one hand that widens to two while the other hand is in the way.

    A model that follows a single hand holds on to it: if that is the wrong one, the right one is
    never found. Searching for two hands costs twice the time, so it is done only then.

    Args:
      one: detector for a single hand.
      two: makes the detector for two hands, when it is needed first.
      side: the operator's hand.
    """

    def __init__(self, one: Detector, two: Callable[[], Detector], side: Handedness):
        self._one = one
        self._make_two = two
        self._two: Detector | None = None
        self._side = side
        self._wrong = 0
        self._alone = 0
        self.wide = False

    def detect(self, image: np.ndarray, stamp: float) -> list[Detection]:
        """Hands in the picture: one, or two while the other hand is in the way."""
        if self.wide:
            return self._detect_two(image, stamp)
        found = self._one.detect(image, stamp)
        other = bool(found) and all(hand.handedness is not self._side for hand in found)
        self._wrong = self._wrong + 1 if other else 0
        if self._wrong >= WRONG:
            self.wide, self._alone = True, 0
        return found

    def close(self) -> None:
        """Release the models."""
        self._one.close()
        if self._two is not None:
            self._two.close()

    def _detect_two(self, image: np.ndarray, stamp: float) -> list[Detection]:
        if self._two is None:
            self._two = self._make_two()
        found = self._two.detect(image, stamp)
        others = any(hand.handedness is not self._side for hand in found)
        self._alone = 0 if others else self._alone + 1
        if self._alone >= ALONE:
            self.wide, self._wrong = False, 0
        return found
