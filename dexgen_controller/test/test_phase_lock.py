"""The schedule that follows the arrival of commands."""

from dexgen_controller.phase_lock import PhaseLock
import numpy as np
import pytest

PERIOD = 1.0 / 30.0


def run(arrivals: np.ndarray, locked: bool, duration: float, tick_time: float = 0.001):
    """Simulate the loop; returns the tick times and the age of the newest command at each."""
    schedule = PhaseLock(PERIOD)
    schedule.locked = locked
    schedule.start(0.0)
    now, ticks, ages = 0.0, [], []
    while now < duration:
        known = arrivals[arrivals <= now]
        newest = known[-1] if len(known) else -np.inf
        wait = schedule.wait(now, newest)
        if wait <= 0.0:
            ticks.append(now)
            ages.append(now - newest)
            now += tick_time
            schedule.ticked(ticks[-1], now, newest)
            continue
        coming = arrivals[arrivals > now]
        arrival = coming[0] if len(coming) else np.inf
        now = min(now + wait + 1e-9, arrival)
    return np.array(ticks), np.array(ages)


@pytest.mark.parametrize('phase', [0.0, 0.2, 0.5, 0.8])
def test_locked_ticks_meet_their_command(phase):
    arrivals = PERIOD * (phase + np.arange(150))
    ticks, ages = run(arrivals, locked=True, duration=4.5)
    assert np.max(ages[30:]) < 0.002
    assert len(ticks) == pytest.approx(135, abs=3)


def test_jitter_of_arrival_is_followed():
    random = np.random.default_rng(0)
    arrivals = PERIOD * (0.4 + np.arange(300)) + random.uniform(0.0, 0.008, 300)
    ticks, ages = run(arrivals, locked=True, duration=9.0)
    assert np.median(ages[30:]) < 0.001
    assert len(ticks) == pytest.approx(270, abs=4)


@pytest.mark.parametrize('command_rate', [10.0, 25.0, 60.0, 90.0])
def test_the_rate_stays_nominal_at_other_command_rates(command_rate):
    arrivals = np.arange(1.0, 9.0, 1.0 / command_rate)
    ticks, _ = run(arrivals, locked=True, duration=9.0)
    assert len(ticks) / 9.0 == pytest.approx(30.0, rel=0.2)
    assert np.diff(ticks).min() > 0.4 * PERIOD


def test_without_commands_the_rate_is_exact():
    ticks, _ = run(np.array([]), locked=True, duration=4.0)
    np.testing.assert_allclose(np.diff(ticks[1:]), PERIOD, atol=1e-6)


def test_unlocked_ticks_do_not_move():
    ticks, _ = run(PERIOD * (0.4 + np.arange(150)), locked=False, duration=4.0)
    np.testing.assert_allclose(ticks, PERIOD * np.arange(len(ticks)), atol=1e-6)


def test_a_long_tick_skips_periods_and_counts_them():
    schedule = PhaseLock(PERIOD)
    schedule.start(0.0)
    schedule.ticked(0.0, 5.2 * PERIOD, -np.inf)
    assert schedule.missed == 4
    assert schedule.due == pytest.approx(5 * PERIOD)
