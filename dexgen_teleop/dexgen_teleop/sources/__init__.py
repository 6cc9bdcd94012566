"""Where the operator's hand comes from: cameras, recordings, pictures, a script."""

from collections.abc import Callable
from dataclasses import dataclass

from dexgen_teleop.sources.source import Clock, Frame, Intrinsics, Source, SourceLostError

__all__ = [
    'Clock',
    'Frame',
    'Intrinsics',
    'open_source',
    'Source',
    'SOURCE_NAMES',
    'SourceLostError',
    'SourceSettings',
]


@dataclass(frozen=True)
class SourceSettings:
    """What the user may say about a source; each source takes what it needs.

    Attributes:
      source: one of SOURCE_NAMES.
      video: path of a video file.
      camera: number, path or serial number of a camera; '' for the first.
      camera_file: recording of a depth camera, .db3 or .bag.
      images: folder of pictures.
      rate: frames per second of sources that have no rate of their own [Hz].
      size: picture size asked of a camera, for example '640x480' [pixels].
      exposure: asked of a depth camera's colour sensor [us]; 0 for automatic.
      loop: begin recordings again at their end.
      with_depth: the camera topics bring depth.
      side: hand that the script moves, 'right' or 'left'.
    """

    source: str = 'script'
    video: str = ''
    camera: str = ''
    camera_file: str = ''
    images: str = ''
    rate: float = 30.0
    size: str = '640x480'
    exposure: int = 0
    loop: bool = False
    with_depth: bool = True
    side: str = 'right'


def _video(settings: SourceSettings, clock: Clock) -> Source:
    from dexgen_teleop.sources.video import VideoSource

    return VideoSource(settings.video, clock, settings.loop)


def _webcam(settings: SourceSettings, clock: Clock) -> Source:
    from dexgen_teleop.sources.webcam import WebcamSource

    return WebcamSource(settings.camera, clock, settings.rate, settings.size)


def _images(settings: SourceSettings, clock: Clock) -> Source:
    from dexgen_teleop.sources.images import ImagesSource

    return ImagesSource(settings.images, clock, settings.rate, settings.loop)


def _realsense(settings: SourceSettings, clock: Clock) -> Source:
    from dexgen_teleop.sources.realsense import RealSenseSettings, RealSenseSource

    width, height = size_of(settings.size)
    asked = RealSenseSettings(
        serial=settings.camera,
        file=settings.camera_file,
        width=width,
        height=height,
        rate=settings.rate,
        exposure=settings.exposure,
        loop=settings.loop,
    )
    return RealSenseSource(asked, clock)


def _topic(settings: SourceSettings, clock: Clock) -> Source:
    from dexgen_teleop.sources.topic import TopicSource

    return TopicSource(settings.rate, settings.with_depth)


def size_of(text: str) -> tuple[int, int]:
    """Width and height [pixels] of a text like '640x480'.

    Raises:
      ValueError: it is none.
    """
    width, cross, height = text.partition('x')
    if not (cross and width.isdecimal() and height.isdecimal()):
        raise ValueError(f"size is '{text}'; expected width x height, for example 640x480")
    return int(width), int(height)


def _script(settings: SourceSettings, clock: Clock) -> Source:
    from dexgen_teleop.sources.script import ScriptSource

    return ScriptSource(settings.side, clock, settings.rate)


# Imported where they are made: the scripted operator runs without PyAV or a camera library.
_MAKERS: dict[str, Callable[[SourceSettings, Clock], Source]] = {
    'script': _script,
    'video': _video,
    'webcam': _webcam,
    'images': _images,
    'realsense': _realsense,
    'topic': _topic,
}
SOURCE_NAMES = tuple(_MAKERS)


def open_source(settings: SourceSettings, clock: Clock) -> Source:
    """Make the source that the settings name and open it.

    Raises:
      ValueError, FileNotFoundError: the source, or what it shall read, does not exist.
    """
    if settings.source not in _MAKERS:
        raise ValueError(f"source is '{settings.source}'; allowed: {', '.join(SOURCE_NAMES)}")
    source = _MAKERS[settings.source](settings, clock)
    source.open()
    return source
