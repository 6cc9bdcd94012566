"""Gives an MCAP file that was never closed its index back, in place and with constant memory."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
import os
from pathlib import Path
import zlib

from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.reader import make_reader
from mcap.records import (
    Channel,
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    Message,
    MessageIndex,
    Schema,
    Statistics,
    SummaryOffset,
)

from dexgen_session.bag.records import DAMAGE, read_chunk, record_stream

MAGIC = b'\x89MCAP0\r\n'
RECORD_HEAD = 9
"""Bytes of a record's opcode and length."""
RECORDS = {
    Opcode.HEADER: lambda stream, _: Header.read(stream),
    Opcode.SCHEMA: lambda stream, _: Schema.read(stream),
    Opcode.CHANNEL: lambda stream, _: Channel.read(stream),
    Opcode.MESSAGE: Message.read,
}
"""Readers of what an index needs to know, from a stream and the record's length."""


@dataclass(frozen=True)
class Repair:
    """What a repair did: whether the file was whole, messages kept, bytes cut from its end."""

    was_whole: bool
    messages: int
    cut: int


@dataclass
class FileIndex:
    """Everything that the index of an MCAP file says.

    Attributes:
      profile: header's profile.
      schemas, channels: by id.
      chunks: index of each chunk.
      counts: messages by channel id.
      start, end: first and last time of a message [ns].
      safe: position after the last whole record that is kept.
      whole: the file has an index of its own.
      torn: message indexes that the last chunk lacks.
    """

    profile: str = ''
    schemas: dict[int, Schema] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    chunks: list[ChunkIndex] = field(default_factory=list)
    counts: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    start: int = 0
    end: int = 0
    safe: int = 0
    whole: bool = False
    torn: dict[int, MessageIndex] = field(default_factory=dict)

    @property
    def messages(self) -> int:
        """Messages in the file."""
        return sum(self.counts.values())

    def note(self, channel: int, time: int) -> None:
        """Count a message."""
        self.start = min(self.start, time) if self.messages else time
        self.end = max(self.end, time)
        self.counts[channel] += 1


def repair_file(path: Path) -> Repair:
    """Cut a torn end off a file and write its index; a whole file is left as it is.

    Raises:
      ValueError: it is no MCAP file.
    """
    size = path.stat().st_size
    index = scan(path)
    if index.whole:
        return Repair(True, index.messages, 0)
    with path.open('r+b') as file:
        file.truncate(index.safe)
        file.seek(index.safe)
        file.write(_ending(index))
        file.flush()
        os.fsync(file.fileno())
    return Repair(False, index.messages, size - index.safe)


def scan(path: Path) -> FileIndex:
    """Read a file once and build its index, up to the first record that is not whole.

    Raises:
      ValueError: it is no MCAP file.
    """
    index = FileIndex()
    with path.open('rb') as file:
        size = os.fstat(file.fileno()).st_size
        if file.read(len(MAGIC)) != MAGIC:
            raise ValueError(f"'{path}' is no MCAP file: it does not begin with the format's mark")
        index.safe = len(MAGIC)
        while True:
            position = file.tell()
            head = file.read(RECORD_HEAD)
            length = int.from_bytes(head[1:], 'little')
            if len(head) < RECORD_HEAD or position + RECORD_HEAD + length > size:
                break
            opcode, body = head[0], file.read(length)
            if opcode == Opcode.DATA_END:
                index.whole = _has_summary(path)
                break
            try:
                _note_record(index, opcode, body, position)
            except DAMAGE:
                break
    return index


def _has_summary(path: Path) -> bool:
    with path.open('rb') as stream:
        try:
            summary = make_reader(stream, validate_crcs=True).get_summary()
        except (*DAMAGE, OSError):
            return False
    return summary is not None and summary.statistics is not None


def _note_record(index: FileIndex, opcode: int, body: bytes, position: int) -> None:
    end = position + RECORD_HEAD + len(body)
    stream = record_stream(body)
    if opcode == Opcode.CHUNK:
        index.chunks.append(_chunk_index(index, body, position))
    elif opcode == Opcode.MESSAGE_INDEX and index.chunks:
        channel = MessageIndex.read(stream).channel_id
        chunk = index.chunks[-1]
        chunk.message_index_offsets[channel] = position
        index.torn.pop(channel, None)
        chunk.message_index_length = end - (chunk.chunk_start_offset + chunk.chunk_length)
    elif opcode in RECORDS:
        _enter(index, RECORDS[opcode](stream, len(body)))
    index.safe = end


def _enter(index: FileIndex, record) -> None:
    if isinstance(record, Header):
        index.profile = record.profile
    elif isinstance(record, Schema):
        index.schemas[record.id] = record
    elif isinstance(record, Channel):
        index.channels[record.id] = record
    elif isinstance(record, Message):
        index.note(record.channel_id, record.log_time)


def _chunk_index(index: FileIndex, body: bytes, position: int) -> ChunkIndex:
    """Index entry of a chunk; raises what DAMAGE lists where its content is damaged."""
    chunk, content = read_chunk(body)
    records = list(_chunk_records(content))
    index.torn = {}
    for offset, record in records:
        _enter(index, record)
        if isinstance(record, Message):
            torn = index.torn.setdefault(record.channel_id, MessageIndex(record.channel_id, []))
            torn.records.append((record.log_time, offset))
    return ChunkIndex(
        message_start_time=chunk.message_start_time,
        message_end_time=chunk.message_end_time,
        chunk_start_offset=position,
        chunk_length=RECORD_HEAD + len(body),
        message_index_offsets={},
        message_index_length=0,
        compression=chunk.compression,
        compressed_size=len(chunk.data),
        uncompressed_size=chunk.uncompressed_size,
    )


def _chunk_records(content: bytes) -> Iterator[tuple[int, object]]:
    """Records of a chunk with their offset in its uncompressed content."""
    stream = record_stream(content)
    while stream.count < len(content):
        offset, opcode, length = stream.count, stream.read1(), stream.read8()
        if opcode in (Opcode.MESSAGE, Opcode.SCHEMA, Opcode.CHANNEL):
            yield offset, RECORDS[opcode](stream, length)
        else:
            stream.read(length)


def _ending(index: FileIndex) -> bytes:
    """The records after the last chunk: end of data, summary, footer."""
    builder = RecordBuilder()
    for channel, entry in index.torn.items():
        chunk = index.chunks[-1]
        chunk.message_index_offsets[channel] = index.safe + builder.count
        entry.write(builder)
        chunk.message_index_length += builder.count - (
            chunk.message_index_offsets[channel] - index.safe
        )
    DataEnd(0).write(builder)
    summary_start = index.safe + builder.count
    summary, offsets = RecordBuilder(), []
    groups = (
        (Opcode.SCHEMA, list(index.schemas.values())),
        (Opcode.CHANNEL, list(index.channels.values())),
        (Opcode.STATISTICS, [_statistics(index)]),
        (Opcode.CHUNK_INDEX, index.chunks),
    )
    for opcode, records in groups:
        start = summary.count
        for record in records:
            record.write(summary)
        if records:
            offsets.append(SummaryOffset(opcode, summary_start + start, summary.count - start))
    offset_start = summary_start + summary.count
    for offset in offsets:
        offset.write(summary)
    body = summary.end()
    footer = RecordBuilder()
    Footer(summary_start=summary_start, summary_offset_start=offset_start, summary_crc=0).write(
        footer
    )
    without_crc = footer.end()[:-4]
    crc = zlib.crc32(without_crc, zlib.crc32(body))
    return builder.end() + body + without_crc + crc.to_bytes(4, 'little') + MAGIC


def _statistics(index: FileIndex) -> Statistics:
    return Statistics(
        attachment_count=0,
        channel_count=len(index.channels),
        channel_message_counts=dict(index.counts),
        chunk_count=len(index.chunks),
        message_count=index.messages,
        message_end_time=index.end,
        message_start_time=index.start,
        metadata_count=0,
        schema_count=len(index.schemas),
    )
