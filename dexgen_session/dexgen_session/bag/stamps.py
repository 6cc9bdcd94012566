"""Moves the stamp of a serialized message without decoding it."""

import struct

NANOSECONDS = 1_000_000_000
HEADER_TYPES = ('std_msgs/Header', 'std_msgs/msg/Header', 'Header')


def has_header(schema: str) -> bool:
    """Whether the first field of a message definition is a std_msgs/Header."""
    own = schema.split('=' * 80)[0]
    for line in own.splitlines():
        words = line.split('#')[0].split()
        if len(words) >= 2 and '=' not in line.split('#')[0]:
            return words[0] in HEADER_TYPES
    return False


def moved(raw: bytes, shift: int) -> bytes:
    """The message with its header's stamp moved by `shift` [ns]; a zero stamp stays zero.

    CDR: four bytes of encapsulation (the second tells the byte order), then int32 seconds and
    uint32 nanoseconds of the header's stamp.
    """
    order = '<' if raw[1] & 1 else '>'
    seconds, nanoseconds = struct.unpack_from(f'{order}iI', raw, 4)
    if seconds == 0 and nanoseconds == 0:
        return raw
    stamp = seconds * NANOSECONDS + nanoseconds + shift
    new = struct.pack(f'{order}iI', *divmod(stamp, NANOSECONDS))
    return raw[:4] + new + raw[12:]
