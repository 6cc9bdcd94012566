"""Recorded motions: a CSV file of our own, or a bag with applied_target and joint_states."""

from collections.abc import Sequence
import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np

TARGET, POSITION = 'target', 'position'
_TOPICS = {'applied_target': TARGET, 'joint_states': POSITION}


class Recording(NamedTuple):
    """Targets and positions as they were recorded, each with its times.

    Attributes:
      target_times, position_times: (M,), (N,) rising [s].
      targets, positions: (M, J), (N, J) in the hand's order [rad].
    """

    target_times: np.ndarray
    targets: np.ndarray
    position_times: np.ndarray
    positions: np.ndarray


def write_recording(path: Path, recording: Recording, joint_names: Sequence[str]) -> None:
    """Write a CSV file: a row for each target and each position, `time,stream,<joint>...`."""
    with path.open('w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(['time', 'stream', *joint_names])
        for times, stream, rows in (
            (recording.target_times, TARGET, recording.targets),
            (recording.position_times, POSITION, recording.positions),
        ):
            for time, row in zip(times, rows, strict=True):
                writer.writerow([f'{time:.6f}', stream, *(f'{value:.6f}' for value in row)])


def read_recording(path: Path, joint_names: Sequence[str]) -> Recording:
    """Read a CSV file or a bag.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: it is neither, or joints or streams are missing; the message names them.
    """
    if not path.exists():
        raise FileNotFoundError(f'no recording at {path}')
    rows = _csv_rows(path, joint_names) if path.suffix == '.csv' else _bag_rows(path, joint_names)
    streams = {TARGET: ([], []), POSITION: ([], [])}
    for time, stream, values in rows:
        streams[stream][0].append(time)
        streams[stream][1].append(values)
    for stream, (times, _) in streams.items():
        if len(times) < 2:
            raise ValueError(f'{path} has {len(times)} rows of {stream}s; at least 2 are needed')
    return Recording(*_sorted(streams[TARGET]), *_sorted(streams[POSITION]))


def _sorted(stream) -> tuple[np.ndarray, np.ndarray]:
    times, values = np.array(stream[0]), np.array(stream[1])
    order = np.argsort(times, kind='stable')
    return times[order], values[order]


def _csv_rows(path: Path, joint_names: Sequence[str]):
    with path.open(newline='') as file:
        reader = csv.DictReader(file)
        missing = {'time', 'stream', *joint_names} - set(reader.fieldnames or ())
        if missing:
            raise ValueError(f'{path} has no columns {", ".join(sorted(missing))}')
        for number, row in enumerate(reader, start=2):
            if row['stream'] not in (TARGET, POSITION):
                raise ValueError(
                    f"line {number} of {path}: stream is '{row['stream']}'; "
                    f'allowed: {TARGET}, {POSITION}'
                )
            try:
                values = [float(row[name]) for name in joint_names]
                yield float(row['time']), row['stream'], values
            except (TypeError, ValueError) as error:
                raise ValueError(f'line {number} of {path}: {error}') from error


def _bag_rows(path: Path, joint_names: Sequence[str]):
    from rosbags.highlevel import AnyReader, AnyReaderError
    from rosbags.typesys import get_typestore, Stores

    try:
        with AnyReader([path], default_typestore=get_typestore(Stores.ROS2_JAZZY)) as reader:
            for connection, _, data in reader.messages():
                stream = _TOPICS.get(connection.topic.rsplit('/', 1)[-1])
                if stream:
                    message = reader.deserialize(data, connection.msgtype)
                    values = _values(message, stream, joint_names)
                    if values is not None:
                        stamp = message.header.stamp
                        yield stamp.sec + 1e-9 * stamp.nanosec, stream, values
    except AnyReaderError as error:
        raise ValueError(f'{path} is no CSV file and no bag: {error}') from error


def _values(message, stream: str, joint_names: Sequence[str]) -> list[float] | None:
    """Values in the hand's order; None where the message is of other joints."""
    names = message.joint_names if stream == TARGET else message.name
    positions = message.positions if stream == TARGET else message.position
    values = dict(zip(names, positions, strict=False))
    if not set(joint_names) <= set(values):
        return None
    return [float(values[name]) for name in joint_names]
