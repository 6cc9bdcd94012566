"""Frames to a PNG contact sheet or an MP4."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from dexgen_description import Hand, load_object
from dexgen_sim_bridge.scene import build_scene
import numpy as np

from dexgen_learning.show.frames import Frame
from dexgen_learning.show.picture import Painter, View


class Studio:
    """One painter for each object that turns up."""

    def __init__(self, hand: Hand, view: View | None = None) -> None:
        """Scenes are built when their object first appears."""
        self.hand, self.view = hand, view or View()
        self._painters: dict[str, Painter] = {}

    def draw(self, frame: Frame) -> np.ndarray:
        """The picture (height, width, 3) uint8 of a frame."""
        painter = self._painters.get(frame.object_name)
        if painter is None:
            painter = Painter(build_scene(self.hand, load_object(frame.object_name)), self.view)
            self._painters[frame.object_name] = painter
        return painter.draw(frame.qpos)


def save_sheet(hand: Hand, frames: Iterable[Frame], path: Path, columns: int = 6) -> None:
    """All frames on one sheet, PNG, with captions."""
    from matplotlib.figure import Figure
    studio, frames = Studio(hand), list(frames)
    rows = max(1, -(-len(frames) // columns))
    figure = Figure(figsize=(2.4 * columns, 1.95 * rows))
    for k, frame in enumerate(frames):
        axes = figure.add_subplot(rows, columns, k + 1)
        axes.imshow(studio.draw(frame))
        axes.set_title(frame.caption, fontsize=7)
        axes.axis('off')
    figure.tight_layout(pad=0.4)
    figure.savefig(path, dpi=100)


def save_film(hand: Hand, frames: Iterable[Frame], path: Path, rate: float = 10.0) -> None:
    """Frames behind each other, MP4 (H.264)."""
    import av
    studio = Studio(hand)
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('libx264', rate=Fraction(rate).limit_denominator(1000))
        stream.width, stream.height = studio.view.width, studio.view.height
        stream.pix_fmt = 'yuv420p'
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(studio.draw(frame), format='rgb24')
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
