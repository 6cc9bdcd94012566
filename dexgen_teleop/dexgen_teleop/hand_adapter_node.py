"""Node `hand_adapter`: hands of gloves and headsets as HandLandmarks."""

import time

from dexgen_msgs.msg import HandLandmarks
from dexgen_node import topics
from dexgen_node.diagnostics import Diagnostics
from dexgen_node.parameters import declare
from dexgen_node.rates import RateWatch
from dexgen_node.run import run_node
from geometry_msgs.msg import Point, PoseArray
import numpy as np
from rclpy.node import Node

from dexgen_teleop.landmarks import COUNT, Handedness, WRIST
from dexgen_teleop.retargeting.input_mapping import load_input, shipped_inputs

NOISE = 1e-3
"""Standard deviation that a device's points are published with [m]."""


class HandAdapterNode(Node):
    """Publishes `hand_landmarks` for each hand of the device, in the order it has on a camera."""

    def __init__(self):
        super().__init__('hand_adapter')
        name = declare(
            self,
            'mapping',
            'quest_right',
            f'name of a shipped mapping ({", ".join(shipped_inputs())}) or path of a YAML file',
        )
        rate = declare(self, 'rate', 60.0, 'rate of the device [Hz]', low=1.0, high=1000.0)
        self._mapping = load_input(name)
        self._side = Handedness.of(self._mapping.side)
        self._sequence = 0
        self._watch = RateWatch()
        self._publisher = topics.HAND_LANDMARKS.publisher(self)
        poses = self._mapping.type == 'pose_array'
        self._subscription = self.create_subscription(
            PoseArray if poses else HandLandmarks,
            self._mapping.topic,
            self._on_poses if poses else self._on_landmarks,
            topics.SENSOR,
        )
        self._diagnostics = Diagnostics(self)
        self._diagnostics.add_rate('hands', self._watch, rate)

    def _on_poses(self, message: PoseArray) -> None:
        poses = np.array([(p.position.x, p.position.y, p.position.z) for p in message.poses])
        try:
            points, known = self._mapping.points(poses)
        except ValueError as error:
            self.get_logger().warning(str(error), throttle_duration_sec=2.0)
            return
        self._publish(message.header.stamp, points, known)

    def _on_landmarks(self, message: HandLandmarks) -> None:
        if message.valid and message.handedness == self._side:
            points = np.array([(p.x, p.y, p.z) for p in message.points])
            known = np.array(message.point_valid, bool) & np.isfinite(points).all(1)
            points = np.where(known[:, None], self._mapping.turned(points), 0.0)
            self._publish(message.header.stamp, points, known)

    def _publish(self, stamp, points: np.ndarray, known: np.ndarray) -> None:
        out = HandLandmarks()
        out.header.stamp, out.header.frame_id = stamp, topics.CAMERA_FRAME
        out.sequence, self._sequence = self._sequence, self._sequence + 1
        out.valid = bool(known[WRIST])
        out.handedness, out.score, out.metric = int(self._side), 1.0, True
        out.points = [Point(x=x, y=y, z=z) for x, y, z in points.tolist()]
        out.point_valid = known.tolist()
        out.standard_deviation = np.full(COUNT, NOISE, 'f4')
        self._publisher.publish(out)
        self._watch.note(time.monotonic())


def main() -> None:
    """Run the node."""
    run_node(HandAdapterNode)
