"""Node `retargeter`: HandLandmarks in, KeypointCommand out at once."""

from collections import Counter
import time

from dexgen_description import load_hand
from dexgen_msgs.msg import HandLandmarks, KeypointCommand
from dexgen_node import topics
from dexgen_node.diagnostics import Diagnostics
from dexgen_node.parameters import declare
from dexgen_node.rates import RateWatch
from dexgen_node.run import run_node
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import Point
import numpy as np
from rclpy.node import Node

from dexgen_teleop.landmarks import Handedness
from dexgen_teleop.retargeting import load, RefusedHandError, Retargeter, Retargeting


class RetargeterNode(Node):
    """Publishes a command for each frame with the operator's hand in it, and nothing otherwise."""

    def __init__(self):
        super().__init__('retargeter')
        name = declare(self, 'hand', 'allegro_right', 'name of the hand description')
        path = declare(self, 'config', '', 'retargeting configuration; empty: the shipped one')
        hand = load_hand(name)
        self._side = Handedness.of(hand.side)
        self._retargeter = Retargeter(hand, load(name, path))
        self._retargeter.warm_up()
        self._names = hand.joint_names, hand.keypoint_names
        self._watch, self._refused = RateWatch(), Counter()
        self._publisher = topics.KEYPOINT_COMMAND.publisher(self)
        self._subscription = topics.HAND_LANDMARKS.subscription(self, self._on_landmarks)
        self._diagnostics = Diagnostics(self)
        self._diagnostics.add_rate('commands', self._watch, self._retargeter.config.dynamics.rate)
        self._diagnostics.add('refused', self._report)

    def _on_landmarks(self, message: HandLandmarks) -> None:
        begin = time.monotonic()
        if not message.valid:
            self._refused['INVALID'] += 1
            return
        if message.handedness != self._side:
            self._refused['HANDEDNESS'] += 1
            return
        stamp = message.header.stamp.sec + 1e-9 * message.header.stamp.nanosec
        points = np.array([(p.x, p.y, p.z) for p in message.points])
        try:
            result = self._retargeter.retarget(points, stamp, np.array(message.point_valid, bool))
        except RefusedHandError as error:
            self._refused[error.reason] += 1
            self.get_logger().warning(
                f'landmarks refused, {error.reason}: {error}', throttle_duration_sec=2.0
            )
            return
        self._publisher.publish(self._command(message, result))
        end = time.monotonic()
        self._watch.note(end, end - begin)

    def _command(self, message: HandLandmarks, result: Retargeting) -> KeypointCommand:
        joints, keypoints = self._names
        command = KeypointCommand()
        command.header.stamp = message.header.stamp
        command.header.frame_id = topics.HAND_FRAME
        command.sequence = message.sequence
        command.hand = self._retargeter.hand.name
        command.keypoint_names = keypoints
        command.keypoints = [Point(x=x, y=y, z=z) for x, y, z in result.keypoints.tolist()]
        command.joint_names = joints
        command.joint_positions = result.joints.tolist()
        return command

    def _report(self):
        total = sum(self._refused.values())
        return DiagnosticStatus.OK, f'{total} frames not followed', dict(self._refused)


def main() -> None:
    """Run the node."""
    run_node(RetargeterNode)
