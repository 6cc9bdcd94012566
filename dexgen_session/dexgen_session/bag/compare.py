"""Where two recorded runs part: topic by topic, field by field."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import itertools

import numpy as np

from dexgen_session.bag.decoder import BagDecoder, numbers
from dexgen_session.bag.reader import BagReader

IGNORED = ('header.stamp',)
"""Fields that differ between any two runs."""


@dataclass(frozen=True)
class Part:
    """How one topic of two bags compares.

    Attributes:
      topic: its name.
      counts: messages in the first and the second bag.
      compared: messages that were compared, in their order.
      first: index of the first message that differs by more than the tolerance; None: none does.
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
    """Compare the topics of two bags, message by message in their order.

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
    pairs = zip(_values(first, topic), _values(second, topic), strict=False)
    for i, ((received, one), (_, other)) in enumerate(pairs):
        compared += 1
        difference, where = _difference(one, other)
        largest = max(largest, difference)
        if index is None and difference > tolerance:
            index, time, field = i, 1e-9 * (received - first.start), where
    counts = (first.topics[topic].count, second.topics[topic].count)
    return Part(topic, counts, compared, index, time, field, largest)


def _values(bag: BagReader, topic: str) -> Iterator[tuple[int, dict[str, object]]]:
    decoder = BagDecoder(bag)
    for sample in bag.samples([topic]):
        yield sample.received, numbers(decoder.decode(sample))


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
