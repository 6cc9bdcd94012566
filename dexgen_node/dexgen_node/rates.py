"""How regular a stream or a loop is: rate, age, jitter, execution time."""

from array import array
from collections import deque
from dataclasses import dataclass
import math
import threading

import numpy as np

_SHORTEST, _PER_E, _BINS = 1e-6, 100.0, 1900
_STOPPED = 3.0
"""Mean periods without an event after which the rate sinks with the silence."""


@dataclass(frozen=True)
class RateReport:
    """Figures over the last window, unless said otherwise.

    Attributes:
      rate: events per second [Hz]; 0 with fewer than two events; it sinks while none comes.
      age: time since the last event [s]; infinite before the first.
      jitter: standard deviation of the period [s].
      period_max: longest period [s].
      period_mean: mean period since the start [s].
      period_p99: 99 % of the periods since the start are shorter [s], within 1 %.
      duration_mean, duration_p99: execution time of one event [s]; 0 where it is not measured.
      count: events since the start.
    """

    rate: float
    age: float
    jitter: float
    period_max: float
    period_mean: float
    period_p99: float
    duration_mean: float
    duration_p99: float
    count: int

    def values(self) -> dict[str, str]:
        """Figures by their names in diagnostics."""
        values = {
            'rate [Hz]': f'{self.rate:.2f}',
            'age [s]': f'{self.age:.3f}',
            'jitter [ms]': f'{1e3 * self.jitter:.3f}',
            'longest period [ms]': f'{1e3 * self.period_max:.2f}',
            'period mean [ms]': f'{1e3 * self.period_mean:.4f}',
            'period p99 [ms]': f'{1e3 * self.period_p99:.3f}',
            'count': str(self.count),
        }
        if self.duration_mean:
            values['execution mean [ms]'] = f'{1e3 * self.duration_mean:.3f}'
            values['execution p99 [ms]'] = f'{1e3 * self.duration_p99:.3f}'
        return values


class Periods:
    """Counts periods of a whole run in bins of 1 %, from 1 us to 178 s, in constant memory."""

    def __init__(self):
        self._counts = array('Q', bytes(8 * _BINS))

    def note(self, period: float) -> None:
        """Count a period [s]."""
        bin_ = int(_PER_E * math.log(max(period, _SHORTEST) / _SHORTEST))
        self._counts[min(bin_, _BINS - 1)] += 1

    def quantile(self, share: float) -> float:
        """The period that a share (0 to 1) of all does not exceed [s]; 0 without any."""
        total = np.cumsum(np.frombuffer(self._counts, np.uint64))
        if not total[-1]:
            return 0.0
        bin_ = int(np.searchsorted(total, share * total[-1]))
        return _SHORTEST * math.exp((bin_ + 1) / _PER_E)


class RateWatch:
    """Notes events of a stream or a loop; safe to use from several threads.

    Args:
      window: number of events that the report covers.
    """

    def __init__(self, window: int = 256):
        self._times: deque[float] = deque(maxlen=window)
        self._durations: deque[float] = deque(maxlen=window)
        self._periods = Periods()
        self._first = 0.0
        self._count = 0
        self._lock = threading.Lock()

    def note(self, now: float, duration: float | None = None) -> None:
        """Note an event at `now` [s, steady clock] that took `duration` [s]."""
        with self._lock:
            if self._times:
                self._periods.note(now - self._times[-1])
            else:
                self._first = now
            self._times.append(now)
            self._count += 1
            if duration is not None:
                self._durations.append(duration)

    def report(self, now: float) -> RateReport:
        """Figures as seen at `now` [s, steady clock]."""
        with self._lock:
            times, durations, count = np.array(self._times), np.array(self._durations), self._count
            p99 = self._periods.quantile(0.99)
        periods = np.diff(times)
        age = now - float(times[-1]) if len(times) else float('inf')
        return RateReport(
            rate=_rate(periods, age),
            age=age,
            jitter=float(periods.std()) if len(periods) else 0.0,
            period_max=float(periods.max()) if len(periods) else 0.0,
            period_mean=(float(times[-1]) - self._first) / (count - 1) if count > 1 else 0.0,
            period_p99=p99,
            duration_mean=float(durations.mean()) if len(durations) else 0.0,
            duration_p99=float(np.quantile(durations, 0.99)) if len(durations) else 0.0,
            count=count,
        )


def _rate(periods: np.ndarray, age: float) -> float:
    span = float(periods.sum())
    if span <= 0.0:
        return 0.0
    rate = len(periods) / span
    return rate if age * rate < _STOPPED else min(rate, 1.0 / age)
