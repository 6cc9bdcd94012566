"""Pairs of colour and depth pictures, and which of them belong together."""

from dataclasses import dataclass

import numpy as np

from dexgen_teleop.sources.source import Intrinsics


@dataclass(frozen=True)
class RgbdPair:
    """One colour picture and the depth picture that came with it.

    Attributes:
      color: (H, W, 3) uint8 RGB.
      depth: (H, W) [m], aligned with the colour, 0 where unknown.
      intrinsics: of both.
      color_number, depth_number: counters of the two streams.
      color_time, depth_time: when they were taken [s], on one clock.
      system_time: that clock counts from the epoch, as the stamps do.
    """

    color: np.ndarray
    depth: np.ndarray
    intrinsics: Intrinsics
    color_number: int
    depth_number: int
    color_time: float
    depth_time: float
    system_time: bool = False


class PairCheck:
    """Refuses pairs of pictures that were not taken together.

    Libraries hand out mixed pairs when one stream skips: depth i with colour i - 1. A picture that
    was seen before, or one taken most of a period before or after its partner, is refused.

    Attributes:
      mixed: pairs refused.

    Args:
      rate: of the slower stream [Hz].
    """

    def __init__(self, rate: float):
        self._apart = 0.6 / rate
        self._color = self._depth = -1
        self.mixed = 0

    def accept(self, pair: RgbdPair) -> bool:
        """Whether the two pictures belong together; call it once for each pair, in order."""
        seen = pair.color_number == self._color or pair.depth_number == self._depth
        apart = abs(pair.color_time - pair.depth_time) > self._apart
        self._color, self._depth = pair.color_number, pair.depth_number
        self.mixed += seen or apart
        return not (seen or apart)
