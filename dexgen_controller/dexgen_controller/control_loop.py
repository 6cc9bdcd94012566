"""The control thread: ticks on a phase-locked schedule, woken by the arrival of commands."""

from collections.abc import Callable
import threading
import time

from dexgen_node.loop import take_priority
from dexgen_node.rates import RateWatch

from dexgen_controller.phase_lock import PhaseLock


class ControlLoop:
    """Calls `tick(now)` at a fixed rate; with the phase locked, right after a command's arrival.

    Args:
      period: [s].
      tick: called with the steady time of the tick [s].
      on_error: called on the control thread with the exception that ended the loop.
      priority: SCHED_FIFO priority, 0 for none.
      on_refused: called on the control thread where the system refuses the priority.
    """

    def __init__(
        self,
        period: float,
        tick: Callable[[float], None],
        on_error: Callable[[BaseException], None],
        priority: int = 0,
        on_refused: Callable[[], None] = lambda: None,
    ):
        self.watch = RateWatch()
        self._schedule = PhaseLock(period)
        self._tick = tick
        self._on_error = on_error
        self._priority, self._on_refused = priority, on_refused
        self._arrival = float('-inf')
        self._stopping = False
        self._condition = threading.Condition()
        self._thread = threading.Thread(target=self._run, name='control', daemon=True)

    @property
    def missed(self) -> int:
        """Periods left out because a tick came too late."""
        return self._schedule.missed

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> bool:
        """End the loop and wait for its thread [s]; False if it is still in its last tick.

        An error of that tick is reported no more.
        """
        with self._condition:
            self._stopping = True
            self._condition.notify()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(timeout)
            return not self._thread.is_alive()
        return True

    def lock_phase(self, locked: bool) -> None:
        """Choose whether ticks follow the arrival of commands."""
        with self._condition:
            self._schedule.locked = locked
            self._condition.notify()

    def wake(self, arrival: float) -> None:
        """Say that a command arrived at `arrival` [s, steady clock]."""
        with self._condition:
            self._arrival = arrival
            self._condition.notify()

    def _run(self) -> None:
        take_priority(self._priority, self._on_refused)
        self._schedule.start(time.monotonic())
        try:
            while self._wait():
                start = time.monotonic()
                arrival = self._arrival
                self._tick(start)
                end = time.monotonic()
                self.watch.note(start, end - start)
                self._schedule.ticked(start, end, arrival)
        except BaseException as error:  # handed on, never swallowed
            if not self._stopping:
                self._on_error(error)

    def _wait(self) -> bool:
        with self._condition:
            while not self._stopping:
                wait = self._schedule.wait(time.monotonic(), self._arrival)
                if wait <= 0.0:
                    return True
                self._condition.wait(wait)
            return False
