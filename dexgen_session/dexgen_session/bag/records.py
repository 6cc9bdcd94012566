"""Records of an MCAP file out of their bytes; what is damaged is one kind of error."""

from io import BytesIO
import struct

from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.records import Chunk
from mcap.stream_reader import get_chunk_data_stream
import zstandard

LARGEST = 1 << 31
"""No program writes larger chunks [bytes]; a size beyond it is damage, not a wish for memory."""
DAMAGE = (
    McapError, zstandard.ZstdError, struct.error, ValueError, LookupError, EOFError, OverflowError,
    MemoryError,
)  # fmt: skip
"""What reading damaged bytes may raise."""


class DamagedError(ValueError):
    """Bytes that are no whole record."""


def record_stream(body: bytes) -> ReadDataStream:
    """A stream over the bytes of records."""
    return ReadDataStream(BytesIO(body))


def read_chunk(body: bytes) -> tuple[Chunk, bytes]:
    """A chunk and its records, uncompressed and checked.

    Raises:
      DamagedError: it is damaged.
    """
    try:
        chunk = Chunk.read(record_stream(body))
        if chunk.uncompressed_size > LARGEST:
            raise DamagedError(f'a chunk of {chunk.uncompressed_size} bytes')
        stream, size = get_chunk_data_stream(chunk, validate_crc=True)
        return chunk, stream.read(size)
    except DAMAGE as error:
        raise DamagedError(str(error) or type(error).__name__) from error
