"""Node `retargeter`: HandLandmarks in, KeypointCommand out at once."""

from collections import Counter
import math
from pathlib import Path
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
from dexgen_teleop.retargeting import (
    load,
    operator_hand,
    OperatorHand,
    RefusedHandError,
    Retargeter,
    Retargeting,
)
from dexgen_teleop.retargeting.calibration import apply
from dexgen_teleop.wrist_stream_node import WristStream


class RetargeterNode(Node):
    """Publishes a command for each frame with the operator's hand in it, and nothing otherwise."""

    def __init__(self):
        super().__init__('retargeter')
        name = declare(self, 'hand', 'allegro_right', 'name of the hand description')
        path = declare(self, 'config', '', 'retargeting configuration; empty: the shipped one')
        calibration = declare(
            self, 'calibration', '', "file with an operator's scales; empty: the configuration's"
        )
        hand, config = load_hand(name), load(name, path)
        if calibration:
            config = apply(config, Path(calibration).expanduser())
        self._side = Handedness.of(hand.side)
        self._retargeter = Retargeter(hand, config)
        self._retargeter.warm_up()
        self._names = hand.joint_names, hand.keypoint_names
        self._heard, self._watch, self._refused = RateWatch(), RateWatch(), Counter()
        self._stamp, self._restart = -math.inf, config.dynamics.restart
        self._publisher = topics.KEYPOINT_COMMAND.publisher(self)
        self._wrist = WristStream(self)
        self._subscription = topics.HAND_LANDMARKS.subscription(self, self._on_landmarks)
        self._diagnostics = Diagnostics(self)
        self._diagnostics.add_rate(f'hears {topics.HAND_LANDMARKS.name}', self._heard)
        self._diagnostics.add_rate('commands', self._watch, config.dynamics.rate)
        self._diagnostics.add('refused', self._report)

    def _on_landmarks(self, message: HandLandmarks) -> None:
        begin = time.monotonic()
        self._heard.note(begin)
        stamp = message.header.stamp.sec + 1e-9 * message.header.stamp.nanosec
        points = np.array([(p.x, p.y, p.z) for p in message.points])
        operator = self._operator(message, points, stamp)
        if operator is None:
            return
        self._stamp = stamp
        result = self._retargeter.follow(operator, stamp)
        self._publisher.publish(self._command(message, result))
        end = time.monotonic()
        self._watch.note(end, end - begin)
        self._wrist.publish(operator, points, message.header, stamp)

    def _operator(
        self, message: HandLandmarks, points: np.ndarray, stamp: float
    ) -> OperatorHand | None:
        """The hand to follow; None, counted by its reason, where there is none."""
        if 0.0 <= self._stamp - stamp < self._restart:
            # A frame overtaken by a later one; farther back, a clock was set and counts from now.
            self._refused['REORDERED'] += 1
            return None
        if not message.valid:
            self._refused['INVALID'] += 1
            return None
        if message.handedness != self._side:
            self._refused['HANDEDNESS'] += 1
            return None
        try:
            return operator_hand(
                points, self._retargeter.hand.side, np.array(message.point_valid, bool)
            )
        except RefusedHandError as error:
            self._refused[error.reason] += 1
            self.get_logger().warning(
                f'landmarks refused, {error.reason}: {error}', throttle_duration_sec=2.0
            )
            return None

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
