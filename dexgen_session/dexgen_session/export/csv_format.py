"""Frames as one CSV file, with a description beside it."""

from collections.abc import Iterable
import csv
from pathlib import Path

from dexgen_session.export.frames import Frame, FrameSource


def write_csv(source: FrameSource, frames: Iterable[Frame], folder: Path) -> int:
    """Write frames.csv and frames.json; return the number of frames."""
    folder.mkdir(parents=True)
    (folder / 'frames.json').write_text(source.description_json())
    names = [f'{column.name}.{name}' for column in source.columns for name in column.names]
    count = 0
    with (folder / 'frames.csv').open('w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(['episode', 'frame', 'time', 'task', *names])
        for frame in frames:
            numbers = [
                f'{number:.7g}'
                for column in source.columns
                for number in frame.values[column.name]
            ]
            writer.writerow(
                [frame.episode, frame.index, f'{frame.time:.6f}', frame.task, *numbers]
            )
            count += 1
    return count
