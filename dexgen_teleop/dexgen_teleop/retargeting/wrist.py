"""The operator's palm orientation as a command for the robot's wrist, filtered and bounded."""

from dataclasses import dataclass
import math

import numpy as np
from transforms3d.quaternions import mat2quat

OPTICAL_IN_WORLD = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""Rotation camera optical frame -> world of a level camera: world x is where it looks, z is up."""


@dataclass(frozen=True)
class WristFilterConfig:
    """How the palm's orientation is smoothed.

    Attributes:
      cutoff: of the low-pass while the palm is still [Hz].
      speed_gain: rise of the cutoff with the palm's speed [Hz s/rad].
      rate_limit: fastest turn of the command [rad/s].
      restart: a pause longer than this [s] starts afresh at the measured orientation.
    """

    cutoff: float = 1.5
    speed_gain: float = 2.0
    rate_limit: float = 4.0
    restart: float = 0.5


class WristFilter:
    """One-Euro filter on rotations (Casiez et al. 2012, with slerp), then a rate limit.

    Args:
      config: its constants.
    """

    def __init__(self, config: WristFilterConfig | None = None):
        self._config = config or WristFilterConfig()
        self.reset()

    def reset(self) -> None:
        """Forget the motion."""
        self._stamp: float | None = None
        self._last = self._mean = self._command = np.array([1.0, 0.0, 0.0, 0.0])
        self._speed = 0.0

    def __call__(self, orientation: np.ndarray, stamp: float) -> np.ndarray:
        """The command (4,) for a measured orientation (4,) at `stamp` [s]; (w, x, y, z)."""
        elapsed = 0.0 if self._stamp is None else stamp - self._stamp
        if not 0.0 < elapsed <= self._config.restart:
            self._last = self._mean = self._command = orientation
            self._stamp, self._speed = stamp, 0.0
            return orientation
        measured = _angle(self._last, orientation) / elapsed
        self._speed += _share(1.0, elapsed) * (measured - self._speed)
        cutoff = self._config.cutoff + self._config.speed_gain * self._speed
        self._mean = _turned(self._mean, orientation, _share(cutoff, elapsed))
        angle = _angle(self._command, self._mean)
        allowed = self._config.rate_limit * elapsed
        self._command = _turned(
            self._command, self._mean, 1.0 if angle <= allowed else allowed / angle
        )
        self._last, self._stamp = orientation, stamp
        return self._command


def palm_orientation(rotation: np.ndarray) -> np.ndarray:
    """Quaternion (4,) (w, x, y, z) of a hand in the world, from its rotation in the optical frame.

    The robot's hand frame follows the operator's wrist frame: both have z toward the fingers and x
    out of the palm.

    Args:
      rotation: (3, 3) wrist frame in the camera's optical frame.
    """
    return mat2quat(OPTICAL_IN_WORLD @ rotation)


def _share(cutoff: float, elapsed: float) -> float:
    return 1.0 / (1.0 + 1.0 / (2.0 * math.pi * cutoff * elapsed))


def _angle(first: np.ndarray, second: np.ndarray) -> float:
    return 2.0 * math.acos(min(abs(float(first @ second)), 1.0))


def _turned(start: np.ndarray, end: np.ndarray, share: float) -> np.ndarray:
    """Slerp, the short way."""
    cosine = float(start @ end)
    if cosine < 0.0:
        end, cosine = -end, -cosine
    half = math.acos(min(cosine, 1.0))
    if half < 1e-6:
        return end
    mixed = math.sin((1.0 - share) * half) * start + math.sin(share * half) * end
    return mixed / np.linalg.norm(mixed)
