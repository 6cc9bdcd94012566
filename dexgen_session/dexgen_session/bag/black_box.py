"""The last seconds of every topic, kept in memory for the moment when something goes wrong."""

from collections import deque
from collections.abc import Iterator

from dexgen_session.bag.mcap_file import Sample

DURATION = 30.0
"""What a black box holds [s]."""
SIZE_LIMIT = 256 << 20
"""Bytes of messages that it may hold, whatever their rate."""


class BlackBox:
    """A ring of messages by time, with the latched ones that were true at its start.

    Args:
      latched: number of newest messages to keep of each latched topic, by topic.
      duration: time that it covers [s].
      size_limit: most bytes of messages.
    """

    def __init__(
        self,
        latched: dict[str, int],
        duration: float = DURATION,
        size_limit: int = SIZE_LIMIT,
    ):
        self._duration = int(1e9 * duration)
        self._size_limit = size_limit
        self._size = 0
        self._ring: deque[Sample] = deque()
        self._before = {topic: deque(maxlen=keep) for topic, keep in latched.items()}

    def put(self, sample: Sample) -> None:
        """Add a message and forget those that have grown too old."""
        self._ring.append(sample)
        self._size += len(sample.raw)
        oldest = sample.received - self._duration
        while self._ring[0].received < oldest or self._size > self._size_limit:
            gone = self._ring.popleft()
            self._size -= len(gone.raw)
            if gone.topic in self._before:
                self._before[gone.topic].append(gone)
            if not self._ring:
                break

    def content(self) -> Iterator[Sample]:
        """The latched messages from before, stamped with the start, then everything since."""
        start = self._ring[0].received if self._ring else 0
        for samples in self._before.values():
            for sample in samples:
                yield sample._replace(received=start)
        yield from sorted(self._ring, key=lambda sample: sample.received)
