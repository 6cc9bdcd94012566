"""Pictures of the operator's camera as one MP4 file, a frame for each row."""

from fractions import Fraction
import io
from pathlib import Path

import numpy as np

CODEC = 'h264'
OPTIONS = {'preset': 'ultrafast', 'crf': '23', 'g': '2'}
"""Fast to write, and every other picture stands for itself: training reads frames at random."""
JPEG = b'\xff\xd8'
"""How a JPEG picture begins."""
SMALL = (64, 48)
"""Size of a picture from which statistics are taken."""


class VideoWriter:
    """Encodes JPEG or PNG pictures at a fixed rate; a missing one repeats the last.

    Args:
      path: file to write.
      rate: frames per second [Hz].
    """

    def __init__(self, path: Path, rate: float):
        import av

        path.parent.mkdir(parents=True, exist_ok=True)
        self._rate = rate
        self._container = av.open(str(path), 'w')
        self._stream = None
        self._jpeg = None
        self._last = None
        self._count = 0
        self._owed = 0

    def add(self, image: bytes | None) -> None:
        """Add a picture; before the first one, frames are owed and filled with it."""
        if image is not None:
            self._last = self._decode(image).reformat(format='yuv420p')
        self._owed += 1
        if self._last is None:
            return
        if self._stream is None:
            self._stream = self._container.add_stream(CODEC, rate=Fraction(self._rate))
            self._stream.width, self._stream.height = self._last.width, self._last.height
            self._stream.pix_fmt = 'yuv420p'
            self._stream.options = OPTIONS
        while self._owed:
            self._encode()

    def _decode(self, image: bytes):
        """A picture as a frame; JPEG goes to one decoder that stays open."""
        import av

        if image.startswith(JPEG):
            self._jpeg = self._jpeg or av.CodecContext.create('mjpeg', 'r')
            frames = self._jpeg.decode(av.Packet(image))
            if frames:
                return frames[0]
        with av.open(io.BytesIO(image)) as picture:
            return next(picture.decode(video=0))

    def _encode(self) -> None:
        self._last.pts = self._count
        self._last.time_base = 1 / Fraction(self._rate)
        for packet in self._stream.encode(self._last):
            self._container.mux(packet)
        self._count += 1
        self._owed -= 1

    def small(self) -> np.ndarray | None:
        """The newest picture, made small: (H, W, 3) uint8; None before the first one."""
        if self._last is None:
            return None
        width, height = SMALL
        return self._last.reformat(width, height, format='rgb24').to_ndarray()

    def feature(self) -> dict[str, object]:
        """Description of the video for LeRobot."""
        height, width = (self._last.height, self._last.width) if self._last else (0, 0)
        return {
            'dtype': 'video',
            'shape': [height, width, 3],
            'names': ['height', 'width', 'channels'],
            'info': {
                'video.height': height,
                'video.width': width,
                'video.codec': CODEC,
                'video.pix_fmt': 'yuv420p',
                'video.is_depth_map': False,
                'video.fps': self._rate,
                'video.channels': 3,
                'has_audio': False,
            },
        }

    def close(self) -> None:
        """Write what the encoder still holds."""
        if self._stream is not None:
            for packet in self._stream.encode():
                self._container.mux(packet)
        self._container.close()
