"""The schedule of a loop: late ticks are made good one by one, within the backlog."""

from dexgen_node.schedule import Schedule
from hypothesis import given
from hypothesis import strategies as st
import pytest

PERIOD = 0.005


def run(schedule: Schedule, durations: list[float], start: float = 10.0) -> list[float]:
    """Tick as a loop does, each tick of its own duration [s]; when each began [s]."""
    now, begins = start, []
    schedule.start(now)
    for duration in durations:
        now = max(now, schedule.due)
        begins.append(now)
        now += duration
        schedule.ticked(now)
    return begins


def test_ticks_are_due_a_period_apart():
    begins = run(Schedule(PERIOD), [0.001] * 100)
    assert begins == pytest.approx([10.0 + PERIOD * i for i in range(100)])


@given(st.lists(st.floats(0.0, 0.12), min_size=1, max_size=50))
def test_late_ticks_are_made_good(durations):
    schedule = Schedule(PERIOD, backlog=100.0)
    ticks = [*durations, *[0.0] * 2000]
    begins = run(schedule, ticks)
    assert begins[-1] == pytest.approx(10.0 + PERIOD * (len(ticks) - 1))
    assert schedule.missed == 0


@given(st.lists(st.floats(0.0, 3.0), min_size=1, max_size=50))
def test_what_is_not_made_good_is_counted(durations):
    schedule = Schedule(PERIOD, backlog=0.5)
    begins = run(schedule, [*durations, *[0.0] * 200])
    elapsed = round((begins[-1] - 10.0) / PERIOD)
    assert elapsed == len(begins) - 1 + schedule.missed


def test_a_suspended_process_gives_time_up():
    schedule = Schedule(PERIOD, backlog=0.5)
    run(schedule, [10.0])
    assert PERIOD * schedule.missed == pytest.approx(9.5, abs=2 * PERIOD)


def test_without_a_backlog_nothing_is_made_good():
    schedule = Schedule(PERIOD)
    begins = run(schedule, [0.0123, 0.0, 0.0, 0.0])
    assert begins == pytest.approx([10.0, 10.0123, 10.015, 10.020])
    assert schedule.missed == 1
