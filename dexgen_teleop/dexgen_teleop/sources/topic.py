"""Colour and depth pictures that somebody else takes: paired by their stamps."""

from collections import deque
import threading
from typing import NamedTuple

import numpy as np

from dexgen_teleop.sources.source import Frame, Intrinsics, Source, SourceLostError

DEPTH_SCALE = {'16UC1': 0.001, 'mono16': 0.001, '32FC1': 1.0}
"""Encodings of depth pictures and their units [m]."""
COLOR_ORDER = {'rgb8': slice(None), 'bgr8': slice(None, None, -1)}
"""Encodings of colour pictures and the order of their channels."""
KEPT = 5
"""Pictures of a kind that wait for the other kind, which a driver may send some frames later."""


class _Picture(NamedTuple):
    stamp: float
    pixels: np.ndarray


class TopicSource(Source):
    """Frames from pictures that are put in, for example by subscriptions.

    Args:
      rate: expected [Hz].
      with_depth: False where only colour comes.
      silence: without a frame for this long the topics are lost [s].
    """

    live = True

    def __init__(self, rate: float = 30.0, with_depth: bool = True, silence: float = 1.0):
        self.name = 'camera topics'
        self.rate = rate
        self._with_depth = with_depth
        self._silence = silence
        self._apart = 0.6 / rate
        self._colors: deque[_Picture] = deque(maxlen=KEPT)
        self._depths: deque[_Picture] = deque(maxlen=KEPT)
        self._intrinsics: Intrinsics | None = None
        self._frame: Frame | None = None
        self._sequence = 0
        self._arrived = threading.Condition()

    def open(self) -> None:
        """Nothing to open: the pictures are put in."""

    def close(self) -> None:
        """Nothing to close."""

    def read(self) -> Frame:
        """The newest complete frame, when there is one.

        Raises:
          SourceLostError: nothing complete has come for `silence` seconds.
        """
        with self._arrived:
            if not self._arrived.wait_for(lambda: self._frame is not None, self._silence):
                raise SourceLostError(f'{self.name}: {self._missing()}')
            frame, self._frame = self._frame, None
        return frame

    def put_intrinsics(self, intrinsics: Intrinsics) -> None:
        """Say what camera takes the pictures."""
        self._intrinsics = intrinsics

    def put_color(self, stamp: float, pixels: np.ndarray) -> None:
        """Put in a colour picture (H, W, 3) uint8 RGB taken at `stamp` [s]."""
        color = _Picture(stamp, pixels)
        with self._arrived:
            self._colors.append(color)
            depth = self._nearest(color, self._depths)
            if depth is not None or not self._with_depth:
                self._complete(color, depth)

    def put_depth(self, stamp: float, depth: np.ndarray) -> None:
        """Put in a depth picture (H, W) [m], aligned with the colour, taken at `stamp` [s]."""
        picture = _Picture(stamp, depth)
        with self._arrived:
            self._depths.append(picture)
            color = self._nearest(picture, self._colors)
            if color is not None:
                self._complete(color, picture)

    def _nearest(self, picture: _Picture, others: deque[_Picture]) -> _Picture | None:
        """The picture of the other kind that was taken with this one."""
        if self._intrinsics is None:
            return None
        return min(
            (
                other
                for other in others
                if abs(other.stamp - picture.stamp) <= self._apart
                and other.pixels.shape[:2] == picture.pixels.shape[:2]
            ),
            key=lambda other: abs(other.stamp - picture.stamp),
            default=None,
        )

    def _complete(self, color: _Picture, depth: _Picture | None) -> None:
        """Make a frame; what came before its pictures is not needed any more."""
        _drop_through(self._colors, color)
        if depth is not None:
            _drop_through(self._depths, depth)
        pixels = depth.pixels if depth is not None else None
        self._frame = Frame(color.stamp, self._sequence, color.pixels, pixels, self._intrinsics)
        self._sequence += 1
        self._arrived.notify()

    def _missing(self) -> str:
        """What keeps frames from coming, for people."""
        if not self._colors and not self._depths:
            return 'no new pictures arrive'
        if self._with_depth and self._intrinsics is None:
            return 'no camera_info arrives'
        if self._with_depth and not (self._colors and self._depths):
            return f'no {"depth" if self._colors else "colour"} pictures arrive'
        return 'colour and depth are taken at different times or differ in size'


def _drop_through(pictures: deque[_Picture], last: _Picture) -> None:
    while pictures.popleft() is not last:
        pass


def decode(data, encoding: str, height: int, width: int, step: int) -> np.ndarray:
    """The pixels of a picture message: (H, W, 3) uint8 RGB, or (H, W) depth [m].

    Args:
      data: its bytes.
      encoding: its name in ROS, a key of COLOR_ORDER or DEPTH_SCALE.
      height, width: [pixels].
      step: bytes of a row.

    Raises:
      ValueError: another encoding.
    """
    rows = np.frombuffer(data, np.uint8).reshape(height, step)
    if encoding in COLOR_ORDER:
        pixels = rows[:, : 3 * width].reshape(height, width, 3)
        return np.ascontiguousarray(pixels[..., COLOR_ORDER[encoding]])
    if encoding in DEPTH_SCALE:
        kind = np.float32 if encoding == '32FC1' else np.uint16
        size = np.dtype(kind).itemsize
        depth = np.ascontiguousarray(rows[:, : size * width]).view(kind)
        return np.nan_to_num(depth * np.float32(DEPTH_SCALE[encoding]), posinf=0.0, neginf=0.0)
    allowed = ', '.join((*COLOR_ORDER, *DEPTH_SCALE))
    raise ValueError(f"a picture is encoded as '{encoding}'; allowed: {allowed}")
