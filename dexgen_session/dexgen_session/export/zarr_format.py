"""Frames as a zarr store in the layout of diffusion policy: data, and where episodes end."""

from collections.abc import Iterable, Iterator
from itertools import islice
import json
from pathlib import Path

import numpy as np

from dexgen_session.export.frames import Frame, FrameSource

BLOCK = 1024
"""Frames of a chunk: what is held in memory."""


def write_zarr(source: FrameSource, frames: Iterable[Frame], folder: Path) -> int:
    """Write data/<column> (N, D) float32, data/time (N,) and meta/episode_ends; return N."""
    import zarr

    root = zarr.open_group(str(folder), mode='w-', zarr_format=2)
    root.attrs.update(json.loads(source.description_json()))
    data, meta = root.create_group('data'), root.create_group('meta')
    widths = {column.name: len(column.names) for column in source.columns}
    arrays = {
        name: data.create_array(name, shape=(0, width), chunks=(BLOCK, width), dtype='f4')
        for name, width in widths.items()
    }
    time = data.create_array('time', shape=(0,), chunks=(BLOCK,), dtype='f8')
    count, ends, tasks = 0, [], []
    for block in _blocks(frames):
        for name, array in arrays.items():
            array.resize((count + len(block), widths[name]))
            array[count:] = np.stack([frame.values[name] for frame in block])
        time.resize((count + len(block),))
        time[count:] = [frame.time for frame in block]
        for frame in block:
            if frame.episode == len(ends):
                ends.append(count)
                tasks.append(frame.task)
            count += 1
            ends[frame.episode], tasks[frame.episode] = count, frame.task
    stored = meta.create_array('episode_ends', shape=(len(ends),), dtype='i8')
    stored[:] = np.array(ends, dtype=np.int64)
    root.attrs['tasks'] = tasks
    return count


def _blocks(frames: Iterable[Frame]) -> Iterator[list[Frame]]:
    source = iter(frames)
    while block := list(islice(source, BLOCK)):
        yield block
