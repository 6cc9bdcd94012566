"""Rates, ages and jitter of noted events."""

from dexgen_node.rates import Periods, RateWatch
import numpy as np
import pytest


def test_regular_events_give_their_rate_and_no_jitter():
    watch = RateWatch()
    for i in range(11):
        watch.note(0.1 * i, duration=0.002)
    report = watch.report(1.25)
    assert report.rate == pytest.approx(10.0)
    assert report.jitter == pytest.approx(0.0, abs=1e-9)
    assert report.age == pytest.approx(0.25)
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


def test_the_rate_of_a_silent_stream_sinks():
    watch = RateWatch()
    for i in range(101):
        watch.note(0.01 * i)
    assert watch.report(1.02).rate == pytest.approx(100.0)
    assert watch.report(3.0).rate == pytest.approx(0.5)


def test_quantiles_of_periods_are_kept_since_the_start_within_one_percent():
    values = np.random.default_rng(5).lognormal(-5.0, 0.5, 20_000)
    periods, watch = Periods(), RateWatch(window=4)
    for value in values:
        periods.note(value)
    for now in np.concatenate(([0.0], np.cumsum(values))):
        watch.note(float(now))
    for share in (0.5, 0.99, 0.999):
        assert periods.quantile(share) == pytest.approx(np.quantile(values, share), rel=0.011)
    report = watch.report(float(values.sum()))
    assert report.period_p99 == pytest.approx(np.quantile(values, 0.99), rel=0.011)
    assert report.period_mean == pytest.approx(values.mean())


def test_periods_beyond_every_bin_are_counted_in_the_last():
    periods = Periods()
    for value in (0.0, 1e9):
        periods.note(value)
    assert periods.quantile(0.5) < 2e-6 and periods.quantile(1.0) > 100.0
    assert Periods().quantile(0.99) == 0.0
