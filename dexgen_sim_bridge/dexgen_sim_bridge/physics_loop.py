"""The thread that steps the bridge: as many steps as real time asks for, every other one shown."""

from collections.abc import Callable

from dexgen_node.loop import FixedRateLoop

from dexgen_sim_bridge.bridge import Bridge
from dexgen_sim_bridge.bridge_step import Snapshot
from dexgen_sim_bridge.step_clock import StepClock


class PhysicsLoop:
    """Steps a bridge at its own rate on a thread of its own.

    Args:
      bridge: what to step; a backend that is not simulated is never made to catch up.
      rate: steps a second [Hz].
      publish_every: one of so many steps is handed to `publish`.
      publish: takes a step, and when it was due and its hand measured [s, steady clock].
      changed: called after each state transition that happened in a step.
      on_error: called with an error that ends the thread.
      priority: SCHED_FIFO priority, 0 for none.
    """

    def __init__(
        self,
        bridge: Bridge,
        rate: float,
        publish_every: int,
        publish: Callable[[Snapshot, float, float], None],
        changed: Callable[[], None],
        on_error: Callable[[BaseException], None],
        priority: int = 0,
    ):
        self._bridge = bridge
        self._publish_every = publish_every
        self._publish = publish
        self._changed = changed
        self._on_error = on_error
        self.alive = True
        self._transitions = bridge.transitions
        # A real hand lives in real time: steps that it missed are gone.
        backlog = 0.5 if bridge.backend.simulated else 1.0 / rate
        self.clock = StepClock(1.0 / rate, backlog)
        self.loop = FixedRateLoop(rate, self._tick, self._end, 'physics', priority)

    def start(self) -> None:
        """Start the thread."""
        self.loop.start()

    def stop(self) -> None:
        """End the thread."""
        self.loop.stop()

    def _end(self, error: BaseException) -> None:
        self.alive = False
        self._on_error(error)

    def _tick(self, now: float) -> None:
        shown = None
        for number in self.clock.due(now):
            step = self._bridge.step(now)
            if step and number % self._publish_every == 0:
                shown = step, number
        if self._bridge.transitions != self._transitions:
            self._transitions = self._bridge.transitions
            self._changed()
        if shown:
            step, number = shown
            due = now - max(self.clock.lag(number, now), 0.0)
            # Simulated joints are as old as their step, those of a real hand as their message.
            simulated = self._bridge.backend.simulated
            self._publish(step, due, due if simulated else step.measured.time)
