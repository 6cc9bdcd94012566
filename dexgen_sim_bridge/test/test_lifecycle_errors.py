"""A transition that raises, a priority that is refused: the node survives and says so."""

import os

from dexgen_sim_bridge.hand_bridge_node import HandBridgeNode
import pytest
import rclpy
from rclpy.lifecycle import TransitionCallbackReturn

SUCCESS = TransitionCallbackReturn.SUCCESS


class BreakingBridge(HandBridgeNode):
    """A bridge whose physics cannot start as long as it is broken."""

    broken = True

    def _start_physics(self) -> None:
        if self.broken:
            raise RuntimeError('no thread for the physics')
        super()._start_physics()


@pytest.fixture
def node(tmp_path, monkeypatch):
    """Return an unconfigured bridge in a context of its own; the system refuses its priority."""

    def refuse(*_):
        raise PermissionError(1, 'Operation not permitted')

    monkeypatch.setattr(os, 'sched_setscheduler', refuse)
    words = ['autostart:=false', 'object:=none', 'priority:=50', f'state_directory:={tmp_path}']
    rclpy.init(args=['--ros-args', *(w for word in words for w in ('-p', word))])
    node = BreakingBridge()
    yield node
    node.close()
    node.destroy_node()
    rclpy.shutdown()


def label(node) -> str:
    """Name of the node's state."""
    return node._state_machine.current_state[1]


def test_an_error_in_a_transition_leads_to_unconfigured_and_back(node):
    assert node.trigger_configure() == SUCCESS
    node.trigger_activate()
    assert label(node) == 'unconfigured'
    assert node.status.reason == 'NOT_CONFIGURED' and node.bridge is None
    node.broken = False
    assert node.trigger_configure() == SUCCESS
    assert node.trigger_activate() == SUCCESS
    assert label(node) == 'active' and node.bridge is not None
    assert node.trigger_deactivate() == SUCCESS
    assert node.trigger_cleanup() == SUCCESS


def test_a_priority_that_the_system_refuses_is_said_once(node, capfd):
    node.broken = False
    assert node.trigger_configure() == SUCCESS
    for _ in range(2):
        assert node.trigger_activate() == SUCCESS
        assert node.trigger_deactivate() == SUCCESS
    assert capfd.readouterr().err.count('priority 50 is refused by the system') == 1
