"""The fixed-rate loop: it ticks, it reports what fails, it makes good what it may."""

import os
import threading

from dexgen_node.loop import FixedRateLoop
import pytest


def test_ticks_arrive_in_order_until_stopped():
    ticks, enough = [], threading.Event()

    def tick(now):
        ticks.append(now)
        if len(ticks) == 20:
            enough.set()

    loop = FixedRateLoop(500.0, tick, on_error=lambda error: None)
    loop.start()
    assert enough.wait(10.0)
    loop.stop()
    count = len(ticks)
    assert ticks == sorted(ticks)
    assert loop.watch.report(ticks[-1]).count == count


def test_an_exception_ends_the_loop_and_is_handed_on():
    errors, failed = [], threading.Event()

    def tick(now):
        raise RuntimeError('broken')

    def on_error(error):
        errors.append(error)
        failed.set()

    loop = FixedRateLoop(100.0, tick, on_error)
    loop.start()
    assert failed.wait(10.0)
    loop.stop()
    assert [str(error) for error in errors] == ['broken']


def test_a_tick_that_outlasts_the_end_is_no_error():
    errors, begun, go = [], threading.Event(), threading.Event()

    def tick(now):
        begun.set()
        assert go.wait(20.0)
        raise RuntimeError('its publishers are gone')

    loop = FixedRateLoop(100.0, tick, errors.append)
    loop.start()
    assert begun.wait(20.0)
    loop.stop(timeout=0.05)
    go.set()
    loop.stop(timeout=20.0)
    assert errors == []


def test_a_priority_that_the_system_refuses_is_told(monkeypatch):
    def refuse(*_):
        raise PermissionError(1, 'Operation not permitted')

    monkeypatch.setattr(os, 'sched_setscheduler', refuse)
    told, ticked = [], threading.Event()
    loop = FixedRateLoop(
        100.0, lambda now: ticked.set(), told.append, priority=50,
        on_refused=lambda: told.append('refused'),
    )  # fmt: skip
    loop.start()
    assert ticked.wait(20.0)
    loop.stop()
    assert told == ['refused']


@pytest.mark.parametrize(('backlog', 'made_good'), [(0.0, False), (100.0, True)])
def test_a_slow_tick_is_made_up_for_within_the_backlog(backlog, made_good):
    release, late, ticks = threading.Event(), threading.Event(), []

    def tick(now):
        ticks.append(now)
        if len(ticks) == 1:
            release.wait(10.0)
        elif len(ticks) > 10:
            late.set()

    loop = FixedRateLoop(100.0, tick, on_error=lambda error: None, backlog=backlog)
    loop.start()
    threading.Timer(0.2, release.set).start()
    assert late.wait(10.0)
    loop.stop()
    assert (loop.missed == 0) == made_good
    assert made_good or loop.missed >= 10
