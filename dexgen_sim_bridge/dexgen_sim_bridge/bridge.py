"""The bridge without ROS: state machine, gate and backend as one thing, safe from any thread."""

from collections import Counter
from collections.abc import Callable
import math
import threading

from dexgen_description import Hand
import numpy as np

from dexgen_sim_bridge import gate
from dexgen_sim_bridge.backend import Backend, BackendError, Measured
from dexgen_sim_bridge.bridge_step import Answer, BridgeSettings, Snapshot
from dexgen_sim_bridge.gate import Action, Decision, GateLimits, GateSettings, Reason, Target
from dexgen_sim_bridge.limiter import LimiterState
from dexgen_sim_bridge.state_machine import advance, allowed, Event, refusal, START, Status

STALE_PERIODS = 2.5
"""A target is stale after so many control periods."""
CONTROL_RATES = (5.0, 200.0)
"""Control rates that the bridge believes [Hz]."""


class Bridge:
    """Owner of the state machine: takes targets and requests, steps the backend.

    Every method may be called from any thread; times are steady [s].

    Args:
      hand: the hand.
      backend: what stands behind the gate.
      settings: times and margins.
      new_session: makes a new non-zero session id.
      now: time of the start.
      status: the first status, START or RESUMED.
      applied: (J,) target that the backend already holds [rad]; None: its measured posture.
      limits: of the applied target where they are not the hand description's.
      kp: (J,) gain of the drive where it is not the hand description's [N m/rad].
    """

    def __init__(
        self,
        hand: Hand,
        backend: Backend,
        settings: BridgeSettings,
        new_session: Callable[[], int],
        now: float,
        status: Status = START,
        applied: np.ndarray | None = None,
        limits: GateLimits | None = None,
        kp: np.ndarray | None = None,
    ):
        self.hand = hand
        self.backend = backend
        self.settings = settings
        self.limits = limits or GateLimits.from_hand(hand, settings.margin)
        self.counts: Counter[str] = Counter()
        self.transitions = 0
        self._new_session = new_session
        self._lock = threading.RLock()
        self._status = status
        # Beyond this distance of target and posture the drive gives its whole torque anyway.
        self._window = np.asarray(hand.torque_limit) / np.asarray(hand.kp if kp is None else kp)
        self._measured: Measured | None = None
        self._gate: gate.GateState | None = None
        self._clamped_sequence = -1
        # A real hand holds nothing of ours before our first session, nor after a fault (it may
        # have been switched off); a simulated one always holds its applied target.
        self._nothing_held = not backend.simulated
        self._decision = Decision(Action.HELD, Reason.NOT_RUNNING, 0)
        self.set_control_rate(settings.control_rate)
        if applied is not None:
            self._gate = gate.GateState(LimiterState.at_rest(applied))
        self._start(now)

    def _start(self, now: float) -> None:
        try:
            self._take(self.backend.measure(now))
        except BackendError as error:
            self._fail(error)

    @property
    def status(self) -> Status:
        """State, reason and session."""
        return self._status

    @property
    def staleness(self) -> float:
        """Age from which a target is stale [s]."""
        return self._settings.staleness

    @property
    def lock(self) -> threading.RLock:
        """Held while the backend is used or replaced."""
        return self._lock

    def set_control_rate(self, rate: float) -> None:
        """Take the controller's rate [Hz]: the staleness is 2.5 of its periods."""
        if not math.isfinite(rate):
            return
        rate = min(max(rate, CONTROL_RATES[0]), CONTROL_RATES[1])
        self._settings = GateSettings(
            STALE_PERIODS / rate, self.settings.future, self.settings.ramp
        )

    def receive(self, target: Target, now: float) -> Reason:
        """Take a target or refuse it; the reason is counted."""
        with self._lock:
            if self._gate is None:
                reason = Reason.NOT_RUNNING
            else:
                self._gate, reason = gate.receive(
                    self._gate, target, self.hand.joint_names, self._settings, now
                )
            self.counts[reason.value] += 1
            return reason

    def step(self, now: float) -> Snapshot | None:
        """One step of gate and backend; None as long as the hand was never measured."""
        with self._lock:
            if self._gate and gate.silent(
                self._gate, self._settings, now, self.settings.silence
            ):
                self._change(Event.SILENCE)
            if self._gate:
                self._gate, self._decision = gate.decide(
                    self._gate, self.limits, self._settings, self.settings.timestep, now
                )
                self._count_clamped()
            if self._status.state != self._status.state.FAULT:
                self._pass_time(now)
            return self.snapshot()

    def snapshot(self) -> Snapshot | None:
        """The newest step; None as long as the hand was never measured."""
        with self._lock:
            if self._gate is None or self._measured is None:
                return None
            return Snapshot(
                self._measured,
                self._gate.applied,
                self._decision,
                self._status.session_id,
                self.clamped,
                self.rejected,
            )

    @property
    def clamped(self) -> int:
        """Targets clamped so far."""
        return self.counts['CLAMPED']

    @property
    def rejected(self) -> int:
        """Targets rejected so far."""
        return sum(self.counts[reason.value] for reason in gate.REJECTIONS)

    def engage(self, now: float) -> Answer:
        """Begin a session, ramping from what the hand holds."""
        with self._lock:
            if self._status.state == self._status.state.RUNNING:
                return Answer(True, 'it is running already')
            if self._gate is None or self._measured is None:
                return Answer(False, f'engage is refused: {self.backend.waiting}')
            if not allowed(self._status.state, Event.ENGAGE):
                return Answer(False, refusal(self._status.state, Event.ENGAGE))
            if self._nothing_held:
                self._gate = gate.GateState(LimiterState.at_rest(self._measured.positions))
                self._nothing_held = False
            self._change(Event.ENGAGE, session_id=self._new_session())
            self._clamped_sequence = -1
            self._gate = gate.engage(
                self._gate,
                self._status.session_id,
                self._measured.positions,
                self._window,
                self.limits,
                now,
            )
            return Answer(True, f'running, session {self._status.session_id}')

    def disengage(self) -> Answer:
        """End the session; the hand holds."""
        with self._lock:
            if self._status.state == self._status.state.PAUSED:
                return Answer(True, 'it is paused already')
            return self._request(Event.DISENGAGE, 'paused, the hand holds')

    def stop(self) -> Answer:
        """Emergency stop from any state; the hand holds."""
        return self._request(Event.STOP, 'stopped, the hand holds; reset to go on')

    def deactivate(self) -> None:
        """End a running session because the node is deactivated."""
        self._request(Event.DEACTIVATE, '')

    def reset(self, now: float) -> Answer:
        """Put the scene back and leave STOPPED or FAULT."""
        with self._lock:
            if not allowed(self._status.state, Event.RESET):
                return Answer(False, refusal(self._status.state, Event.RESET))
            try:
                measured = self.backend.reset(now)
            except BackendError as error:
                self._fail(error)
                return Answer(False, f'reset failed: {error}')
            if self.backend.simulated:
                self._gate = None
            elif self._status.state == self._status.state.FAULT:
                self._nothing_held = True
            self._take(measured)
            self._change(Event.RESET)
            return Answer(True, 'reset, paused')

    def replace_backend(self, backend: Backend, now: float) -> None:
        """Go on with another backend that holds the same posture, for example a new object."""
        with self._lock:
            self.backend = backend
            self._start(now)
            self.transitions += 1

    def fail(self, error: BackendError) -> None:
        """Go to FAULT for a reason found outside a step."""
        with self._lock:
            self._fail(error)

    def _request(self, event: Event, done: str) -> Answer:
        with self._lock:
            if not allowed(self._status.state, event):
                return Answer(False, refusal(self._status.state, event))
            self._change(event)
            return Answer(True, done)

    def _change(self, event: Event, **what) -> None:
        before = self._status
        self._status = advance(before, event, **what)
        if self._status is not before:
            self.transitions += 1
            if before.session_id and not self._status.session_id and self._gate:
                self._gate = gate.hold(self._gate)

    def _fail(self, error: BackendError) -> None:
        self._change(Event.FAIL, reason=error.reason, message=str(error))

    def _take(self, measured: Measured | None) -> None:
        if measured is None:
            return
        self._measured = measured
        if self._gate is None:
            self._gate = gate.GateState(LimiterState.at_rest(measured.positions))

    def _pass_time(self, now: float) -> None:
        try:
            if self._gate is None:
                self._take(self.backend.measure(now))
            else:
                following = bool(self._status.session_id)
                self._take(self.backend.step(self._gate.applied.position, following, now))
        except BackendError as error:
            self._fail(error)

    def _count_clamped(self) -> None:
        """A target counts once as clamped, however many steps it takes to follow it."""
        decision = self._decision
        if decision.action == Action.CLAMPED and decision.sequence != self._clamped_sequence:
            self._clamped_sequence = decision.sequence
            self.counts['CLAMPED'] += 1
            self.counts[decision.reason.value] += 1
