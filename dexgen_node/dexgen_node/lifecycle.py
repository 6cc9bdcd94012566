"""A lifecycle node that survives a transition which its state does not allow."""

import rclpy.lifecycle
from rclpy.lifecycle import TransitionCallbackReturn


class LifecycleNode(rclpy.lifecycle.LifecycleNode):
    """As rclpy's, but a transition that is not allowed is refused instead of ending the process.

    rclpy (Jazzy) lets the error of its state machine escape from the service `change_state`, and
    with it from the executor.
    """

    def _LifecycleNodeMixin__change_state(self, transition_id: int):  # noqa: N802 - rclpy's own
        try:
            return super()._LifecycleNodeMixin__change_state(transition_id)
        except Exception as error:
            if 'Transition is not registered' not in str(error):
                raise
            _, label = self._state_machine.current_state
            self.get_logger().error(f'transition {transition_id} is refused in state {label}')
            return TransitionCallbackReturn.FAILURE
