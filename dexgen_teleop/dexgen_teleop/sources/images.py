"""A folder of pictures, shown one after the other."""

from pathlib import Path

import av

from dexgen_teleop.sources.picture import reason, to_array
from dexgen_teleop.sources.source import Clock, Frame, Pace, Source

ENDINGS = ('.jpg', '.jpeg', '.png', '.webp', '.bmp')


class ImagesSource(Source):
    """Pictures of a folder in the order of their names.

    Args:
      folder: holds .jpg, .png, .webp or .bmp files.
      clock: time of the stamps.
      rate: pictures per second [Hz].
      loop: begin again at the end.
      pace: when pictures are due; by default at `rate`.
    """

    def __init__(
        self,
        folder: str,
        clock: Clock,
        rate: float = 30.0,
        loop: bool = False,
        pace: Pace | None = None,
    ):
        self.name = f"images '{folder}'"
        self.rate = rate
        self._folder = folder
        self._clock = clock
        self._loop = loop
        self._pace = pace or Pace(rate)
        self._paths: list[Path] = []
        self._next = 0
        self._sequence = 0

    def open(self) -> None:
        """List the pictures.

        Raises:
          FileNotFoundError: there is no such folder.
          ValueError: no folder is given, or it holds no picture.
        """
        if not self._folder:
            raise ValueError('source images needs the parameter images: a folder of pictures')
        folder = Path(self._folder).expanduser()
        if not folder.is_dir():
            raise FileNotFoundError(f"images '{self._folder}' is no folder")
        self._paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in ENDINGS)
        if not self._paths:
            raise ValueError(f'{self.name} holds no picture ({", ".join(ENDINGS)})')
        self._next = 0

    def read(self) -> Frame | None:
        """The next picture, when it is due; None at the end.

        Raises:
          ValueError: a file is no picture.
        """
        if self._next == len(self._paths):
            if not self._loop:
                return None
            self._next = 0
        path = self._paths[self._next]
        try:
            with av.open(str(path)) as container:
                image = to_array(next(container.decode(video=0)))
        except (av.FFmpegError, StopIteration) as error:
            raise ValueError(f"'{path}' is no picture: {reason(error)}") from error
        self._pace.wait()
        frame = Frame(stamp=self._clock(), sequence=self._sequence, image=image)
        self._next += 1
        self._sequence += 1
        return frame

    def close(self) -> None:
        """Nothing stays open between two pictures."""
