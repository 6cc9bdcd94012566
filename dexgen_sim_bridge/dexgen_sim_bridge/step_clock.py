"""How many steps are due: simulated time keeps up with real time, within bounds."""

from typing import NamedTuple


class ClockReport(NamedTuple):
    """Figures of a span.

    Attributes:
      factor: simulated time over real time.
      lost: time never made good since the start [s].
    """

    factor: float
    lost: float


class StepClock:
    """Counts the steps of a fixed length that real time asks for.

    Steps missed by a late thread are made good, a few at a time. What lags behind more than the
    backlog (a process that was suspended) is given up and counted as lost.

    Args:
      timestep: length of a step [s].
      backlog: longest time to make good [s].
      burst: most steps at once.
    """

    def __init__(self, timestep: float, backlog: float = 0.5, burst: int = 10):
        self.timestep = timestep
        self.lost = 0.0
        self._backlog = backlog
        self._burst = burst
        self._next: float | None = None
        self._steps = 0
        self._mark = (0.0, 0)

    def due(self, now: float) -> range:
        """Steps due at steady time `now` [s], numbered from the start; `time_of` dates them."""
        if self._next is None:
            # Half a step of slack: a tick that comes a little early still makes its step.
            self._next = now - 0.5 * self.timestep
            self._mark = (now, 0)
        behind = now - self._next
        if behind > self._backlog:
            skipped = behind - self._backlog
            self.lost += skipped
            self._next += skipped
            behind = self._backlog
        count = min(int(behind / self.timestep) + 1, self._burst) if behind >= 0 else 0
        first = self._steps
        self._steps += count
        self._next += count * self.timestep
        return range(first, self._steps)

    def lag(self, step: int, now: float) -> float:
        """How long before `now` a step returned by the last `due` was meant to happen [s]."""
        return now - (self._next - (self._steps - step) * self.timestep)

    def report(self, now: float) -> ClockReport:
        """Figures since the last report."""
        since, steps = self._mark
        self._mark = (now, self._steps)
        span = now - since
        factor = (self._steps - steps) * self.timestep / span if span > 0.0 else 0.0
        return ClockReport(factor, self.lost)
