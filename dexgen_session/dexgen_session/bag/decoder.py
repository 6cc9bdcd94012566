"""Decodes the messages of a bag by the definitions that the bag itself carries: no ROS needed."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
import dataclasses
from pathlib import Path
import struct

import numpy as np
from rosbags.serde import SerdeError
from rosbags.typesys import get_types_from_msg, get_typestore, Stores, TypesysError

from dexgen_session.bag.layout import Layout
from dexgen_session.bag.mcap_file import Sample
from dexgen_session.bag.reader import BagReader, TopicFacts


class BagDecoder:
    """Turns samples of one bag into message objects with named fields.

    Raises:
      ValueError: a definition in the bag cannot be read.
    """

    def __init__(self, bag: BagReader):
        self._types = {topic: facts.type for topic, facts in bag.topics.items()}
        self._store = get_typestore(Stores.EMPTY)
        for topic, facts in bag.topics.items():
            self._register(topic, facts, bag.path)

    def _register(self, topic: str, facts: TopicFacts, path: Path) -> None:
        try:
            self._store.register(get_types_from_msg(facts.schema, facts.type))
        except (TypesysError, ValueError, KeyError) as error:
            raise ValueError(
                f"the definition of {facts.type} ({topic}) in '{path}' cannot be read: {error}"
            ) from error

    def decode(self, sample: Sample):
        """The message of a sample.

        Raises:
          ValueError: its bytes are not those of its type.
        """
        with self._named(sample):
            return self._store.deserialize_cdr(sample.raw, self._types[sample.topic])

    def layout(self, sample: Sample, wanted: Collection[str]) -> Layout:
        """Where the numbers of the `wanted` fields lie in a sample and all that are like it.

        Raises:
          ValueError: its bytes are not those of its type.
        """
        with self._named(sample):
            kind = self._types[sample.topic]
            return Layout(sample.raw, kind, self._store.fielddefs, wanted)

    @contextmanager
    def _named(self, sample: Sample) -> Iterator[None]:
        """Errors say which message it was."""
        try:
            yield
        except (SerdeError, struct.error, ValueError, LookupError) as error:
            raise ValueError(
                f'a message of {sample.topic} ({self._types[sample.topic]}, arrived at '
                f'{sample.received} ns) cannot be decoded: {error}'
            ) from error


def numbers(message, prefix: str = '') -> dict[str, object]:
    """Fields of a message by their dotted names: float arrays, or tuples of text.

    Lists of messages become one array for each of their fields, shape (N, ...).
    """
    found: dict[str, object] = {}
    for field in dataclasses.fields(message):
        name, value = f'{prefix}{field.name}', getattr(message, field.name)
        if field.name == '__msgtype__':
            continue
        if dataclasses.is_dataclass(value):
            found.update(numbers(value, f'{name}.'))
        elif isinstance(value, str):
            found[name] = value
        elif isinstance(value, list):
            found.update(_list(name, value))
        else:
            found[name] = np.asarray(value, dtype=float)
    return found


def _list(name: str, values: list) -> dict[str, object]:
    if not values:
        return {name: np.zeros(0)}
    if not dataclasses.is_dataclass(values[0]):
        return {name: tuple(values)}
    rows = [numbers(value, f'{name}.') for value in values]
    columns: dict[str, object] = {}
    for key in rows[0]:
        cells = [row.get(key) for row in rows]
        same = all(isinstance(c, np.ndarray) and c.shape == cells[0].shape for c in cells)
        columns[key] = np.stack(cells) if same else tuple(str(cell) for cell in cells)
    return columns
