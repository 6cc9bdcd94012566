"""What the viewer shows of what it hears, at injected times, without transport or browser."""

import socket

from dexgen_msgs.msg import AppliedTarget, ControllerState, StackState
from dexgen_node.polling import Taken
from dexgen_session.viewer_node import HEARTBEATS, Viewer
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import pytest
import rclpy
from rclpy.serialization import serialize_message

MESSAGES = {
    'stack': StackState(state=StackState.RUNNING, hand='allegro_right'),
    'controller': ControllerState(mode='hold'),
    'gate': AppliedTarget(),
}


class Ear:
    """A subscription whose messages are put in."""

    def __init__(self):
        self.waiting = []

    def hear(self, message) -> None:
        self.waiting.append(Taken(serialize_message(message), 1, 0, 0))

    def take_all(self) -> list[Taken]:
        taken, self.waiting = self.waiting, []
        return taken


class Watched:
    """A page that keeps what it is to show."""

    def __init__(self):
        self.watched = True
        self.shown = None

    def show(self, snapshot, with_status: bool) -> None:
        self.shown = snapshot

    def close(self) -> None:
        pass


@pytest.fixture
def viewer():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    rclpy.init(args=['--ros-args', '-p', f'port:={port}'])
    node = Viewer()
    node.close()
    node._page = Watched()
    node._ears = {key: Ear() for key in node._ears}
    node._heard_diagnostics = Ear()
    yield node
    node.destroy_node()
    rclpy.try_shutdown()


def known(viewer) -> set[str]:
    """Parts of the stack whose state the page shows."""
    return {key for key in MESSAGES if getattr(viewer._page.shown, key) is not None}


def test_what_is_silent_is_not_known_any_more(viewer):
    viewer._show(0.0)
    assert known(viewer) == set()
    for key, message in MESSAGES.items():
        viewer._ears[key].hear(message)
    viewer._show(10.0)
    viewer._show(10.0 + HEARTBEATS - 0.01)
    assert known(viewer) == set(MESSAGES)
    viewer._show(10.0 + HEARTBEATS)
    assert known(viewer) == set()


def test_a_heartbeat_keeps_the_state_known(viewer):
    viewer._show(0.0)
    for now in (10.0, 11.0, 12.0):
        viewer._ears['stack'].hear(MESSAGES['stack'])
        viewer._show(now)
        assert known(viewer) == {'stack'}


def test_what_waited_while_nobody_looked_is_not_shown_as_the_present(viewer):
    warning = DiagnosticStatus(level=DiagnosticStatus.ERROR, name='bridge', message='old')
    viewer._show(0.0)
    viewer._page.watched = False
    viewer._show(1.0)
    for key, message in MESSAGES.items():
        viewer._ears[key].hear(message)
    viewer._heard_diagnostics.hear(DiagnosticArray(status=[warning]))
    viewer._page.watched = True
    for frame in range(10):
        viewer._show(100.0 + 0.04 * frame)
        assert known(viewer) == set() and viewer._page.shown.warnings == ()
    viewer._ears['stack'].hear(MESSAGES['stack'])
    viewer._heard_diagnostics.hear(DiagnosticArray(status=[warning]))
    for frame in range(10, 20):
        viewer._show(100.0 + 0.04 * frame)
    assert known(viewer) == {'stack'} and viewer._page.shown.warnings == ('bridge: old',)
