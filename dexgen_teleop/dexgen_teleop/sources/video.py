"""A video file, played at its own rate."""

from collections.abc import Iterator
from pathlib import Path

import av

from dexgen_teleop.sources.picture import reason, to_array
from dexgen_teleop.sources.source import Clock, Frame, Pace, Source


class VideoSource(Source):
    """Frames of a video file; each is stamped when it is due.

    Args:
      path: any file that FFmpeg decodes.
      clock: time of the stamps.
      loop: begin again at the end.
      pace: when frames are due; by default at the rate of the video.
    """

    def __init__(self, path: str, clock: Clock, loop: bool = False, pace: Pace | None = None):
        self.name = f"video '{path}'"
        self._path = path
        self._clock = clock
        self._loop = loop
        self._pace = pace
        self._container = None
        self._sequence = 0

    def open(self) -> None:
        """Open the file and find its rate.

        Raises:
          FileNotFoundError: there is no such file.
          ValueError: no path is given, or the file is no video.
        """
        if not self._path:
            raise ValueError('source video needs the parameter video: the path of a video file')
        path = Path(self._path).expanduser()
        if not path.is_file():
            raise FileNotFoundError(f"video '{self._path}' does not exist")
        try:
            self._container = av.open(str(path))
        except av.FFmpegError as error:
            raise ValueError(f'{self.name} is no video: {reason(error)}') from error
        if not self._container.streams.video:
            self.close()
            raise ValueError(f'{self.name} is no video: it holds no pictures')
        self.rate = float(self._container.streams.video[0].average_rate or 30.0)
        if self._pace is None:
            self._pace = Pace(self.rate)
        self._frames = self._decoded()

    def read(self) -> Frame | None:
        """The next frame, when it is due; None at the end.

        Raises:
          ValueError: the file holds no picture that can be decoded.
        """
        try:
            image = to_array(next(self._frames))
        except StopIteration:
            return None
        self._pace.wait()
        frame = Frame(stamp=self._clock(), sequence=self._sequence, image=image)
        self._sequence += 1
        return frame

    def close(self) -> None:
        """Close the file."""
        if self._container is not None:
            self._container.close()
            self._container = None

    def _decoded(self) -> Iterator[av.VideoFrame]:
        while True:
            count = 0
            try:
                for frame in self._container.decode(video=0):
                    count += 1
                    yield frame
            except av.FFmpegError as error:
                if not count:
                    raise ValueError(f'{self.name} is no video: {reason(error)}') from error
            if not count:
                raise ValueError(f'{self.name} is no video: it holds no pictures')
            if not self._loop:
                return
            self._container.seek(0)
