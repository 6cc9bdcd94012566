"""The bridge in every order of what can happen: nothing jumps, silence and faults hold."""

from dexgen_description import load_hand
from dexgen_sim_bridge.backend import BackendError, Measured
from dexgen_sim_bridge.bridge import Bridge
from dexgen_sim_bridge.bridge_step import BridgeSettings
from dexgen_sim_bridge.gate import Action, Reason, Target
from dexgen_sim_bridge.messages import stamp_age
from dexgen_sim_bridge.state_machine import State
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

HAND = load_hand('allegro_right')
J = len(HAND.joint_names)
DT = 0.005


class SlackHand:
    """A hand that follows its target with a lag, can be pushed, and can fail."""

    name = 'slack'
    waiting = 'the hand has not been measured'

    def __init__(self, simulated: bool = True):
        self.simulated = simulated
        self.positions = HAND.rest.copy()
        self.failure: BackendError | None = None
        self.sent: list[tuple[np.ndarray, bool]] = []

    def measure(self, now):
        if self.failure:
            raise self.failure
        return Measured(self.positions.copy(), np.zeros(J), np.zeros(J), now)

    def step(self, target, following, now):
        self.sent.append((target.copy(), following))
        self.positions += 0.2 * (target - self.positions)
        return self.measure(now)

    def reset(self, now):
        if self.failure:
            raise self.failure
        if self.simulated:
            self.positions = HAND.rest.copy()
        return self.measure(now)

    def close(self):
        pass


class Session:
    """A bridge on a clock of its own."""

    def __init__(self, simulated: bool = True, **changes):
        self.now = 100.0
        self.hand = SlackHand(simulated)
        numbers = iter(range(1, 10**6))
        self.bridge = Bridge(
            HAND, self.hand, BridgeSettings(**changes), lambda: next(numbers), self.now
        )
        self.sequence = 0

    def step(self):
        self.now += DT
        return self.bridge.step(self.now)

    def run(self, seconds, positions=None):
        """Pass time, with a target at every sixth step where there is one."""
        for number in range(round(seconds / DT)):
            if positions is not None and number % 6 == 0:
                assert self.send(positions) == Reason.OK
            last = self.step()
        return last

    def send(self, positions, **changes):
        self.sequence += 1
        wanted = Target(
            self.bridge.status.session_id, self.sequence, HAND.joint_names, positions, 0.002
        )
        return self.bridge.receive(wanted._replace(**changes), self.now)


def posture(level):
    return HAND.lower + level * (HAND.upper - HAND.lower)


def test_it_starts_paused_and_holds_the_measured_posture():
    session = Session()
    step = session.step()
    assert session.bridge.status.state == State.PAUSED
    assert np.array_equal(step.applied.position, HAND.rest)
    assert step.decision.action == Action.HELD
    assert step.session_id == 0


def test_a_session_follows_and_silence_ends_it_until_a_deliberate_engage():
    session = Session()
    session.bridge.engage(session.now)
    wanted = posture(0.5)
    last = session.run(2.0, wanted)
    assert np.array_equal(last.applied.position, wanted)
    assert last.decision.action == Action.APPLIED
    last = session.run(0.3)
    assert session.bridge.status.state == State.RUNNING
    assert last.decision == (Action.HELD, Reason.STALE, 0)
    last = session.run(0.25)
    assert session.bridge.status[:2] == (State.PAUSED, 'SILENCE')
    for _ in range(10):
        assert session.send(posture(0.1)) == Reason.NOT_RUNNING
        assert np.array_equal(session.step().applied.position, last.applied.position)
    first = session.bridge.status.session_id
    assert session.bridge.engage(session.now).success
    assert session.bridge.status.session_id not in (0, first, 1)


def test_an_emergency_stop_holds_with_the_next_step_and_needs_a_reset():
    session = Session()
    session.bridge.engage(session.now)
    moving = session.run(0.15, posture(0.9))
    assert np.abs(moving.applied.velocity).max() > 0.0
    assert session.bridge.stop().success
    stopped = session.step()
    assert np.array_equal(stopped.applied.position, moving.applied.position)
    assert not stopped.applied.velocity.any()
    assert not session.bridge.engage(session.now).success
    assert not session.bridge.disengage().success
    assert session.bridge.reset(session.now).success
    assert session.bridge.status[:2] == (State.PAUSED, 'RESET')


def test_a_reset_of_the_simulation_starts_at_the_measured_posture():
    session = Session()
    session.bridge.engage(session.now)
    session.run(1.0, posture(0.6))
    assert not session.bridge.reset(session.now).success
    session.bridge.disengage()
    session.bridge.reset(session.now)
    assert np.array_equal(session.step().applied.position, HAND.rest)


def test_a_reset_does_not_move_a_real_hand():
    session = Session(simulated=False)
    session.bridge.engage(session.now)
    held = session.run(1.0, posture(0.6)).applied.position
    session.bridge.stop()
    session.bridge.reset(session.now)
    assert np.array_equal(session.step().applied.position, held)


def test_a_real_hand_starts_at_the_posture_measured_at_the_engage():
    session = Session(simulated=False)
    session.run(0.1)
    session.hand.positions = posture(0.5)
    session.step()
    measured = session.bridge.snapshot().measured.positions
    session.bridge.engage(session.now)
    assert np.array_equal(session.step().applied.position, measured)


def test_a_real_hand_that_failed_starts_at_its_measured_posture_again():
    session = Session(simulated=False)
    session.bridge.engage(session.now)
    session.run(1.0, posture(0.6))
    session.hand.failure = BackendError('SILENT_HAND', 'switched off')
    session.step()
    session.hand.failure, session.hand.positions = None, posture(0.3)
    session.bridge.reset(session.now)
    session.bridge.engage(session.now)
    assert np.array_equal(session.bridge.snapshot().applied.position, posture(0.3))


def test_only_a_session_tells_the_backend_to_follow():
    session = Session()
    session.run(0.1)
    session.bridge.engage(session.now)
    session.run(0.1, posture(0.4))
    session.bridge.disengage()
    session.run(0.1)
    following = [following for _, following in session.hand.sent]
    assert following == [False] * 20 + [True] * 20 + [False] * 20


def test_a_failing_backend_is_a_fault_that_only_a_reset_of_a_sound_hand_ends():
    session = Session()
    session.bridge.engage(session.now)
    held = session.run(0.5, posture(0.4)).applied.position
    session.hand.failure = BackendError('SILENT_HAND', 'no joint_states for 0.5 s')
    last = session.step()
    assert session.bridge.status[:3] == (State.FAULT, 'SILENT_HAND', 'no joint_states for 0.5 s')
    last = session.run(0.2)
    assert np.abs(last.applied.position - held).max() <= 7.0 * DT
    assert not session.bridge.engage(session.now).success
    answer = session.bridge.reset(session.now)
    assert not answer.success and 'no joint_states' in answer.message
    session.hand.failure = None
    assert session.bridge.reset(session.now).success
    assert session.bridge.engage(session.now).success


def test_a_hand_that_is_never_measured_cannot_be_engaged():
    session = Session()
    silent = SlackHand()
    silent.failure = BackendError('SILENT_HAND', 'no joint_states yet')
    bridge = Bridge(HAND, silent, BridgeSettings(), lambda: 1, 100.0)
    assert bridge.status.state == State.FAULT
    assert bridge.step(100.1) is None
    assert not bridge.engage(100.1).success
    wanted = Target(1, 1, HAND.joint_names, HAND.rest, 0.0)
    assert bridge.receive(wanted, 100.1) == Reason.NOT_RUNNING
    silent.failure = None
    assert bridge.reset(100.2).success
    assert session.bridge.engage(session.now).success


def test_a_target_counts_once_as_clamped_and_each_rejection_by_its_reason():
    session = Session()
    session.bridge.engage(session.now)
    session.send(posture(0.9))
    for _ in range(20):
        session.step()
    session.send(np.full(J, np.nan))
    session.send(posture(0.5), stamp_age=9.0)
    last = session.step()
    assert (last.clamped, last.rejected) == (1, 2)
    assert session.bridge.counts['NOT_FINITE'] == session.bridge.counts['STALE_STAMP'] == 1


@pytest.mark.parametrize(('rate', 'staleness'), [(10.0, 0.25), (30.0, 2.5 / 30), (1e9, 0.0125)])
def test_the_staleness_follows_the_control_rate(rate, staleness):
    session = Session()
    session.bridge.set_control_rate(rate)
    assert session.bridge.staleness == pytest.approx(staleness)
    session.bridge.set_control_rate(float('nan'))
    assert session.bridge.staleness == pytest.approx(staleness)


def test_the_age_of_a_stamp_is_exact_for_large_times():
    assert stamp_age(1_795_415_585_579_824_861, 1_795_415_585, 579_000_000) == pytest.approx(
        0.000824861, abs=1e-12
    )


STEPS = st.one_of(
    st.tuples(st.sampled_from(['engage', 'disengage', 'stop', 'reset', 'fail', 'mend'])),
    st.tuples(st.just('target'), st.floats(-0.5, 1.5)),
    st.tuples(st.just('bad'), st.sampled_from([np.nan, np.inf, -np.inf])),
    st.tuples(st.just('push'), st.floats(-1.0, 1.0)),
    st.tuples(st.just('wait'), st.integers(1, 120)),
)


def perform(session, what, value=None):
    """One happening; how many steps of time pass after it."""
    bridge = session.bridge
    if what == 'engage':
        bridge.engage(session.now)
    elif what in ('disengage', 'stop'):
        getattr(bridge, what)()
    elif what == 'reset':
        return bridge.reset(session.now).success and session.hand.simulated
    elif what == 'fail':
        session.hand.failure = BackendError('UNSTABLE', 'diverged')
    elif what == 'mend':
        session.hand.failure = None
    elif what == 'target':
        session.send(posture(value))
    elif what == 'bad':
        session.send(np.full(J, value))
    elif what == 'push':
        session.hand.positions += value
    return False


@settings(max_examples=80, deadline=None)
@given(simulated=st.booleans(), happenings=st.lists(STEPS, min_size=5, max_size=60))
def test_no_applied_step_is_ever_above_the_limits(simulated, happenings):
    session = Session(simulated)
    limits = session.bridge.limits
    before = session.step().applied
    nothing_held = not simulated
    for what, *value in happenings:
        failed = session.bridge.status.state == State.FAULT
        was_reset = perform(session, what, *value)
        # What a real hand holds before the first session and after a fault is not ours.
        now_paused = session.bridge.status.state == State.PAUSED
        nothing_held |= not simulated and failed and now_paused
        if nothing_held and session.bridge.status.state == State.RUNNING:
            nothing_held = False
            before = session.bridge.snapshot().applied
            assert np.array_equal(before.position, session.bridge.snapshot().measured.positions)
        for _ in range(value[0] if what == 'wait' else 2):
            running = session.bridge.status.state == State.RUNNING
            step = session.step()
            after, state = step.applied, session.bridge.status.state
            if was_reset:
                # Hand and target are set together: nothing is driven.
                assert np.array_equal(after.position, HAND.rest)
                before, was_reset = after, False
            way = np.abs(after.position - before.position)
            assert np.all(way <= limits.velocity * DT + 1e-12)
            if running:
                change = np.abs(after.velocity - before.velocity)
                bound = limits.acceleration * DT * (1.0 + 1e-9)
                assert np.all(change <= bound) or state != State.RUNNING
            else:
                assert not way.any() and not after.velocity.any()
            # A hand pushed out of its range starts there and is never led farther out.
            assert np.all(after.position >= np.minimum(limits.lower, before.position))
            assert np.all(after.position <= np.maximum(limits.upper, before.position))
            assert (step.session_id != 0) == (state == State.RUNNING)
            before = after
