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
      images: folder of pictures.
      rate: frames per second of sources that have no rate of their own [Hz].
      size: picture size asked of a camera, for example '640x480' [pixels].
      loop: begin recordings again at their end.
      side: hand that the script moves, 'right' or 'left'.
    """

    source: str = 'script'
    video: str = ''
    camera: str = ''
    images: str = ''
    rate: float = 30.0
    size: str = '640x480'
    loop: bool = False
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


def _script(settings: SourceSettings, clock: Clock) -> Source:
    from dexgen_teleop.sources.script import ScriptSource

    return ScriptSource(settings.side, clock, settings.rate)


# Imported where they are made: the scripted operator runs without PyAV or a camera library.
_MAKERS: dict[str, Callable[[SourceSettings, Clock], Source]] = {
    'script': _script,
    'video': _video,
    'webcam': _webcam,
    'images': _images,
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
