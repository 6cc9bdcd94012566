"""The thread that steps the bridge: one step a tick, every other one shown."""

from collections.abc import Callable
from typing import NamedTuple

from dexgen_node.loop import FixedRateLoop

from dexgen_sim_bridge.bridge import Bridge
from dexgen_sim_bridge.bridge_step import Snapshot

BACKLOG = 0.5
"""Longest time that a simulation makes good after a delay [s]."""


class Progress(NamedTuple):
    """How simulated time keeps up with real time.

    Attributes:
      factor: simulated time over real time since the last look, or since the start.
      lost: time never made good since the start [s].
    """

    factor: float
    lost: float


class PhysicsLoop:
    """Steps a bridge at its own rate on a thread of its own.

    Args:
      bridge: what to step; a backend that is not simulated is never made to catch up.
      rate: steps a second [Hz].
      publish_every: one of so many steps is handed to `publish`, unless the next of them is due
        already.
      publish: takes a step, and when it was due and its hand measured [s, steady clock].
      changed: called after each state transition that happened in a step.
      on_error: called with an error that ends the thread.
      priority: SCHED_FIFO priority, 0 for none.
      on_refused: called on the thread where the system refuses the priority.
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
        on_refused: Callable[[], None] = lambda: None,
    ):
        self._bridge = bridge
        self._period = 1.0 / rate
        self._publish_every = publish_every
        self._publish = publish
        self._changed = changed
        self._on_error = on_error
        self.alive = True
        self._transitions = bridge.transitions
        self._steps = 0
        self._looked: tuple[float, int] | None = None
        # A real hand lives in real time: steps that it missed are gone.
        backlog = BACKLOG if bridge.backend.simulated else 0.0
        self.loop = FixedRateLoop(
            rate, self._tick, self._end, 'physics', priority, backlog, on_refused
        )

    def start(self) -> None:
        """Start the thread."""
        self.loop.start()

    def stop(self) -> None:
        """End the thread."""
        self.loop.stop()

    def progress(self, now: float) -> Progress:
        """Tell how time passed until `now` [s, steady clock]."""
        steps = self._steps
        since, before = self._looked or (now, steps)
        self._looked = now, steps
        factor = (steps - before) * self._period / (now - since) if now > since else 0.0
        return Progress(factor, self.loop.missed * self._period)

    def _end(self, error: BaseException) -> None:
        self.alive = False
        self._on_error(error)

    def _tick(self, now: float) -> None:
        due = min(self.loop.due, now)
        if self._looked is None:
            self._looked = now, 0
        step = self._bridge.step(now)
        self._steps += 1
        if self._bridge.transitions != self._transitions:
            self._transitions = self._bridge.transitions
            self._changed()
        shown = self._steps % self._publish_every == 0
        if step and shown and now - due < self._publish_every * self._period:
            # Simulated joints are as old as their step, those of a real hand as their message.
            simulated = self._bridge.backend.simulated
            self._publish(step, due, due if simulated else step.measured.time)
