"""A fixed-rate schedule whose phase may follow the arrival of commands.

A free-running tick adds half a period of waiting to every command. Locked, a tick waits for its
command within a quarter of a period around its due time and is due where commands arrive; its
mean rate stays the nominal one when the commands' rate is another.
"""


class PhaseLock:
    """When to tick.

    Args:
      period: [s].
      window: how far a tick may move toward its command, as a share of the period.
      gain: share of the phase error that is corrected each tick.
    """

    def __init__(self, period: float, window: float = 0.25, gain: float = 0.2):
        self.period = period
        self.locked = False
        self.missed = 0
        self.due = 0.0
        self._window = window * period
        self._gain = gain
        self._last_tick = 0.0

    def start(self, now: float) -> None:
        """Make the first tick due at `now` [s, steady clock]."""
        self.due = now
        self._last_tick = now - self.period

    def wait(self, now: float, arrival: float) -> float:
        """Time until the next tick [s]; not positive: tick now.

        Args:
          now: [s, steady clock].
          arrival: when the newest command was received [s, steady clock].
        """
        if not self.locked:
            return self.due - now
        fresh = arrival > self._last_tick
        return self.due + (-self._window if fresh else self._window) - now

    def ticked(self, start: float, end: float, arrival: float) -> None:
        """Set the next due time after a tick that ran from `start` to `end` [s]."""
        error = arrival - self.due
        if self.locked and arrival > self._last_tick:
            self.due += self._gain * error
        self._last_tick = start
        self.due += self.period
        late = end - self.due
        if late > self.period:
            skipped = int(late / self.period)
            self.missed += skipped
            self.due += skipped * self.period
