"""When an object counts as dropped, how long it was held, when it is put back."""

from typing import NamedTuple

import numpy as np

DROP_DISTANCE = 0.085
"""Distance of the object's centre from the palm centre from which it is dropped [m]."""
PUT_BACK_AFTER = 2.0
"""Time from the drop until the object is put back [s, simulated]."""


def is_dropped(position: np.ndarray, hand) -> np.ndarray:
    """Whether objects at `position` (..., 3) [m, hand frame] are out of the hand; (...) bool."""
    away = np.asarray(position) - hand.palm_center
    return np.einsum('...i,...i->...', away, away) > DROP_DISTANCE**2


class Holding(NamedTuple):
    """How an object has been held.

    Attributes:
      held: False from a drop until it is put back.
      since: simulated time of the last putting in, or of the drop where it is not held [s].
      drops: drops since the scene was reset.
      longest: longest time held since the scene was reset [s].
    """

    held: bool = False
    since: float = 0.0
    drops: int = 0
    longest: float = 0.0

    def put_in(self, time: float) -> 'Holding':
        """The object lies in the hand from `time` [s] on."""
        return self._replace(held=True, since=time)

    def observe(self, dropped: bool, time: float) -> 'Holding':
        """What is known at `time` [s] of an object that is dropped or not."""
        if not self.held:
            return self
        longest = max(self.longest, time - self.since)
        if dropped:
            return Holding(False, time, self.drops + 1, longest)
        return self._replace(longest=longest)

    def due(self, time: float) -> bool:
        """Whether the object is to be put back at `time` [s]."""
        return not self.held and time - self.since >= PUT_BACK_AFTER

    def held_for(self, time: float) -> float:
        """Time for which the object is held at `time` [s], 0 when it is not."""
        return time - self.since if self.held else 0.0
