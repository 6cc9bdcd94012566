"""A transition that raises: the node survives, says so and can be configured again."""

from dexgen_controller.controller_node import ControllerNode
from dexgen_msgs.srv import SetMode
import pytest
import rclpy
from rclpy.lifecycle import TransitionCallbackReturn

SUCCESS = TransitionCallbackReturn.SUCCESS


class BreakingController(ControllerNode):
    """A controller that cannot be activated as long as it is broken."""

    broken = True

    def on_activate(self, state) -> TransitionCallbackReturn:
        result = super().on_activate(state)
        if self.broken:
            raise RuntimeError('no thread for the control loop')
        return result


@pytest.fixture
def node():
    """Return an unconfigured controller."""
    rclpy.init(args=['--ros-args', '-p', 'autostart:=false'])
    node = BreakingController()
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
    answer = node._set_mode(SetMode.Request(mode='hold'), SetMode.Response())
    assert not answer.success and 'configure again' in answer.message
    node.broken = False
    assert node.trigger_configure() == SUCCESS
    assert node.trigger_activate() == SUCCESS
    assert label(node) == 'active'
    assert node.trigger_deactivate() == SUCCESS
    assert node.trigger_cleanup() == SUCCESS
