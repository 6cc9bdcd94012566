"""Records the response of an empty hand to steps of its joints, through a running bridge."""

import threading
import time

from dexgen_description import Hand
from dexgen_msgs.msg import JointTarget, StackState
from dexgen_node import topics
import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from std_srvs.srv import Trigger

from dexgen_sim_bridge.recording_file import Recording

RATE = 30.0
HOLD = 0.8


def step_postures(hand: Hand, size: float) -> list[np.ndarray]:
    """Postures (J,) [rad] to step through: each row of joints there and back, all fingers at once.

    The steps go from the pregrasp posture toward the middle of each joint's range, so that no
    limit cuts them.
    """
    center = 0.5 * (hand.lower + hand.upper)
    towards = np.where(center >= hand.pregrasp, size, -size)
    rows = [int(name.rsplit('_', 1)[1]) for name in hand.joint_names]
    postures = [hand.pregrasp]
    for row in sorted(set(rows)):
        chosen = np.array(rows) == row
        postures += [hand.pregrasp + towards * chosen, hand.pregrasp]
    return postures


class StepRecorder:
    """A node that engages the bridge, sends steps, and keeps what was applied and measured."""

    def __init__(self, hand: Hand):
        self._hand = hand
        self.node = rclpy.create_node('dexgen_identify')
        self._targets = topics.JOINT_TARGET.publisher(self.node)
        self._session = 0
        self._rows: dict[str, list] = {'target': [], 'position': []}
        topics.APPLIED_TARGET.subscription(self.node, self._on_applied)
        topics.JOINT_STATES.subscription(self.node, self._on_joints)
        topics.STACK_STATE.subscription(self.node, self._on_state)
        self._engage = self.node.create_client(Trigger, 'hand_bridge/engage')
        self._disengage = self.node.create_client(Trigger, 'hand_bridge/disengage')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the node."""
        self._executor.shutdown(2.0)
        self.node.destroy_node()

    def record(self, size: float, timeout: float = 10.0) -> Recording:
        """Step through the postures.

        Args:
          size: of the steps [rad].
          timeout: to find the bridge and its hand [s].

        Raises:
          RuntimeError: there is no bridge, a controller is running, or the bridge refuses.
        """
        if not self._engage.wait_for_service(timeout):
            raise RuntimeError('no hand_bridge is running on this ROS domain')
        if self.node.count_publishers('joint_target') > 1:
            raise RuntimeError(
                'a controller is running; start the bridge alone: '
                'ros2 run dexgen_sim_bridge hand_bridge'
            )
        answer = self._call(self._engage, timeout)
        if not answer.success:
            raise RuntimeError(answer.message)
        end = time.monotonic() + timeout
        while not self._session:
            if time.monotonic() > end:
                raise RuntimeError('the bridge does not run')
            time.sleep(0.02)
        self._step_through(size)
        self._call(self._disengage, timeout)
        columns = []
        for name in ('target', 'position'):
            rows = self._rows[name]
            columns += [np.array([row[0] for row in rows]), np.array([row[1] for row in rows])]
        return Recording(*columns)

    def _step_through(self, size: float) -> None:
        for rows in self._rows.values():
            rows.clear()
        sequence = 0
        for posture in step_postures(self._hand, size):
            for _ in range(round(HOLD * RATE)):
                sequence += 1
                message = JointTarget(
                    session_id=self._session,
                    sequence=sequence,
                    joint_names=list(self._hand.joint_names),
                    positions=posture.tolist(),
                )
                message.header.stamp = self.node.get_clock().now().to_msg()
                self._targets.publish(message)
                time.sleep(1.0 / RATE)
                if not self._session:
                    raise RuntimeError('the bridge ended the session while it was recorded')

    def _call(self, client, timeout: float):
        done = threading.Event()
        future = client.call_async(Trigger.Request())
        future.add_done_callback(lambda _: done.set())
        if not done.wait(timeout):
            raise RuntimeError(f'{client.srv_name} does not answer')
        return future.result()

    def _on_state(self, message: StackState) -> None:
        self._session = message.session_id

    def _on_applied(self, message) -> None:
        self._keep('target', message, message.joint_names, message.positions)

    def _on_joints(self, message) -> None:
        self._keep('position', message, message.name, message.position)

    def _keep(self, stream: str, message, names, positions) -> None:
        values = dict(zip(names, positions, strict=False))
        if not set(self._hand.joint_names) <= set(values):
            return
        stamp, now = message.header.stamp, 1e-9 * self.node.get_clock().now().nanoseconds
        time_of = stamp.sec + 1e-9 * stamp.nanosec
        # A simulator may stamp with its own time; then the time of arrival has to do.
        if abs(now - time_of) > 1.0:
            time_of = now
        self._rows[stream].append((time_of, [values[name] for name in self._hand.joint_names]))
