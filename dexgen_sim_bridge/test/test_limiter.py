"""The limiter obeys position, rate and acceleration, brakes in time and arrives exactly."""

from dexgen_sim_bridge.limiter import brake, braking_speed, GateLimits, limit, LimiterState
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

J = 16
DT = 0.005
LIMITS = GateLimits(np.full(J, -0.4), np.full(J, 1.5), np.full(J, 6.0), np.full(J, 120.0))


def walk(wanted_steps, state, limits=LIMITS, dt=DT):
    """Yield each state on the way."""
    for wanted in wanted_steps:
        state, _ = limit(wanted, state, limits, dt)
        yield state


def check_obeys(before, after, limits=LIMITS, dt=DT):
    inside = np.all((before.position >= limits.lower) & (before.position <= limits.upper))
    if inside:
        assert np.all(after.position >= limits.lower)
        assert np.all(after.position <= limits.upper)
    assert np.all(np.abs(after.position - before.position) <= limits.velocity * dt + 1e-12)
    assert np.all(np.abs(after.velocity) <= limits.velocity + 1e-9)
    change = np.abs(after.velocity - before.velocity)
    assert np.all(change <= limits.acceleration * dt * (1.0 + 1e-9))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    dt=st.sampled_from([0.002, 0.005, 0.05, 0.1]),
    hold=st.integers(1, 20),
    reach=st.sampled_from([0.5, 3.0, 1e6]),
)
def test_obeys_every_limit_for_any_wanted_posture(seed, dt, hold, reach):
    random = np.random.default_rng(seed)
    limits = GateLimits(
        random.uniform(-1.0, -0.1, J),
        random.uniform(0.1, 1.6, J),
        random.uniform(0.5, 10.0, J),
        random.uniform(5.0, 500.0, J),
    )
    state = LimiterState.at_rest(random.uniform(limits.lower, limits.upper))
    for _ in range(20):
        wanted = random.uniform(-reach, reach, J)
        for _ in range(hold):
            before, (state, _) = state, limit(wanted, state, limits, dt)
            check_obeys(before, state, limits, dt)


def test_arrives_exactly_and_without_overshoot():
    wanted = np.linspace(-0.39, 1.49, J)
    state = LimiterState.at_rest(np.full(J, 0.3))
    states = list(walk([wanted] * 200, state))
    way = np.sign(wanted - 0.3)
    for state in states:
        assert np.all(way * (wanted - state.position) >= -1e-12)
    assert np.array_equal(states[-1].position, wanted)
    assert not limit(wanted, states[-1], LIMITS, DT)[1].any()


def test_is_as_fast_as_the_limits_allow():
    way, speed, acceleration = 1.8, 6.0, 120.0
    least = way / speed + speed / acceleration
    state = LimiterState.at_rest(np.full(J, -0.4))
    steps = 0
    while np.any(state.position != 1.4):
        state, _ = limit(np.full(J, 1.4), state, LIMITS, DT)
        steps += 1
    assert least - DT <= steps * DT <= least + 3 * DT


def test_brakes_before_the_end_of_the_range():
    state = LimiterState.at_rest(np.zeros(J))
    states = list(walk([np.full(J, 1e9)] * 300, state))
    assert all(np.all(each.position <= LIMITS.upper) for each in states)
    assert np.array_equal(states[-1].position, LIMITS.upper)


@pytest.mark.parametrize('joint', range(J))
def test_masks_the_joint_that_is_cut(joint):
    wanted = np.zeros(J)
    wanted[joint] = 9.0
    _, mask = limit(wanted, LimiterState.at_rest(np.zeros(J)), LIMITS, DT)
    assert mask[joint] and mask.sum() == 1


def test_returns_from_outside_the_range_at_the_same_rate():
    state = LimiterState.at_rest(np.full(J, 1.7))
    for _ in range(100):
        before, (state, _) = state, limit(np.full(J, 1.7), state, LIMITS, DT)
        check_obeys(before, state)
    assert np.array_equal(state.position, LIMITS.upper)


def test_a_batch_equals_its_rows():
    random = np.random.default_rng(1)
    wanted = random.uniform(-2.0, 2.0, (7, 3, J))
    state = LimiterState(
        random.uniform(LIMITS.lower, LIMITS.upper, (7, 3, J)), random.uniform(-0.3, 0.3, (7, 3, J))
    )
    together, mask = limit(wanted, state, LIMITS, DT)
    for index in np.ndindex(7, 3):
        alone, alone_mask = limit(
            wanted[index], LimiterState(state.position[index], state.velocity[index]), LIMITS, DT
        )
        assert np.array_equal(together.position[index], alone.position)
        assert np.array_equal(together.velocity[index], alone.velocity)
        assert np.array_equal(mask[index], alone_mask)


@given(st.floats(0.0, 50.0))
def test_braking_speed_inverts_the_braking_distance(speed):
    step = 0.6
    distance, left = 0.0, speed
    while left > 0.0:
        distance += left * DT
        left -= step
    assert braking_speed(np.array(distance), np.array(step), DT) == pytest.approx(speed, abs=1e-9)


def test_brake_comes_to_rest_within_the_acceleration_limit():
    state = LimiterState(np.zeros(J), np.full(J, 6.0))
    for _ in range(10):
        before, state = state, brake(state, LIMITS, DT)
        check_obeys(before, state)
    assert np.all(state.velocity == 0.0)
    assert np.array_equal(brake(state, LIMITS, DT).position, state.position)


def test_a_negative_margin_is_refused():
    with pytest.raises(ValueError, match='margin'):
        GateLimits.from_hand(None, margin=-0.1)
