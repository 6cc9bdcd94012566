"""Every check of the gate: bad values at each joint, old stamps, silence; then its promises."""

from dexgen_sim_bridge import gate
from dexgen_sim_bridge.gate import (
    Action,
    GateLimits,
    GateSettings,
    GateState,
    LimiterState,
    Reason,
    Target,
)
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

J = 16
DT = 0.005
FINGERS = ('index', 'middle', 'ring', 'thumb')
NAMES = tuple(f'{finger}_joint_{i}' for finger in FINGERS for i in range(4))
LIMITS = GateLimits(np.full(J, -0.4), np.full(J, 1.5), np.full(J, 6.0), np.full(J, 120.0))
SETTINGS = GateSettings(staleness=0.25, future=0.05, ramp=0.5, ramp_start=0.1)
SESSION = 7
MEASURED = np.full(J, 0.2)


def target(**changes):
    good = Target(SESSION, 1, NAMES, np.full(J, 0.3), 0.001)
    return good._replace(**changes)


def running(now=100.0):
    start = GateState(LimiterState.at_rest(MEASURED))
    return gate.engage(start, SESSION, MEASURED, np.full(J, 0.25), LIMITS, now)


def offer(bad, state=None, now=100.0):
    return gate.receive(state or running(), bad, NAMES, SETTINGS, now)


def replaced(values, joint, value):
    values = list(values)
    values[joint] = value
    return values


BAD_CONTENT = {
    'nan': (Reason.NOT_FINITE, lambda j: {'positions': replaced(target().positions, j, np.nan)}),
    'inf': (Reason.NOT_FINITE, lambda j: {'positions': replaced(target().positions, j, np.inf)}),
    '-inf': (Reason.NOT_FINITE, lambda j: {'positions': replaced(target().positions, j, -np.inf)}),
    'unnamed': (Reason.UNNAMED, lambda j: {'joint_names': replaced(NAMES, j, '')}),
    'foreign name': (Reason.UNKNOWN_JOINT, lambda j: {'joint_names': replaced(NAMES, j, 'elbow')}),
    'duplicate': (
        Reason.DUPLICATE, lambda j: {'joint_names': replaced(NAMES, j, NAMES[(j + 1) % J])}
    ),
    'value missing': (Reason.UNNAMED, lambda j: {'positions': np.delete(target().positions, j)}),
    'name missing': (
        Reason.UNNAMED, lambda j: {'joint_names': [n for i, n in enumerate(NAMES) if i != j]}
    ),
    'joint missing': (
        Reason.INCOMPLETE,
        lambda j: {
            'joint_names': [n for i, n in enumerate(NAMES) if i != j],
            'positions': np.delete(target().positions, j),
        },
    ),
}  # fmt: skip
BAD_HEADER = {
    'foreign session': (Reason.FOREIGN_SESSION, {'session_id': SESSION + 1}),
    'no session': (Reason.FOREIGN_SESSION, {'session_id': 0}),
    'old stamp': (Reason.STALE_STAMP, {'stamp_age': 0.25}),
    'ancient stamp': (Reason.STALE_STAMP, {'stamp_age': 1e9}),
    'future stamp': (Reason.FUTURE_STAMP, {'stamp_age': -0.051}),
    'stamp of another clock': (Reason.FUTURE_STAMP, {'stamp_age': -1e9}),
    'stamp age unknown': (Reason.STALE_STAMP, {'stamp_age': float('nan')}),
}


def test_a_good_target_is_accepted_whatever_the_order_of_its_names():
    order = np.random.default_rng(0).permutation(J)
    positions = np.linspace(0.0, 1.0, J)
    state, reason = offer(
        target(joint_names=[NAMES[i] for i in order], positions=positions[order])
    )
    assert reason == Reason.OK
    assert np.array_equal(state.accepted.positions, positions)


@pytest.mark.parametrize('joint', range(J))
@pytest.mark.parametrize('kind', BAD_CONTENT)
def test_bad_content_at_each_joint_is_rejected(kind, joint):
    expected, change = BAD_CONTENT[kind]
    state, reason = offer(target(**change(joint)))
    assert reason == expected
    assert state.accepted is None
    _, decision = gate.decide(state, LIMITS, SETTINGS, DT, 100.0)
    assert decision == (Action.HELD, expected, 0)


@pytest.mark.parametrize('kind', BAD_CONTENT)
def test_bad_content_is_named_before_an_old_stamp_and_a_foreign_session(kind):
    expected, change = BAD_CONTENT[kind]
    assert offer(target(stamp_age=9.0, session_id=99, **change(3)))[1] == expected


@pytest.mark.parametrize('kind', BAD_CONTENT)
def test_bad_content_does_not_end_the_silence(kind):
    _, change = BAD_CONTENT[kind]
    state, now = running(100.0), 100.0
    while now < 100.499:
        state, _ = offer(target(**change(5)), state, now)
        assert not gate.silent(state, SETTINGS, now, 0.5)
        now += 0.01
    assert gate.silent(state, SETTINGS, 100.5, 0.5)


@pytest.mark.parametrize('kind', BAD_HEADER)
def test_bad_headers_are_rejected_and_do_not_end_the_silence(kind):
    expected, change = BAD_HEADER[kind]
    state, reason = offer(target(**change), running(100.0), 100.4)
    assert reason == expected
    assert state.accepted is None
    assert gate.silent(state, SETTINGS, 100.5, 0.5)


@pytest.mark.parametrize('sequence', [5, 4, 0])
def test_a_sequence_that_does_not_rise_is_rejected(sequence):
    state, _ = offer(target(sequence=5))
    after, reason = offer(target(sequence=sequence, positions=np.full(J, 1.0)), state)
    assert reason == Reason.SEQUENCE
    assert after.accepted is state.accepted


def test_a_rejected_target_leaves_the_accepted_one_in_force():
    state, _ = offer(target())
    state, _ = offer(target(sequence=2, positions=np.full(J, np.nan)), state)
    state, decision = gate.decide(state, LIMITS, SETTINGS, DT, 100.1)
    assert decision.action != Action.HELD
    assert decision.reason == Reason.NOT_FINITE
    assert decision.sequence == 1


def test_nothing_is_accepted_outside_a_session():
    idle = GateState(LimiterState.at_rest(MEASURED))
    for session in (0, SESSION):
        state, reason = offer(target(session_id=session), idle)
        assert reason == Reason.NOT_RUNNING
        assert state.accepted is None


@pytest.mark.parametrize(
    ('stamp_age', 'fresh_until'), [(0.0, 0.25), (0.1, 0.15), (0.24, 0.01), (-0.04, 0.25)]
)
def test_a_target_is_stale_by_receive_time_plus_the_age_of_its_stamp(stamp_age, fresh_until):
    state, _ = offer(target(stamp_age=stamp_age))
    _, before = gate.decide(state, LIMITS, SETTINGS, DT, 100.0 + fresh_until - 1e-6)
    _, after = gate.decide(state, LIMITS, SETTINGS, DT, 100.0 + fresh_until + 1e-6)
    assert before.action != Action.HELD
    assert after == (Action.HELD, Reason.STALE, 0)


def test_silence_holds_the_applied_target():
    state, _ = offer(target(positions=np.full(J, 1.4)))
    now = 100.0
    while now < 100.3:
        state, decision = gate.decide(state, LIMITS, SETTINGS, DT, now)
        now += DT
    assert decision == (Action.HELD, Reason.STALE, 0)
    held = state.applied.position
    for _ in range(100):
        state, _ = gate.decide(state, LIMITS, SETTINGS, DT, now)
        now += DT
    assert np.array_equal(state.applied.position, held)


def test_before_the_first_target_of_a_session_the_hand_holds():
    state, decision = gate.decide(running(), LIMITS, SETTINGS, DT, 100.0)
    assert decision == (Action.HELD, Reason.NO_TARGET, 0)
    assert np.array_equal(state.applied.position, MEASURED)


def test_silence_is_counted_from_the_engage_and_from_each_acceptance():
    state = running(100.0)
    assert not gate.silent(state, SETTINGS, 100.499, 0.5)
    state, _ = offer(target(), state, 100.4)
    assert not gate.silent(state, SETTINGS, 100.899, 0.5)
    assert gate.silent(state, SETTINGS, 100.9, 0.5)
    assert not gate.silent(gate.hold(state), SETTINGS, 200.0, 0.5)


def test_a_slow_control_rate_is_not_silence():
    slow = SETTINGS._replace(staleness=1.25)
    state, _ = gate.receive(running(100.0), target(), NAMES, slow, 100.0)
    assert not gate.silent(state, slow, 101.2, 0.5)


@pytest.mark.parametrize('jump', [-3600.0, -1.0, 1.0, 3600.0])
def test_a_clock_jump_spoils_only_what_is_under_way(jump):
    state, _ = offer(target(sequence=1), now=100.0)
    state, reason = offer(target(sequence=2, stamp_age=0.001 + jump), state, 100.03)
    assert reason in (Reason.STALE_STAMP, Reason.FUTURE_STAMP)
    _, decision = gate.decide(state, LIMITS, SETTINGS, DT, 100.06)
    assert decision.sequence == 1 and decision.action != Action.HELD
    _, reason = offer(target(sequence=3), state, 100.06)
    assert reason == Reason.OK


@pytest.mark.parametrize('joint', range(J))
@pytest.mark.parametrize(('value', 'edge'), [(99.0, 1.5), (-99.0, -0.4), (1e308, 1.5)])
def test_each_joint_is_clamped_in_position(joint, value, edge):
    state, reason = offer(target(positions=replaced(MEASURED, joint, value)))
    assert reason == Reason.OK
    now = 100.0
    reasons = set()
    for sequence in range(2, 200):
        state, decision = gate.decide(state, LIMITS, SETTINGS, DT, now)
        reasons.add(decision.reason)
        now += DT
        again = target(sequence=sequence, positions=replaced(MEASURED, joint, value))
        state, _ = offer(again, state, now)
    assert reasons == {Reason.POSITION}
    assert state.applied.position[joint] == edge
    assert np.array_equal(np.delete(state.applied.position, joint), np.delete(MEASURED, joint))


def test_clamp_reasons_tell_rate_from_ramp_from_acceleration():
    state = running(100.0)
    for now, change, expected in [
        (100.0, 0.3, Reason.RATE), (100.0, 0.02, Reason.RAMP), (101.0, 0.02, Reason.ACCELERATION),
        (101.0, 0.002, Reason.OK),
    ]:  # fmt: skip
        offered, _ = offer(target(positions=MEASURED + change), state, now)
        assert gate.decide(offered, LIMITS, SETTINGS, DT, now)[1].reason == expected


def test_engage_goes_on_from_the_held_target_with_its_squeeze():
    squeeze = MEASURED + 0.2
    held = GateState(LimiterState.at_rest(squeeze))
    state = gate.engage(held, SESSION, MEASURED, np.full(J, 0.25), LIMITS, 100.0)
    assert state.anchor is None
    state, _ = offer(target(positions=squeeze), state)
    state, decision = gate.decide(state, LIMITS, SETTINGS, DT, 100.0)
    assert decision.action == Action.APPLIED
    assert np.array_equal(state.applied.position, squeeze)


def test_engage_far_from_the_held_target_goes_to_the_measured_posture_first():
    held = GateState(LimiterState.at_rest(MEASURED + 1.0))
    window = np.full(J, 0.25)
    state = gate.engage(held, SESSION, MEASURED, window, LIMITS, 100.0)
    now, sequence, seen = 100.0, 1, []
    while state.anchor is not None and now < 102.0:
        state, _ = offer(target(sequence=sequence, positions=MEASURED + 1.2), state, now)
        before, (state, decision) = state, gate.decide(state, LIMITS, SETTINGS, DT, now)
        step = np.abs(state.applied.position - before.applied.position)
        assert np.all(step <= LIMITS.velocity * DT + 1e-12)
        seen.append(decision.reason)
        now, sequence = now + DT, sequence + 1
    assert set(seen) == {Reason.RAMP}
    assert np.allclose(state.applied.position, MEASURED + window)


def test_an_anchor_outside_the_limits_is_reached_all_the_same():
    outside = np.full(J, 2.2)
    held = GateState(LimiterState.at_rest(np.full(J, 1.0)))
    state = gate.engage(held, SESSION, outside, np.full(J, 0.25), LIMITS, 100.0)
    state = state._replace(accepted=gate.Accepted(MEASURED, 1, 1e9))
    for step in range(200):
        state, _ = gate.decide(state, LIMITS, SETTINGS, DT, 100.0 + step * DT)
    assert state.anchor is None


def test_the_ramp_limits_the_rate_after_an_engage():
    state, _ = offer(target(positions=np.full(J, 1.4)))
    state, _ = gate.decide(state, LIMITS, SETTINGS, DT, 100.0)
    speeds = []
    for step in range(40):
        state, _ = gate.decide(state, LIMITS, SETTINGS, DT, 100.0 + step * DT)
        speeds.append(state.applied.velocity.max())
    assert max(speeds[:10]) <= 0.1 * 6.0 + 1e-9
    assert speeds == sorted(speeds)


def test_hold_stops_at_once_and_keeps_the_applied_target():
    state, _ = offer(target(positions=np.full(J, 1.4)))
    for step in range(20):
        state, _ = gate.decide(state, LIMITS, SETTINGS, DT, 101.0 + step * DT)
        state, _ = offer(target(sequence=step + 2, positions=np.full(J, 1.4)), state, 101.0)
    stopped = gate.hold(state)
    assert np.array_equal(stopped.applied.position, state.applied.position)
    for step in range(5):
        after, decision = gate.decide(stopped, LIMITS, SETTINGS, DT, 102.0 + step * DT)
        assert np.array_equal(after.applied.position, stopped.applied.position)
        assert decision.action == Action.HELD


MESSAGES = st.builds(
    Target,
    session_id=st.sampled_from([0, SESSION, SESSION, SESSION, 8]),
    sequence=st.integers(0, 2**64 - 1),
    joint_names=st.one_of(
        st.just(NAMES), st.permutations(NAMES), st.lists(st.sampled_from([*NAMES, '', 'elbow']))
    ),
    positions=st.lists(st.floats(), min_size=J, max_size=J),
    stamp_age=st.one_of(st.floats(0.0, 0.2), st.floats()),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(MESSAGES, st.floats(0.0, 0.3)), max_size=12))
def test_whatever_arrives_the_applied_target_is_finite_and_limited(messages):
    state, now = running(100.0), 100.0
    for message, wait in messages:
        now += wait
        state, reason = offer(message, state, now)
        assert (reason == Reason.OK) != (reason in gate.REJECTIONS)
        before, (state, _) = state.applied, gate.decide(state, LIMITS, SETTINGS, DT, now)
        after = state.applied
        assert np.isfinite(after.position).all() and np.isfinite(after.velocity).all()
        assert np.all((after.position >= LIMITS.lower) & (after.position <= LIMITS.upper))
        assert np.all(np.abs(after.position - before.position) <= LIMITS.velocity * DT + 1e-12)
        assert np.all(
            np.abs(after.velocity - before.velocity) <= LIMITS.acceleration * DT * (1 + 1e-9)
        )
