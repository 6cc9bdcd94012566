"""Simulated time keeps up with real time, whatever the thread's delays."""

from dexgen_sim_bridge.step_clock import StepClock
from hypothesis import given
from hypothesis import strategies as st
import pytest

DT = 0.005


def test_one_step_a_period():
    clock = StepClock(DT)
    steps = [len(clock.due(10.0 + DT * i)) for i in range(100)]
    assert steps == [1] * 100
    assert clock.report(10.0 + DT * 100).factor == pytest.approx(1.0)


@given(st.lists(st.floats(0.0, 0.12), min_size=1, max_size=50))
def test_late_steps_are_made_good(delays):
    clock, now, done = StepClock(DT, backlog=100.0), 10.0, 0
    done += len(clock.due(now))
    for delay in delays:
        now += delay
        done += len(clock.due(now))
    for _ in range(1000):
        now += DT
        done += len(clock.due(now))
    assert abs(done - (now - 10.0) / DT) <= 1.51
    assert clock.lost == 0.0


def test_no_burst_is_longer_than_allowed():
    clock = StepClock(DT, burst=4)
    clock.due(0.0)
    assert len(clock.due(0.4)) == 4


def test_a_suspended_process_gives_time_up_and_says_so():
    clock = StepClock(DT, backlog=0.5)
    clock.due(0.0)
    clock.due(10.0)
    assert clock.lost == pytest.approx(9.5, abs=DT)
    assert clock.report(10.0).lost == clock.lost


def test_steps_are_dated_evenly():
    clock = StepClock(DT)
    clock.due(1.0)
    dates = [1.0213 - clock.lag(step, 1.0213) for step in clock.due(1.0213)]
    assert dates == pytest.approx([1.0025, 1.0075, 1.0125, 1.0175])


def test_a_clock_that_goes_back_makes_no_steps():
    clock = StepClock(DT)
    clock.due(5.0)
    assert len(clock.due(4.0)) == 0
