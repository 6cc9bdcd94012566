"""Rates, ages and jitter of noted events."""

from dexgen_node.rates import RateWatch
import numpy as np
import pytest


def test_regular_events_give_their_rate_and_no_jitter():
    watch = RateWatch()
    for i in range(11):
        watch.note(0.1 * i, duration=0.002)
    report = watch.report(1.5)
    assert report.rate == pytest.approx(10.0)
    assert report.jitter == pytest.approx(0.0, abs=1e-9)
    assert report.age == pytest.approx(0.5)
    assert report.duration_mean == pytest.approx(0.002)
    assert report.count == 11


def test_irregular_events_show_as_jitter_and_longest_period():
    watch = RateWatch()
    times = np.cumsum([0.0, 0.1, 0.1, 0.4, 0.1])
    for now in times:
        watch.note(float(now))
    report = watch.report(float(times[-1]))
    assert report.period_max == pytest.approx(0.4)
    assert report.jitter == pytest.approx(np.std([0.1, 0.1, 0.4, 0.1]))


def test_before_the_first_event_the_age_is_infinite():
    report = RateWatch().report(5.0)
    assert report.age == float('inf')
    assert report.rate == 0.0
    assert report.count == 0


def test_the_window_forgets_but_the_count_does_not():
    watch = RateWatch(window=4)
    for now in (0.0, 10.0, 10.5, 11.0, 11.5):
        watch.note(now)
    report = watch.report(11.5)
    assert report.rate == pytest.approx(2.0)
    assert report.count == 5
