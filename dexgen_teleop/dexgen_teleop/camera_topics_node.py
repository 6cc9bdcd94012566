"""Subscriptions of the hand tracker to the topics of a camera driver such as realsense-ros."""

import time

from dexgen_node.rates import RateWatch
from dexgen_node.topics import SENSOR
from sensor_msgs.msg import CameraInfo, Image

from dexgen_teleop.sources.source import Intrinsics
from dexgen_teleop.sources.topic import decode, TopicSource


class CameraTopics:
    """Puts the pictures of three topics into a source.

    Best-effort subscriptions: they match publishers of either reliability.

    Args:
      node: the rclpy node.
      source: where the pictures go.
      color, depth, info: names of the topics; an empty depth for a camera without.

    Attributes:
      watches: rate and age of each subscription, by topic.
    """

    def __init__(self, node, source: TopicSource, color: str, depth: str, info: str):
        self._node = node
        self._source = source
        self.watches: dict[str, RateWatch] = {}
        self._hear(Image, color, self._on_color)
        self._hear(CameraInfo, info, self._on_info)
        if depth:
            self._hear(Image, depth, self._on_depth)

    def _hear(self, kind: type, topic: str, handle) -> None:
        watch = self.watches[topic] = RateWatch()

        def callback(message) -> None:
            watch.note(time.monotonic())
            handle(message)

        self._node.create_subscription(kind, topic, callback, SENSOR)

    def _on_info(self, message: CameraInfo) -> None:
        k = message.k
        if k[0] > 0.0 and k[4] > 0.0:
            self._source.put_intrinsics(
                Intrinsics(k[0], k[4], k[2], k[5], message.width, message.height)
            )

    def _on_color(self, message: Image) -> None:
        self._put(message, self._source.put_color)

    def _on_depth(self, message: Image) -> None:
        self._put(message, self._source.put_depth)

    def _put(self, message: Image, put) -> None:
        try:
            pixels = decode(
                message.data, message.encoding, message.height, message.width, message.step
            )
        except ValueError as error:
            self._node.get_logger().error(str(error), throttle_duration_sec=5.0)
            return
        stamp = message.header.stamp
        put(stamp.sec + 1e-9 * stamp.nanosec, pixels)
