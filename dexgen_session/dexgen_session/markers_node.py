"""Node `markers`: what the operator does and the controller intends, for rviz and Foxglove."""

import time

from dexgen_node import topics
from dexgen_node.diagnostics import Diagnostics
from dexgen_node.rates import RateWatch
from dexgen_node.run import run_node
from geometry_msgs.msg import TransformStamped
from rclpy.node import Node
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import MarkerArray

from dexgen_session.operator_markers import command_markers, motion_markers, operator_markers
from dexgen_session.priority import lower_priority

RATE = 20.0
"""Rate of the markers [Hz]; what comes faster is shown by its newest message."""
CAMERA_PLACE = (-0.5, 0.26, 0.1)
"""Where the camera is drawn in the world [m]: so that the operator's hand, about 0.5 m in front of
it, appears beside the robot hand. Nothing is measured in this transform."""
CAMERA_TURN = (0.5, -0.5, 0.5, -0.5)
"""Orientation (w, x, y, z) of the optical frame: it looks along the world's x axis."""
SOURCES = (
    (topics.HAND_LANDMARKS, operator_markers),
    (topics.KEYPOINT_COMMAND, command_markers),
    (topics.CONTROLLER_STATE, motion_markers),
)


class MarkersNode(Node):
    """Publishes markers of the newest messages at a fixed rate, and the frame of the camera."""

    def __init__(self):
        super().__init__('markers')
        self._newest, self._watch = {}, RateWatch()
        self._heard = {topic.name: RateWatch() for topic, _ in SOURCES}
        self._markers = topics.MARKERS.publisher(self)
        self._frames = topics.TF_STATIC.publisher(self)
        self._frames.publish(TFMessage(transforms=[self._camera()]))
        self._ears = [topic.subscription(self, self._keeper(topic.name)) for topic, _ in SOURCES]
        self.create_timer(1.0 / RATE, self._publish)
        self._diagnostics = Diagnostics(self)
        self._diagnostics.add_rate('drawing', self._watch, RATE)
        for name, watch in self._heard.items():
            self._diagnostics.add_rate(f'hears {name}', watch, needed=lambda: False)

    def _keeper(self, name: str):
        def keep(message) -> None:
            self._heard[name].note(time.monotonic())
            self._newest[name] = message

        return keep

    def _publish(self) -> None:
        begin = time.monotonic()
        newest, self._newest = self._newest, {}
        markers = [
            marker
            for topic, draw in SOURCES
            if topic.name in newest
            for marker in draw(newest[topic.name])
        ]
        if markers:
            self._markers.publish(MarkerArray(markers=markers))
        self._watch.note(begin, time.monotonic() - begin)

    def _camera(self) -> TransformStamped:
        message = TransformStamped(child_frame_id=topics.CAMERA_FRAME)
        message.header.stamp = self.get_clock().now().to_msg()
        message.header.frame_id = topics.WORLD_FRAME
        place, turn = message.transform.translation, message.transform.rotation
        place.x, place.y, place.z = CAMERA_PLACE
        turn.w, turn.x, turn.y, turn.z = CAMERA_TURN
        return message


def main() -> None:
    """Run the node; it gives way to what moves once it is up."""

    def create() -> MarkersNode:
        node = MarkersNode()
        lower_priority()
        return node

    run_node(create)
