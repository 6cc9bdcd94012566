"""A loop at a fixed rate on its own thread, with its own priority where the system allows it."""

from collections.abc import Callable
import os
import threading
import time

from dexgen_node.rates import RateWatch
from dexgen_node.schedule import Schedule


class FixedRateLoop:
    """Calls `tick(now)` at a fixed rate until it is stopped.

    A late tick's successors follow it at once until the schedule is met again; what lags behind
    by more than the backlog is left out, and `missed` counts it in periods. An exception in a tick
    ends the loop and reaches `on_error`.

    Args:
      rate: [Hz].
      tick: called with the steady time [s] of this period's start.
      on_error: called with the exception of a failing tick, on the loop's thread.
      priority: SCHED_FIFO priority, 0 for none.
      backlog: longest time to make good [s]; 0: a late tick is not made up for.
      on_refused: called on the loop's thread where the system refuses the priority.
    """

    def __init__(
        self,
        rate: float,
        tick: Callable[[float], None],
        on_error: Callable[[BaseException], None],
        name: str = 'loop',
        priority: int = 0,
        backlog: float = 0.0,
        on_refused: Callable[[], None] = lambda: None,
    ):
        self.watch = RateWatch()
        self._schedule = Schedule(1.0 / rate, backlog)
        self._tick = tick
        self._on_error = on_error
        self._priority, self._on_refused = priority, on_refused
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def due(self) -> float:
        """When the present tick was due [s, steady clock]."""
        return self._schedule.due

    @property
    def missed(self) -> int:
        """Periods left out."""
        return self._schedule.missed

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End the loop and wait for its thread [s]; an error of its last tick is not reported."""
        self._stop.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    def _run(self) -> None:
        take_priority(self._priority, self._on_refused)
        schedule = self._schedule
        schedule.start(time.monotonic())
        try:
            while not self._stop.is_set():
                start = time.monotonic()
                self._tick(start)
                end = time.monotonic()
                self.watch.note(start, end - start)
                schedule.ticked(end)
                if schedule.due > end:
                    self._stop.wait(schedule.due - end)
        except BaseException as error:  # noqa: B902 - handed on, never swallowed
            if not self._stop.is_set():
                self._on_error(error)


def take_priority(priority: int, on_refused: Callable[[], None]) -> None:
    """Give the calling thread a SCHED_FIFO priority, none for 0; says where it is refused."""
    if priority:
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
        except OSError:
            on_refused()


def refusal(priority: int, thread: str) -> str:
    """What a person is told of a refused priority."""
    return (
        f'priority {priority} is refused by the system: the {thread} thread has none; allow it '
        'with rtprio in /etc/security/limits.conf, or CAP_SYS_NICE'
    )
