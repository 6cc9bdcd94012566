"""How regular a stream or a loop is: rate, age, jitter, execution time."""

from collections import deque
from dataclasses import dataclass
import threading

import numpy as np


@dataclass(frozen=True)
class RateReport:
    """Figures over the last window.

    Attributes:
      rate: events per second [Hz]; 0 with fewer than two events.
      age: time since the last event [s]; infinite before the first.
      jitter: standard deviation of the period [s].
      period_max: longest period [s].
      duration_mean, duration_p99: execution time of one event [s]; 0 where it is not measured.
      count: events since the start.
    """

    rate: float
    age: float
    jitter: float
    period_max: float
    duration_mean: float
    duration_p99: float
    count: int


class RateWatch:
    """Notes events of a stream or a loop; safe to use from several threads.

    Args:
      window: number of events that the report covers.
    """

    def __init__(self, window: int = 256):
        self._times: deque[float] = deque(maxlen=window)
        self._durations: deque[float] = deque(maxlen=window)
        self._count = 0
        self._lock = threading.Lock()

    def note(self, now: float, duration: float | None = None) -> None:
        """Note an event at `now` [s, steady clock] that took `duration` [s]."""
        with self._lock:
            self._times.append(now)
            self._count += 1
            if duration is not None:
                self._durations.append(duration)

    def report(self, now: float) -> RateReport:
        """Figures as seen at `now` [s, steady clock]."""
        with self._lock:
            times, durations, count = np.array(self._times), np.array(self._durations), self._count
        periods = np.diff(times)
        span = float(times[-1] - times[0]) if len(times) > 1 else 0.0
        return RateReport(
            rate=len(periods) / span if span > 0.0 else 0.0,
            age=now - float(times[-1]) if len(times) else float('inf'),
            jitter=float(periods.std()) if len(periods) else 0.0,
            period_max=float(periods.max()) if len(periods) else 0.0,
            duration_mean=float(durations.mean()) if len(durations) else 0.0,
            duration_p99=float(np.quantile(durations, 0.99)) if len(durations) else 0.0,
            count=count,
        )
