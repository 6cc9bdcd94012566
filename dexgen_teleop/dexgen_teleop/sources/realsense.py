"""An Intel RealSense camera, or a recording of one, with depth aligned to colour."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from dexgen_teleop.sources.rgbd import PairCheck, RgbdPair
from dexgen_teleop.sources.source import Clock, Frame, Intrinsics, Pace, Source, SourceLostError

SILENCE = 1.0
"""A live camera that sends nothing for this long is lost [s]."""


@dataclass(frozen=True)
class RealSenseSettings:
    """What is asked of the camera.

    Attributes:
      serial: serial number; '' or '0' for the first camera found.
      file: recording (.db3 or .bag) played instead of a camera.
      width, height: of both streams [pixels]; a recording brings its own.
      rate: of both streams [Hz]; a recording brings its own.
      exposure: of the colour sensor [us]; 0 for automatic.
      loop: begin a recording again at its end.
    """

    serial: str = ''
    file: str = ''
    width: int = 640
    height: int = 480
    rate: float = 30.0
    exposure: int = 0
    loop: bool = False


class RgbdCamera(Protocol):
    """What the source needs of a camera library."""

    rate: float

    def start(self) -> None:
        """Open camera or recording; FileNotFoundError or ValueError where that fails."""

    def next(self, timeout: float) -> RgbdPair | None:
        """The next pair; None if none comes within `timeout` [s]."""

    def stop(self) -> None:
        """Close; harmless when not started."""


class LibRealSense:
    """RgbdCamera on pyrealsense2."""

    def __init__(self, settings: RealSenseSettings):
        self._settings = settings
        self.rate = settings.rate
        self._pipeline = None

    def start(self) -> None:
        """Open the camera or the recording.

        Raises:
          FileNotFoundError: no such camera or file.
          ValueError: the library is missing, or the file or the camera refuses.
        """
        try:
            import pyrealsense2
        except ImportError as error:
            raise ValueError(
                f'source realsense needs pyrealsense2 and libusb-1.0 ({error}); '
                f'there are no wheels for every machine: source:=topic takes realsense-ros instead'
            ) from error
        self._rs = pyrealsense2
        config = self._playback() if self._settings.file else self._live()
        pipeline = self._rs.pipeline()
        try:
            profile = pipeline.start(config)
        except RuntimeError as error:
            raise ValueError(f'{name(self._settings)} cannot be opened: {error}') from error
        self._pipeline = pipeline
        try:
            self._configure(profile)
        except (RuntimeError, ValueError) as error:
            self.stop()
            raise ValueError(f'{name(self._settings)} cannot be used: {error}') from error

    def next(self, timeout: float) -> RgbdPair | None:
        """The next pair; None if none comes within `timeout` [s]."""
        while True:
            arrived, frames = self._pipeline.try_wait_for_frames(round(1e3 * timeout))
            if not arrived:
                return None
            depth, color = frames.get_depth_frame(), frames.get_color_frame()
            if depth and color:
                return self._pair(frames, color, depth)

    def stop(self) -> None:
        """Close camera or recording."""
        if self._pipeline is not None:
            self._pipeline.stop()
            self._pipeline = None

    def _live(self):
        devices = self._rs.context().query_devices()
        serials = [device.get_info(self._rs.camera_info.serial_number) for device in devices]
        wanted = self._settings.serial
        if not serials or (wanted not in ('', '0') and wanted not in serials):
            raise FileNotFoundError(
                f'{name(self._settings)} is not connected; cameras here: '
                f'{", ".join(serials) or "none"} (parameter camera: serial number; '
                f'camera_file: a recording)'
            )
        config, settings = self._rs.config(), self._settings
        config.enable_device(serials[0] if wanted in ('', '0') else wanted)
        size, rate = (settings.width, settings.height), round(settings.rate)
        config.enable_stream(self._rs.stream.depth, *size, self._rs.format.z16, rate)
        config.enable_stream(self._rs.stream.color, *size, self._rs.format.rgb8, rate)
        return config

    def _playback(self):
        path = Path(self._settings.file).expanduser()
        if not path.is_file():
            raise FileNotFoundError(f"camera_file '{self._settings.file}' does not exist")
        config = self._rs.config()
        try:
            config.enable_device_from_file(str(path), self._settings.loop)
        except RuntimeError as error:
            raise ValueError(f'{name(self._settings)} is no recording: {error}') from error
        return config

    def _configure(self, profile) -> None:
        rs, device = self._rs, profile.get_device()
        streams = {stream.stream_type(): stream for stream in profile.get_streams()}
        if not {rs.stream.color, rs.stream.depth} <= set(streams):
            raise ValueError('it has no pair of a colour and a depth stream')
        color = streams[rs.stream.color].as_video_stream_profile()
        formats = {rs.format.rgb8: slice(None), rs.format.bgr8: slice(None, None, -1)}
        if color.format() not in formats:
            raise ValueError(f'its colour is {color.format()}; allowed: rgb8, bgr8')
        self._channels = formats[color.format()]
        self.rate = float(color.fps())
        seen = color.get_intrinsics()
        self._intrinsics = Intrinsics(
            seen.fx, seen.fy, seen.ppx, seen.ppy, seen.width, seen.height
        )
        self._scale = device.first_depth_sensor().get_depth_scale()
        self._align = rs.align(rs.stream.color)
        if self._settings.file:
            device.as_playback().set_real_time(False)
        elif self._settings.exposure:
            sensor = device.first_color_sensor()
            sensor.set_option(rs.option.enable_auto_exposure, 0)
            sensor.set_option(rs.option.exposure, self._settings.exposure)

    def _pair(self, frames, color, depth) -> RgbdPair:
        aligned = self._align.process(frames).get_depth_frame()
        millimetres = np.asanyarray(aligned.get_data())
        domain = self._rs.timestamp_domain
        return RgbdPair(
            color=np.asanyarray(color.get_data())[..., self._channels].copy(),
            depth=millimetres * np.float32(self._scale),
            intrinsics=self._intrinsics,
            color_number=color.get_frame_number(),
            depth_number=depth.get_frame_number(),
            color_time=1e-3 * color.get_timestamp(),
            depth_time=1e-3 * depth.get_timestamp(),
            system_time=color.get_frame_timestamp_domain()
            in (domain.system_time, domain.global_time),
        )


class RealSenseSource(Source):
    """Frames with metric depth.

    Args:
      settings: camera or recording.
      clock: time of the stamps.
      pace: when recorded frames are due; by default at the recording's rate.
      camera: makes the access to the camera.
    """

    def __init__(
        self,
        settings: RealSenseSettings,
        clock: Clock,
        pace: Pace | None = None,
        camera: Callable[[RealSenseSettings], RgbdCamera] = LibRealSense,
    ):
        self.name = name(settings)
        self.live = not settings.file
        self.rate = settings.rate
        self.mixed = 0
        self._clock = clock
        self._pace = pace
        self._camera = camera(settings)
        self._sequence = 0

    def open(self) -> None:
        """Open camera or recording.

        Raises:
          FileNotFoundError: no such camera or file.
          ValueError: the library is missing, or the file or the camera refuses.
        """
        self._camera.start()
        self.rate = self._camera.rate
        self._check = PairCheck(self.rate)
        if self._pace is None and not self.live:
            self._pace = Pace(self.rate)

    def read(self) -> Frame | None:
        """The next frame; None at the end of a recording.

        Raises:
          SourceLostError: the camera went away.
        """
        while True:
            try:
                pair = self._camera.next(SILENCE)
            except RuntimeError as error:
                raise SourceLostError(f'{self.name} went away: {error}') from error
            if pair is None and self.live:
                raise SourceLostError(f'{self.name} sends nothing any more')
            if pair is None:
                return None
            if self._check.accept(pair):
                return self._frame(pair)
            self.mixed += 1
            self._sequence += 1

    def close(self) -> None:
        """Close camera or recording."""
        try:
            self._camera.stop()
        except RuntimeError:
            return  # a camera that was pulled out cannot be stopped

    def _frame(self, pair: RgbdPair) -> Frame:
        if self._pace is not None:
            self._pace.wait()
        now = self._clock()
        taken = pair.color_time if self.live and pair.system_time else now
        frame = Frame(
            stamp=taken if 0.0 <= now - taken < SILENCE else now,
            sequence=self._sequence,
            image=pair.color,
            depth=pair.depth,
            intrinsics=pair.intrinsics,
        )
        self._sequence += 1
        return frame


def name(settings: RealSenseSettings) -> str:
    """What the source is called in messages."""
    if settings.file:
        return f"camera_file '{settings.file}'"
    return f'RealSense {settings.serial}' if settings.serial not in ('', '0') else 'RealSense'
