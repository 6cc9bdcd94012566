"""Messages out of the chunks of an MCAP file, fast, in order, a few chunks in memory at most."""

from collections.abc import Collection, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
import struct

from mcap.opcode import Opcode
from mcap.records import ChunkIndex

from dexgen_session.bag.mcap_file import Sample
from dexgen_session.bag.records import DamagedError, read_chunk

RECORD_HEAD = struct.Struct('<BQ')
MESSAGE = struct.Struct('<BQHIQQ')
"""Record head, then channel, sequence, and times of arrival and publication [ns]."""


def ordered_samples(
    path: Path,
    chunks: Sequence[ChunkIndex],
    topics: dict[int, str],
    start: int | None = None,
    end: int | None = None,
) -> Iterator[Sample]:
    """Messages of the chunks of a file by time of arrival.

    Args:
      chunks: index entries of the file's chunks.
      topics: topic by channel id; other channels are left out.
      start, end: only from `start` on and before `end` [ns].
    """
    waiting: list[Sample] = []
    with path.open('rb') as file:
        for entry in sorted(chunks, key=attrgetter('message_start_time')):
            if not _touches(entry, topics, start, end):
                continue
            ready = [s for s in waiting if s.received < entry.message_start_time]
            yield from ready
            waiting = waiting[len(ready) :]
            waiting += _samples(file, entry, topics, start, end)
            waiting.sort(key=attrgetter('received'))
    yield from waiting


def _touches(entry: ChunkIndex, topics: Collection[int], start, end) -> bool:
    if start is not None and entry.message_end_time < start:
        return False
    if end is not None and entry.message_start_time >= end:
        return False
    offsets = entry.message_index_offsets
    return not offsets or any(channel in topics for channel in offsets)


def _samples(file, entry: ChunkIndex, topics: dict[int, str], start, end) -> Iterator[Sample]:
    data, position = _content(file, entry), 0
    # No message is shorter than its head; a shorter record at the end is none.
    last, head = len(data) - MESSAGE.size, MESSAGE.size
    while position <= last:
        opcode, length, channel, number, received, sent = MESSAGE.unpack_from(data, position)
        body = position + head
        position += RECORD_HEAD.size + length
        if opcode != Opcode.MESSAGE or channel not in topics:
            continue
        if (start is None or received >= start) and (end is None or received < end):
            yield Sample(topics[channel], data[body:position], received, sent, number)


def _content(file, entry: ChunkIndex) -> bytes:
    """The records of a chunk, uncompressed.

    Raises:
      ValueError: the chunk is damaged.
    """
    file.seek(entry.chunk_start_offset + RECORD_HEAD.size)
    try:
        return read_chunk(file.read(entry.chunk_length - RECORD_HEAD.size))[1]
    except DamagedError as error:
        raise ValueError(
            f"'{file.name}' is damaged at byte {entry.chunk_start_offset} ({error}); "
            'dexgen-bag repair keeps what comes before'
        ) from error
