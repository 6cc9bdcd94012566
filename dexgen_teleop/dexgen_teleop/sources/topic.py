"""Colour and depth pictures that somebody else takes: paired by their stamps."""

import threading

import numpy as np

from dexgen_teleop.sources.source import Frame, Intrinsics, Source, SourceLostError

DEPTH_SCALE = {'16UC1': 0.001, 'mono16': 0.001, '32FC1': 1.0}
"""Encodings of depth pictures and their units [m]."""
COLOR_ORDER = {'rgb8': slice(None), 'bgr8': slice(None, None, -1)}
"""Encodings of colour pictures and the order of their channels."""


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
        self._color: tuple[float, np.ndarray] | None = None
        self._depth: tuple[float, np.ndarray] | None = None
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
        with self._arrived:
            self._color = (stamp, pixels)
            self._join()

    def put_depth(self, stamp: float, depth: np.ndarray) -> None:
        """Put in a depth picture (H, W) [m], aligned with the colour, taken at `stamp` [s]."""
        with self._arrived:
            self._depth = (stamp, depth)
            self._join()

    def _join(self) -> None:
        if self._color is None or (self._with_depth and self._depth is None):
            return
        stamp, image = self._color
        depth = None
        if self._with_depth:
            if self._intrinsics is None or abs(self._depth[0] - stamp) > self._apart:
                return
            depth = self._depth[1]
            if depth.shape != image.shape[:2]:
                return
        self._frame = Frame(stamp, self._sequence, image, depth, self._intrinsics)
        self._sequence += 1
        self._color = self._depth = None
        self._arrived.notify()

    def _missing(self) -> str:
        """What keeps frames from coming, for people."""
        if self._color is None and self._depth is None:
            return 'no new pictures arrive'
        if self._with_depth and self._intrinsics is None:
            return 'no camera_info arrives'
        if self._with_depth and (self._color is None or self._depth is None):
            return f'no {"colour" if self._color is None else "depth"} pictures arrive'
        return 'colour and depth are taken at different times or differ in size'


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
