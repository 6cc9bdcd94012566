"""When the ticks of a fixed rate are due, and which are given up: no clock of its own."""


class Schedule:
    """Due times at a fixed rate.

    A late tick's successors are due at once, one by one, until the schedule is met again. What
    lags behind by more than the backlog (a process that was suspended) is given up and counted.

    Args:
      period: [s].
      backlog: longest time to make good [s]; less than a period makes good nothing.

    Attributes:
      due: when the next tick is due [s, steady clock].
      missed: periods given up.
    """

    def __init__(self, period: float, backlog: float = 0.0):
        self.period = period
        self.due = 0.0
        self.missed = 0
        self._backlog = max(backlog, period)

    def start(self, now: float) -> None:
        """Make the first tick due at `now` [s, steady clock]."""
        self.due = now

    def ticked(self, end: float) -> None:
        """Set the next due time after a tick that ended at `end` [s, steady clock]."""
        self.due += self.period
        late = end - self.due
        if late > self._backlog:
            skipped = int((late - self._backlog) / self.period) + 1
            self.missed += skipped
            self.due += skipped * self.period
