"""The topics of a hand behind a preset: its joint states in, our targets out."""

import time

from builtin_interfaces.msg import Duration
from dexgen_node.rates import RateWatch
import numpy as np
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from dexgen_sim_bridge.messages import floats
from dexgen_sim_bridge.preset import Preset
from dexgen_sim_bridge.topic_backend import TopicBackend

_TYPES = {
    'joint_state': JointState,
    'float64_multi_array': Float64MultiArray,
    'joint_trajectory': JointTrajectory,
}


class PeerStreams:
    """Publishes targets in the peer's type and hands its joint states to the backend.

    Attributes:
      watch: rate and age of the peer's joint states.
    """

    def __init__(self, node, preset: Preset):
        self._node = node
        self._preset = preset
        self._backend: TopicBackend | None = None
        self.watch = RateWatch()
        command = preset.command
        # Reliable fits every subscriber; best effort fits every publisher.
        reliable = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
        newest = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._publisher = node.create_publisher(_TYPES[command.type], command.topic, reliable)
        self._subscription = None
        if preset.state:
            self._subscription = node.create_subscription(
                JointState, preset.state.topic, self._hear, newest
            )

    def connect(self, backend: TopicBackend) -> None:
        """Hand what is heard to this backend from now on."""
        self._backend = backend

    def close(self) -> None:
        """Destroy the publisher and the subscription."""
        self._node.destroy_publisher(self._publisher)
        if self._subscription:
            self._node.destroy_subscription(self._subscription)

    def send(self, positions: np.ndarray) -> None:
        """Publish positions (J,) [rad] in the peer's order."""
        kind = self._preset.command.type
        if kind == 'float64_multi_array':
            self._publisher.publish(Float64MultiArray(data=floats(positions)))
            return
        names = list(self._preset.joints.peer_names)
        if kind == 'joint_trajectory':
            # No stamp: the trajectory begins when it arrives, whatever the clocks say.
            seconds, rest = divmod(self._preset.command.horizon, 1.0)
            point = JointTrajectoryPoint(
                positions=floats(positions),
                time_from_start=Duration(sec=int(seconds), nanosec=int(1e9 * rest)),
            )
            self._publisher.publish(JointTrajectory(joint_names=names, points=[point]))
            return
        message = JointState(name=names, position=floats(positions))
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)

    def _hear(self, message: JointState) -> None:
        now = time.monotonic()
        self.watch.note(now)
        if self._backend:
            self._backend.hear(
                message.name, message.position, message.velocity, message.effort, now
            )
