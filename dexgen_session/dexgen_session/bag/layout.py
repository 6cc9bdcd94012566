"""Where the numbers of a serialized message lie: the next one alike is read without decoding.

Messages of a topic mostly differ in their numbers alone. A layout is made of one message; whatever
has the same names, texts and lengths has its numbers in the same places.
"""

from collections.abc import Collection
import struct

import numpy as np
from rosbags.interfaces import Nodetype

START = 4
"""Bytes of the encapsulation header; CDR aligns to what follows."""
WORD = 8
"""Bytes of a float64."""
SIZES = {
    'bool': 1, 'byte': 1, 'char': 1, 'octet': 1, 'int8': 1, 'uint8': 1, 'int16': 2, 'uint16': 2,
    'int32': 4, 'uint32': 4, 'float32': 4, 'int64': 8, 'uint64': 8, 'float64': 8,
}  # fmt: skip


class Layout:
    """Places of the numbers in messages that are like one another.

    Args:
      raw: one of them, CDR with its encapsulation header.
      kind: its type.
      definitions: fields by type, as rosbags parses them.
      wanted: names of its top-level fields; what comes after the last of them does not matter.

    Attributes:
      places: for each float64 field, by its dotted name, the places of its numbers among the
        8-byte words of a message; numbers of a list of messages are gathered under one name.
      texts: for each text field, by its dotted name, its texts.

    Raises:
      ValueError, struct.error: the bytes are not those of the type.
    """

    def __init__(self, raw: bytes, kind: str, definitions: dict, wanted: Collection[str]):
        self.places: dict[str, list[int]] = {}
        self.texts: dict[str, list[str]] = {}
        self._raw, self._definitions = raw, definitions
        self._order = '<' if raw[1] & 1 else '>'
        self._words = np.dtype(f'{self._order}f8')
        self._length = struct.Struct(f'{self._order}I')
        self._end, self._mask = START, bytearray(len(raw))
        self._fix(0, 2)
        missing = set(wanted)
        for field, description in definitions[kind][1]:
            self._walk(field, *description)
            missing.discard(field)
            if not missing:
                break
        if self._end > len(raw):
            raise ValueError(f'it has {len(raw)} bytes, not {self._end}')
        self._mask = int.from_bytes(self._mask[: self._end], 'little')
        self._skeleton = self._shape(raw)
        del self._raw, self._definitions

    def fits(self, raw: bytes) -> bool:
        """Whether a message is like the one that the layout was made of."""
        return len(raw) >= self._end and self._shape(raw) == self._skeleton

    def words(self, raw: bytes) -> np.ndarray:
        """The 8-byte words of a message as float64; `places` are indices into it."""
        return np.frombuffer(raw, self._words, (len(raw) - START) // WORD, START)

    def _shape(self, raw: bytes) -> int:
        """The bytes that are neither numbers nor padding, as one number."""
        return int.from_bytes(raw[: self._end], 'little') & self._mask

    def _fix(self, start: int, end: int) -> None:
        self._mask[start:end] = b'\xff' * (end - start)
        self._end = max(self._end, end)

    def _walk(self, name: str, node: Nodetype, argument) -> None:
        if node is Nodetype.NAME:
            for field, description in self._definitions[argument][1]:
                self._walk(f'{name}.{field}', *description)
        elif node is Nodetype.BASE:
            self._several(name, (node, argument), 1)
        elif node is Nodetype.ARRAY:
            self._several(name, *argument)
        else:
            self._several(name, argument[0], self._count())

    def _several(self, name: str, description, count: int) -> None:
        node, argument = description
        if node is not Nodetype.BASE:
            for _ in range(count):
                self._walk(name, node, argument)
        elif argument[0] == 'string':
            self.texts.setdefault(name, []).extend(self._text() for _ in range(count))
        elif argument[0] not in SIZES:
            raise ValueError(f'{name} is a {argument[0]}')
        elif count:
            size = SIZES[argument[0]]
            start = self._aligned(size)
            self._end = start + size * count
            if argument[0] == 'float64':
                first = (start - START) // WORD
                self.places.setdefault(name, []).extend(range(first, first + count))

    def _aligned(self, size: int) -> int:
        return self._end + (START - self._end) % size

    def _count(self) -> int:
        """A length, which messages alike have in common."""
        start = self._aligned(4)
        (count,) = self._length.unpack_from(self._raw, start)
        self._fix(start, start + 4)
        if count > len(self._raw):
            raise ValueError(f'a length of {count} in {len(self._raw)} bytes')
        return count

    def _text(self) -> str:
        length = self._count()
        start = self._end
        self._fix(start, start + length)
        return self._raw[start : max(self._end - 1, start)].decode()
