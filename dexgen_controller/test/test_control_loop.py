"""The control thread: how it ends, and what it says of its priority."""

import os
import threading

from dexgen_controller.control_loop import ControlLoop


class Hanging:
    """A tick that hangs until it is let go, and then fails."""

    def __init__(self):
        self.begun, self.go = threading.Event(), threading.Event()
        self.errors = []

    def tick(self, now: float) -> None:
        self.begun.set()
        assert self.go.wait(20.0)
        raise RuntimeError('its publishers are gone')


def test_an_error_ends_the_loop_and_is_told():
    told = threading.Event()
    hanging = Hanging()
    hanging.go.set()
    loop = ControlLoop(0.01, hanging.tick, lambda error: told.set())
    loop.start()
    assert told.wait(20.0)
    assert loop.stop()


def test_a_tick_that_hangs_is_said_and_its_end_is_no_error():
    hanging = Hanging()
    loop = ControlLoop(0.01, hanging.tick, hanging.errors.append)
    loop.start()
    assert hanging.begun.wait(20.0)
    assert not loop.stop(0.05)
    hanging.go.set()
    assert loop.stop(20.0)
    assert hanging.errors == []


def test_a_priority_that_the_system_refuses_is_told(monkeypatch):
    def refuse(*_):
        raise PermissionError(1, 'Operation not permitted')

    monkeypatch.setattr(os, 'sched_setscheduler', refuse)
    refused, ticked = [], threading.Event()
    loop = ControlLoop(
        0.01, lambda now: ticked.set(), refused.append, 50, lambda: refused.append('priority')
    )
    loop.start()
    assert ticked.wait(20.0)
    assert loop.stop() and refused == ['priority']
