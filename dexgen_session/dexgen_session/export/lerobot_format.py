"""Frames as a LeRobot data set, layout v3.0: many episodes in a file, parquet and MP4.

Layout: meta/info.json, meta/stats.json, meta/tasks.parquet, data/chunk-000/file-000.parquet,
meta/episodes/chunk-000/file-000.parquet, videos/<key>/chunk-000/file-000.mp4. An episode's rows
lie in one data file; `index` counts all frames; `dataset_from_index` and `dataset_to_index` say
where an episode lies.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
import json
from pathlib import Path

import numpy as np

from dexgen_session.export.columns import Column
from dexgen_session.export.frames import Frame, FrameSource
from dexgen_session.export.statistics import FrameStatistics
from dexgen_session.export.video import VideoWriter

VERSION = 'v3.0'
FILES_PER_CHUNK = 1000
DATA_FILE_MB = 100
VIDEO_FILE_MB = 200
FILE_PATTERN = 'chunk-{chunk_index:03d}/file-{file_index:03d}'
IMAGE_KEY = 'observation.images.operator'
LOOK_EVERY = 29
"""One of so many pictures is counted in the statistics, from the first of an episode on; a prime,
so that nothing that repeats itself is always missed."""
ROW_GROUP = 1024
"""Frames of a parquet row group: what is held in memory."""
COUNTERS = {
    'timestamp': 'float32',
    'frame_index': 'int64',
    'episode_index': 'int64',
    'index': 'int64',
    'task_index': 'int64',
}
"""Columns that every LeRobot data set has."""


@dataclass
class _Episode:
    number: int
    start: int
    file: int
    length: int = 0
    tasks: list[str] = field(default_factory=list)
    figures: dict[str, dict[str, list]] = field(default_factory=dict)


@dataclass
class _Progress:
    """Everything that is known of the data set so far."""

    episodes: list[_Episode] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    count: int = 0
    file: int = 0


class LeRobotWriter:
    """Writes a data set frame by frame.

    Args:
      source: tells columns, rate and hand.
      folder: created here.
      data_file_mb: size from which a new data file begins [MB].
    """

    def __init__(self, source: FrameSource, folder: Path, data_file_mb: float = DATA_FILE_MB):
        self._source, self._folder, self._limit = source, folder, data_file_mb * 1e6
        folder.mkdir(parents=True)
        self._progress = _Progress()
        self._total, self._span = self._new_statistics(), self._new_statistics()
        self._rows: list[dict[str, object]] = []
        self._parquet = None
        self._video: VideoWriter | None = None
        self._schema = _schema(source.columns)

    def add(self, frame: Frame) -> None:
        """Add the next frame."""
        progress = self._progress
        if not progress.episodes or progress.episodes[-1].number != frame.episode:
            self._begin_episode(frame)
        episode = progress.episodes[-1]
        for tasks in (progress.tasks, episode.tasks):
            if frame.task not in tasks:
                tasks.append(frame.task)
        row = {
            **{n: values if len(values) > 1 else values[0] for n, values in frame.values.items()},
            'timestamp': frame.time,
            'frame_index': frame.index,
            'episode_index': len(progress.episodes) - 1,
            'index': progress.count,
            'task_index': progress.tasks.index(frame.task),
        }
        self._rows.append(row)
        episode.length += 1
        progress.count += 1
        if self._source.has_images:
            self._add_image(frame.image)
        if len(self._rows) >= ROW_GROUP:
            self._write_rows()

    def finish(self) -> int:
        """Write what stands in meta/ and return the number of frames."""
        self._end_episode()
        if self._parquet is not None:
            self._parquet.close()
        if self._video is not None:
            self._video.close()
        self._write_tasks()
        self._write_episodes()
        meta = self._folder / 'meta'
        figures = self._total.figures() if self._progress.count else {}
        (meta / 'stats.json').write_text(json.dumps(figures, indent=4))
        (meta / 'info.json').write_text(json.dumps(self._info(), indent=4))
        return self._progress.count

    def _new_statistics(self) -> FrameStatistics:
        widths = {column.name: len(column.names) for column in self._source.columns}
        return FrameStatistics({**widths, **dict.fromkeys(COUNTERS, 1)}, COUNTERS, IMAGE_KEY)

    def _begin_episode(self, frame: Frame) -> None:
        import pyarrow.parquet

        self._end_episode()
        progress = self._progress
        if (
            self._parquet is not None
            and self._data_path(progress.file).stat().st_size > self._limit
        ):
            self._parquet.close()
            self._parquet = None
            progress.file += 1
        if self._parquet is None:
            path = self._data_path(progress.file)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._parquet = pyarrow.parquet.ParquetWriter(path, self._schema, compression='snappy')
        progress.episodes.append(_Episode(frame.episode, progress.count, progress.file))

    def _end_episode(self) -> None:
        """Write the rows that wait and take the figures of the episode, if there is one."""
        self._write_rows()
        if self._progress.episodes:
            self._progress.episodes[-1].figures = self._span.figures()
            self._span = self._new_statistics()

    def _write_rows(self) -> None:
        import pyarrow

        if self._rows:
            columns = {name: [row[name] for row in self._rows] for name in self._schema.names}
            values = {
                name: np.asarray(rows, dtype=float).reshape(len(rows), -1)
                for name, rows in columns.items()
            }
            for statistics in (self._span, self._total):
                statistics.add(values)
            self._parquet.write_table(pyarrow.Table.from_pydict(columns, schema=self._schema))
            self._rows = []

    def _add_image(self, image: bytes | None) -> None:
        if self._video is None:
            path = self._folder / 'videos' / IMAGE_KEY / f'{_place(0)}.mp4'
            self._video = VideoWriter(path, self._source.rate)
        self._video.add(image)
        if (self._progress.episodes[-1].length - 1) % LOOK_EVERY == 0:
            picture = self._video.small()
            if picture is not None:
                for statistics in (self._span, self._total):
                    statistics.add_picture(picture)

    def _data_path(self, number: int) -> Path:
        return self._folder / 'data' / f'{_place(number)}.parquet'

    def _write_tasks(self) -> None:
        """tasks.parquet as pandas would write a frame whose index is the task."""
        import pyarrow
        import pyarrow.parquet

        tasks = self._progress.tasks
        table = pyarrow.table(
            {'task_index': np.arange(len(tasks), dtype=np.int64), 'task': tasks}
        ).replace_schema_metadata({'pandas': json.dumps(_pandas_index('task'))})
        path = self._folder / 'meta' / 'tasks.parquet'
        path.parent.mkdir(parents=True, exist_ok=True)
        pyarrow.parquet.write_table(table, path)

    def _write_episodes(self) -> None:
        import pyarrow
        import pyarrow.parquet

        rows = [self._episode_row(i, e) for i, e in enumerate(self._progress.episodes)]
        path = self._folder / 'meta' / 'episodes' / f'{_place(0)}.parquet'
        path.parent.mkdir(parents=True, exist_ok=True)
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)

    def _episode_row(self, number: int, episode: _Episode) -> dict[str, object]:
        chunk, file = divmod(episode.file, FILES_PER_CHUNK)
        row: dict[str, object] = {
            'episode_index': number,
            'tasks': episode.tasks,
            'length': episode.length,
            'data/chunk_index': chunk,
            'data/file_index': file,
            'dataset_from_index': episode.start,
            'dataset_to_index': episode.start + episode.length,
            'meta/episodes/chunk_index': 0,
            'meta/episodes/file_index': 0,
        }
        if self._video is not None:
            rate, key = self._source.rate, f'videos/{IMAGE_KEY}'
            row[f'{key}/chunk_index'] = row[f'{key}/file_index'] = 0
            row[f'{key}/from_timestamp'] = episode.start / rate
            row[f'{key}/to_timestamp'] = (episode.start + episode.length) / rate
        for name, figures in episode.figures.items():
            row |= {f'stats/{name}/{figure}': values for figure, values in figures.items()}
        return row

    def _info(self) -> dict[str, object]:
        progress = self._progress
        features: dict[str, object] = {
            column.name: {
                'dtype': 'float32', 'shape': [len(column.names)], 'names': list(column.names)
            }
            for column in self._source.columns
        }  # fmt: skip
        if self._video is not None:
            features[IMAGE_KEY] = self._video.feature()
        for name, kind in COUNTERS.items():
            features[name] = {'dtype': kind, 'shape': [1], 'names': None}
        return {
            'codebase_version': VERSION,
            'robot_type': self._source.hand,
            'total_episodes': len(progress.episodes),
            'total_frames': progress.count,
            'total_tasks': len(progress.tasks),
            'chunks_size': FILES_PER_CHUNK,
            'data_files_size_in_mb': DATA_FILE_MB,
            'video_files_size_in_mb': VIDEO_FILE_MB,
            'fps': int(self._source.rate),
            'splits': {'train': f'0:{len(progress.episodes)}'},
            'data_path': f'data/{FILE_PATTERN}.parquet',
            'video_path': f'videos/{{video_key}}/{FILE_PATTERN}.mp4' if self._video else None,
            'features': features,
        }


def write_lerobot(source: FrameSource, frames: Iterable[Frame], folder: Path) -> int:
    """Write a data set; return the number of frames.

    Raises:
      ValueError: the rate is no whole number, which the format asks for.
    """
    if source.rate != int(source.rate):
        raise ValueError(f'LeRobot data sets have a whole frame rate, not {source.rate} Hz')
    writer = LeRobotWriter(source, folder)
    for frame in frames:
        writer.add(frame)
    return writer.finish()


def _place(number: int) -> str:
    chunk, file = divmod(number, FILES_PER_CHUNK)
    return FILE_PATTERN.format(chunk_index=chunk, file_index=file)


def _schema(columns: tuple[Column, ...]):
    """Columns of the data files: a feature of shape (1,) is a plain number, as lerobot has it."""
    import pyarrow

    real = pyarrow.float32()
    fields = [
        (column.name, pyarrow.list_(real, width) if (width := len(column.names)) > 1 else real)
        for column in columns
    ]
    counters = [(name, getattr(pyarrow, kind)()) for name, kind in COUNTERS.items()]
    return pyarrow.schema(fields + counters)


def _pandas_index(column: str) -> dict[str, object]:
    """Schema metadata by which pandas makes a column the index of its frame."""
    return {
        'index_columns': [column],
        'column_indexes': [],
        'columns': [
            {
                'name': 'task_index', 'field_name': 'task_index', 'pandas_type': 'int64',
                'numpy_type': 'int64', 'metadata': None,
            },
            {
                'name': column, 'field_name': column, 'pandas_type': 'unicode',
                'numpy_type': 'object', 'metadata': None,
            },
        ],
        'creator': {'library': 'dexgen', 'version': '0'},
        'pandas_version': '2.0.0',
    }  # fmt: skip
