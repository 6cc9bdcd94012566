"""Frames as one CSV file, with a description beside it."""

from collections.abc import Iterable
import csv
from pathlib import Path

import numpy as np

from dexgen_session.export.frames import Frame, FrameSource


def write_csv(source: FrameSource, frames: Iterable[Frame], folder: Path) -> int:
    """Write frames.csv and frames.json; return the number of frames."""
    folder.mkdir(parents=True)
    (folder / 'frames.json').write_text(source.description_json())
    names = [f'{column.name}.{name}' for column in source.columns for name in column.names]
    count = 0
    with (folder / 'frames.csv').open('w', newline='') as file:
        csv.writer(file).writerow(['episode', 'frame', 'time', 'task', *names])
        beginning = csv.writer(file, lineterminator=',')
        numbers = ','.join(['%.7g'] * len(names)) + '\r\n'
        for frame in frames:
            beginning.writerow([frame.episode, frame.index, f'{frame.time:.6f}', frame.task])
            values = np.concatenate([frame.values[column.name] for column in source.columns])
            file.write(numbers % tuple(values.tolist()))
            count += 1
    return count
