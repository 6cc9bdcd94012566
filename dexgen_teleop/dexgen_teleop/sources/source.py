"""What every source of the operator's hand has in common: frames, read one after the other."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
import math
import time

import numpy as np

from dexgen_teleop.landmarks import Landmarks

Clock = Callable[[], float]
"""Returns the present time of the stamps [s]."""


class SourceLostError(OSError):
    """A live source went away; it may come back."""


@dataclass(frozen=True)
class Intrinsics:
    """Pinhole camera without distortion; everything in pixels of an image width x height."""

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int

    @classmethod
    def assumed(cls, width: int, height: int, horizontal_fov: float) -> 'Intrinsics':
        """Square pixels, the axis in the middle, and an assumed horizontal field of view [rad]."""
        focal = 0.5 * width / math.tan(0.5 * horizontal_fov)
        return cls(focal, focal, 0.5 * width, 0.5 * height, width, height)

    def rays(self, image: np.ndarray) -> np.ndarray:
        """Normalised image points (..., 2) to x / z and y / z in the camera's optical frame."""
        focal = np.array([self.fx, self.fy])
        return (np.asarray(image) * [self.width, self.height] - [self.cx, self.cy]) / focal

    def project(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 3) [m] in the optical frame to normalised image points (..., 2)."""
        points = np.asarray(points)
        pixels = points[..., :2] / points[..., 2:] * [self.fx, self.fy] + [self.cx, self.cy]
        return pixels / [self.width, self.height]


@dataclass(frozen=True)
class Frame:
    """One frame of a source.

    Attributes:
      stamp: acquisition time [s].
      sequence: counts the frames of the source from 0.
      image: (H, W, 3) uint8 RGB; None from a source that knows the landmarks.
      depth: (H, W) [m], aligned with the image, 0 where unknown; None without depth.
      intrinsics: of the image; None where unknown.
      landmarks: the hand itself, from a source that needs no tracking.
    """

    stamp: float
    sequence: int
    image: np.ndarray | None = None
    depth: np.ndarray | None = None
    intrinsics: Intrinsics | None = None
    landmarks: Landmarks | None = None


class Source(ABC):
    """A stream of frames. Nothing is opened before `open`.

    Attributes:
      name: what it is, for messages to the user.
      rate: nominal frames per second [Hz], known after `open`.
      live: True for a device that may go away and come back.
    """

    name: str = 'source'
    rate: float = 30.0
    live: bool = False

    @abstractmethod
    def open(self) -> None:
        """Open the source; may be called again after `close`.

        Raises:
          FileNotFoundError, ValueError: the user named something that cannot be opened.
        """

    @abstractmethod
    def read(self) -> Frame | None:
        """Wait for the next frame and return it; None at the end of a recording.

        Raises:
          SourceLostError: the device went away.
        """

    @abstractmethod
    def close(self) -> None:
        """Release what `open` took; calling it twice does no harm."""


class Pace:
    """Gives recorded frames out at the rate they were taken with, as a camera does.

    Args:
      rate: [Hz].
      steady: steady clock [s].
      sleep: waits for a number of seconds.
    """

    def __init__(
        self,
        rate: float,
        steady: Clock = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self._period = 1.0 / rate
        self._steady = steady
        self._sleep = sleep
        self._due: float | None = None

    def wait(self) -> None:
        """Wait until the next frame is due; a late frame is due at once and moves the schedule."""
        now = self._steady()
        if self._due is None or now - self._due > self._period:
            self._due = now
        if self._due > now:
            self._sleep(self._due - now)
        self._due += self._period


class NoPace(Pace):
    """Gives frames out as fast as they are asked for: for benchmarks and tests."""

    def __init__(self):
        super().__init__(1.0)

    def wait(self) -> None:
        """Return at once."""
