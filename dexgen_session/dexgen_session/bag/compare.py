"""Where two recorded runs part: topic by topic, field by field."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import itertools
from typing import NamedTuple

import numpy as np

from dexgen_session.bag.decoder import BagDecoder, numbers
from dexgen_session.bag.reader import BagReader

IGNORED = ('header.stamp', 'session_id')
"""Fields that differ between any two runs."""


@dataclass(frozen=True)
class Part:
    """How one topic of two bags compares.

    Attributes:
      topic: its name.
      counts: messages in the first and the second bag.
      compared: pairs of messages that were compared: those with the same sequence number in the
        same session, where they have one, else those at the same place.
      first: index in the first bag of the first message that differs by more than the
        tolerance; None: none does.
      time: when it arrived, from the start of the first bag [s].
      field: the field that differs most there.
      largest: largest difference of any number of this topic.
    """

    topic: str
    counts: tuple[int, int]
    compared: int
    first: int | None
    time: float
    field: str
    largest: float

    @property
    def same(self) -> bool:
        """Whether both bags hold the same messages of this topic."""
        return self.first is None and self.counts[0] == self.counts[1]


def compare_bags(
    first: BagReader, second: BagReader, topics: Sequence[str] = (), tolerance: float = 0.0
) -> list[Part]:
    """Compare the topics of two bags, message by message.

    Args:
      topics: which; empty: those in both.
      tolerance: largest difference of a number that counts as the same.

    Raises:
      ValueError: a topic is in neither, or not in both bags.
    """
    if topics:
        first.require(topics)
        second.require(topics)
    chosen = topics or sorted(set(first.topics) & set(second.topics))
    return [_compare(first, second, topic, tolerance) for topic in chosen]


def _compare(first: BagReader, second: BagReader, topic: str, tolerance: float) -> Part:
    index, time, field, largest, compared = None, 0.0, '', 0.0, 0
    for one, other in _pairs(_entries(first, topic), _entries(second, topic)):
        compared += 1
        difference, where = _difference(one.values, other.values)
        largest = max(largest, difference)
        if index is None and difference > tolerance:
            index, time, field = one.place, 1e-9 * (one.received - first.start), where
    counts = (first.topics[topic].count, second.topics[topic].count)
    return Part(topic, counts, compared, index, time, field, largest)


class _Entry(NamedTuple):
    """A message: what it is matched by, its place in the bag, its time of arrival, its fields."""

    key: tuple[int, int]
    place: int
    received: int
    values: dict[str, object]


def _entries(bag: BagReader, topic: str) -> Iterator[_Entry]:
    decoder, sessions, session = BagDecoder(bag), 0, None
    for place, sample in enumerate(bag.samples([topic])):
        message = decoder.decode(sample)
        if getattr(message, 'session_id', session) != session:
            session, sessions = message.session_id, sessions + 1
        key = (sessions, getattr(message, 'sequence', place))
        yield _Entry(key, place, sample.received, numbers(message))


def _pairs(one: Iterator[_Entry], other: Iterator[_Entry]) -> Iterator[tuple[_Entry, _Entry]]:
    """Entries with the same key; keys rise in both."""
    first, second = next(one, None), next(other, None)
    while first is not None and second is not None:
        if first.key == second.key:
            yield first, second
            first, second = next(one, None), next(other, None)
        elif first.key < second.key:
            first = next(one, None)
        else:
            second = next(other, None)


def _difference(one: dict[str, object], other: dict[str, object]) -> tuple[float, str]:
    """Largest difference of any field and its name; infinite where shape or text differs."""
    worst, where = 0.0, ''
    for name in itertools.chain(one, (n for n in other if n not in one)):
        if name.startswith(IGNORED):
            continue
        difference = _field_difference(one.get(name), other.get(name))
        if difference > worst:
            worst, where = difference, name
    return worst, where


def _field_difference(one: object, other: object) -> float:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        if one.shape != other.shape:
            return float('inf')
        both = np.isnan(one) & np.isnan(other)
        gaps = np.where(both, 0.0, np.abs(one - other))
        return float(np.nan_to_num(gaps, nan=np.inf).max(initial=0.0))
    return 0.0 if one == other else float('inf')
