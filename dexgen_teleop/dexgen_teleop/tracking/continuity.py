"""Whether the hand of this frame is the hand of the last one."""

from dataclasses import dataclass

import numpy as np

from dexgen_teleop.landmarks import COUNT, PALM

_IS_PALM = np.isin(np.arange(COUNT), PALM)


@dataclass(frozen=True)
class ContinuitySettings:
    """When a hand is thought to be another one.

    Attributes:
      jump: the palm's centre moves at most this far between two frames [m],
      speed: or this fast over longer gaps [m/s].
      settle: frames that another hand must be followed before it is believed.
    """

    jump: float = 0.12
    speed: float = 3.0
    settle: int = 3


class Continuity:
    """Refuses a hand that leaps, until it has stayed where it is for some frames."""

    def __init__(self, settings: ContinuitySettings | None = None):
        self._settings = settings or ContinuitySettings()
        self._last: tuple[float, np.ndarray] | None = None
        self._waiting = 0

    def lost(self) -> None:
        """No hand in this frame: where the next one appears is no leap."""
        self._last = None
        self._waiting = 0

    def same(self, palm: np.ndarray, stamp: float) -> bool:
        """Whether the palm's centre (3,) [m] at `stamp` [s] carries on from the last frame."""
        settings = self._settings
        before, self._last = self._last, (stamp, palm)
        if before is not None:
            reach = max(settings.jump, settings.speed * (stamp - before[0]))
            if np.linalg.norm(palm - before[1]) > reach:
                self._waiting = settings.settle
        if self._waiting:
            self._waiting -= 1
            return False
        return True


class PointValidity:
    """A point of a finger that was not known is believed again only after some good frames.

    Wrist and knuckles are believed at once: the palm is rigid and they hold each other.

    Args:
      settle: number of good frames.
    """

    def __init__(self, settle: int = 3):
        self._settle = settle
        self.reset()

    def reset(self) -> None:
        """Believe all points of the next frame."""
        self._good: np.ndarray | None = None

    def update(self, valid: np.ndarray) -> np.ndarray:
        """Validity (21,) of the points after this frame's; it falls at once."""
        if self._good is None:
            self._good = np.where(valid, self._settle, 0)
        self._good = np.where(valid, self._good + 1, 0)
        return (self._good >= self._settle) | (valid & _IS_PALM)
