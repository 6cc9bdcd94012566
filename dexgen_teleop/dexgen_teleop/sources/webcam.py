"""A camera of the operating system (Video4Linux)."""

from pathlib import Path

import av

from dexgen_teleop.sources.picture import reason, to_array
from dexgen_teleop.sources.source import Clock, Frame, Source, SourceLostError

DEVICES = Path('/dev')


class WebcamSource(Source):
    """Frames of a webcam, stamped when they arrive.

    Args:
      camera: number of the device /dev/video<number>, or its path.
      clock: time of the stamps.
      rate: asked of the camera [Hz].
      size: asked of the camera, for example '640x480' [pixels].
      devices: folder of the devices.
    """

    live = True

    def __init__(
        self,
        camera: str,
        clock: Clock,
        rate: float = 30.0,
        size: str = '640x480',
        devices: Path = DEVICES,
    ):
        camera = camera or '0'
        self._path = str(devices / f'video{camera}') if camera.isdigit() else camera
        self.name = f'webcam {self._path}'
        self.rate = rate
        self._size = size
        self._clock = clock
        self._devices = devices
        self._container = None
        self._sequence = 0

    def open(self) -> None:
        """Open the camera.

        Raises:
          FileNotFoundError: there is no such camera; the message lists those there are.
          ValueError: the camera cannot be opened.
        """
        if not Path(self._path).exists():
            there = sorted(str(path) for path in self._devices.glob('video*'))
            raise FileNotFoundError(
                f'{self.name} does not exist; cameras here: {", ".join(there) or "none"} '
                f'(parameter camera: number or path; source:=script needs no camera)'
            )
        options = {'framerate': f'{self.rate:g}', 'video_size': self._size}
        try:
            self._container = av.open(self._path, format='v4l2', options=options)
        except (av.FFmpegError, OSError) as error:
            raise ValueError(
                f'{self.name} cannot be opened at {self._size}, {self.rate:g} Hz: {reason(error)}'
            ) from error
        self._container.streams.video[0].codec_context.thread_type = 'NONE'
        self._frames = self._container.decode(video=0)

    def read(self) -> Frame | None:
        """The next frame.

        Raises:
          SourceLostError: the camera went away.
        """
        try:
            decoded = next(self._frames)
        except (StopIteration, av.FFmpegError, OSError) as error:
            raise SourceLostError(f'{self.name} went away: {reason(error)}') from error
        stamp = self._clock()
        frame = Frame(stamp=stamp, sequence=self._sequence, image=to_array(decoded))
        self._sequence += 1
        return frame

    def close(self) -> None:
        """Close the camera."""
        if self._container is not None:
            self._container.close()
            self._container = None
