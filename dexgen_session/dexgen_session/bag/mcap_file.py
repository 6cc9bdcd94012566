"""One MCAP file of a bag: readable up to the last chunk, whatever happens to process or disk."""

from dataclasses import dataclass
import os
from pathlib import Path
from typing import NamedTuple

from mcap.writer import Writer

CHUNK_SIZE = 1 << 20
"""Bytes after which a chunk ends by itself; the recorder also ends one each second."""


@dataclass(frozen=True)
class Channel:
    """A topic of a bag.

    Attributes:
      topic: resolved name.
      type: message type; schema: its full definition; hash: REP-2011 hash or empty.
      qos: offered QoS profiles as rosbag2's YAML text.
      keep: number of latched messages that each file starts with; 0 for a volatile topic.
    """

    topic: str
    type: str
    schema: str
    hash: str = ''
    qos: str = ''
    keep: int = 0


class Sample(NamedTuple):
    """One serialized message: times in [ns] since the epoch, number in the publisher's count."""

    topic: str
    raw: bytes
    received: int
    sent: int
    number: int = 0


class DiskError(RuntimeError):
    """Writing a bag failed; what was written before is kept and readable."""


class _Disk:
    """A file that is written without a buffer of its own, so that an error is known at once."""

    def __init__(self, path: Path):
        self._descriptor = os.open(
            path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644
        )
        self.position = 0

    def write(self, data) -> int:
        left = memoryview(data)
        while left:
            written = os.write(self._descriptor, left)
            self.position += written
            left = left[written:]
        return len(data)

    def tell(self) -> int:
        return self.position

    def flush(self) -> None:
        return None

    def cut(self, position: int) -> None:
        os.ftruncate(self._descriptor, position)

    def close(self) -> None:
        """Close, whatever the disk says; once closed, every other call is refused."""
        descriptor, self._descriptor = self._descriptor, -1
        try:
            os.fsync(descriptor)
        finally:
            if descriptor >= 0:
                os.close(descriptor)


class McapFile:
    """Writes one file; each `flush` makes everything so far safe from the death of the process.

    Args:
      path: file to create.
      channels: topics that it may hold.

    Raises:
      DiskError: the file cannot be created, or a later call cannot write; then only `abandon`
        may be called, which leaves a file that ends after its last whole chunk.
    """

    def __init__(self, path: Path, channels: dict[str, Channel]):
        self.path = path
        self.counts = dict.fromkeys(channels, 0)
        self.start, self.end = 0, 0
        self._dirty = False
        self._channels: dict[str, int] = {}
        try:
            self._disk = _Disk(path)
            self._writer = Writer(self._disk, chunk_size=CHUNK_SIZE)
            self._begin()
        except OSError as error:
            raise DiskError(f"cannot create '{path}': {error.strerror}") from error
        self._safe = self._disk.position
        schemas: dict[str, int] = {}
        for channel in channels.values():
            if channel.type not in schemas:
                schemas[channel.type] = self._writer.register_schema(
                    channel.type, 'ros2msg', channel.schema.encode()
                )
            self._channels[channel.topic] = self._writer.register_channel(
                channel.topic,
                'cdr',
                schemas[channel.type],
                {'offered_qos_profiles': channel.qos, 'topic_type_hash': channel.hash},
            )

    def _begin(self) -> None:
        try:
            self._writer.start(profile='ros2', library='dexgen')
        except OSError:
            self._disk.close()
            raise

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return self._disk.position

    @property
    def message_count(self) -> int:
        """Messages written."""
        return sum(self.counts.values())

    def write(self, sample: Sample) -> None:
        """Add a message to the chunk in progress."""
        with _told(self.path):
            self._writer.add_message(
                self._channels[sample.topic],
                sample.received,
                sample.raw,
                sample.sent,
                sample.number & 0xFFFFFFFF,
            )
        self.start = min(self.start, sample.received) if self.message_count else sample.received
        self.end = max(self.end, sample.received)
        self.counts[sample.topic] += 1
        self._dirty = True

    def flush(self) -> None:
        """End the chunk in progress and hand it to the operating system."""
        if self._dirty:
            with _told(self.path):
                self._writer.flush()
            self._safe, self._dirty = self._disk.position, False

    def close(self) -> None:
        """Write the index and close."""
        with _told(self.path):
            self._writer.finish()
            self._disk.close()

    def abandon(self) -> None:
        """Cut what was written only in part and close, without an index."""
        try:
            self._disk.cut(self._safe)
        finally:
            self._disk.close()


class _told:  # noqa: N801 - reads as a statement
    """Turns the operating system's errors into DiskError."""

    def __init__(self, path: Path):
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind, error, trace) -> None:
        if isinstance(error, OSError):
            raise DiskError(f"cannot write '{self._path}': {error.strerror}") from error
