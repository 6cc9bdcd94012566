"""The newest message of each stream, kept as bytes until somebody looks."""

from collections import deque
from collections.abc import Callable

SILENT_AFTER = 1.0
"""Age [s] from which a stream counts as silent."""


class Newest:
    """Holds the newest raw message of one topic and turns it into a view on demand.

    Args:
      decode: raw message to view.
      window: number of looks that the rate covers.
    """

    def __init__(self, decode: Callable[[bytes], object], window: int = 50):
        self._decode = decode
        self._raw: bytes | None = None
        self._view: object = None
        self._heard = float('-inf')
        self._count = 0
        self._marks: deque[tuple[float, int]] = deque(maxlen=window)

    def put(self, raw: bytes, now: float, sent: float, number: int | None = None) -> None:
        """Keep a message.

        Args:
          now: steady time of the look [s].
          sent: when the publisher sent it [s]; only differences count.
          number: its place in the publisher's count; None counts the messages seen.
        """
        self._raw, self._heard = raw, now
        self._count = self._count + 1 if number is None else number
        if self._marks and (self._count <= self._marks[-1][1] or sent <= self._marks[-1][0]):
            self._marks.clear()
        self._marks.append((sent, self._count))

    def view(self) -> object:
        """View of the newest message, decoded at most once; None before the first."""
        if self._raw is not None:
            self._view = self._decode(self._raw)
            self._raw = None
        return self._view

    def rate(self, now: float) -> float:
        """Rate [Hz] at which the messages are sent; 0 when silent."""
        if not self.fresh(now) or len(self._marks) < 2:
            return 0.0
        (start, first), (end, last) = self._marks[0], self._marks[-1]
        return (last - first) / (end - start)

    def fresh(self, now: float, age: float = SILENT_AFTER) -> bool:
        """Whether a message was heard within the last `age` seconds."""
        return now - self._heard < age
