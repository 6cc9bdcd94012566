"""When which message of a bag is due: original timing, rate, pause, loop; time is injected."""

from collections.abc import Callable, Iterator

from dexgen_session.bag.mcap_file import Sample

SHORTEST_PASS = 0.1
"""Time that a pass of a loop takes at least [s]: a bag may hold one moment alone."""


class Player:
    """Hands out samples when their time has come.

    Args:
      samples: begins a pass over the samples, by time of arrival.
      rate: bag seconds per second.
      loop: begin again at the end.
      origin: bag time [ns] that a pass begins at; None: the first sample's.
    """

    def __init__(
        self,
        samples: Callable[[], Iterator[Sample]],
        rate: float = 1.0,
        loop: bool = False,
        origin: int | None = None,
    ):
        if rate <= 0.0:
            raise ValueError(f'the rate of a replay is {rate}; it must be above 0')
        self._begin = samples
        self._rate = rate
        self._loop = loop
        self._given_origin = origin
        self._source = samples()
        self._next = next(self._source, None)
        self._origin = self._first_origin()
        self._started: float | None = None
        self._paused_at: float | None = None
        self.passes = 0

    @property
    def finished(self) -> bool:
        """Whether nothing is left to play."""
        return self._next is None

    @property
    def paused(self) -> bool:
        """Whether time stands still."""
        return self._paused_at is not None

    def bag_time(self, now: float) -> int:
        """Time of the bag [ns] at the steady time `now` [s]."""
        if self._started is None:
            return self._origin
        present = self._paused_at if self._paused_at is not None else now
        return self._origin + int(1e9 * self._rate * (present - self._started))

    def wait(self, now: float) -> float:
        """Seconds from `now` until a sample is due; infinite when paused or finished."""
        if self.finished or self.paused:
            return float('inf')
        if self._started is None:
            return 0.0
        return max(0.0, 1e-9 * (self._next.received - self.bag_time(now)) / self._rate)

    def due(self, now: float) -> list[Sample]:
        """Samples whose time has come at the steady time `now` [s]; the first call starts."""
        if self.paused or self.finished:
            return []
        if self._started is None:
            self._started = now
        present, ready = self.bag_time(now), []
        while self._next is not None and self._next.received <= present:
            ready.append(self._next)
            self._next = next(self._source, None)
        if self._next is None and self._loop:
            self._rewind(now)
        return ready

    def pause(self, now: float) -> None:
        """Let time stand still."""
        if self._paused_at is None:
            self._paused_at = now
            self._started = now if self._started is None else self._started

    def resume(self, now: float) -> None:
        """Let time go on."""
        if self._paused_at is not None:
            self._started += now - self._paused_at
            self._paused_at = None

    def _rewind(self, now: float) -> None:
        self._source = self._begin()
        self._next = next(self._source, None)
        self._started = max(now, self._started + SHORTEST_PASS)
        self._origin = self._first_origin()
        self.passes += 1

    def _first_origin(self) -> int:
        if self._given_origin is not None:
            return self._given_origin
        return self._next.received if self._next is not None else 0
