"""A hand tracker played by a test: the generated operator at any rate, with any fault.

As a program it floods: `played_tracker.py RATE`, until SIGTERM; then it prints how
many frames it has sent.
"""

from collections.abc import Callable
import signal
import sys
import threading
import time

from dexgen_msgs.msg import HandLandmarks
from dexgen_node import topics
from dexgen_teleop.sources.script import Operator
from geometry_msgs.msg import Point
import rclpy
from rclpy.duration import Duration
from rclpy.signals import SignalHandlerOptions

Alter = Callable[[HandLandmarks], HandLandmarks]
OVERTAKEN = 0.01
"""How much later a frame comes than the one that overtook it [s]."""


class PlayedTracker:
    """Publishes `hand_landmarks` on a thread of its own.

    Args:
      node: the node that publishes.

    Attributes:
      rate: frames a second [Hz]; 0: silent.
      age: how much older than the present the stamps are [s].
      swapped: whether every second frame is sent after its successor.
    """

    def __init__(self, node):
        self._node = node
        self._publisher = topics.HAND_LANDMARKS.publisher(node)
        self._operator = Operator('right')
        self._closing = threading.Event()
        self._sequence = 0
        self.behave()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def behave(self, rate: float = 30.0, age: float = 0.0, swapped: bool = False) -> None:
        """Go on in this way."""
        self.rate, self.age, self.swapped = rate, age, swapped

    @property
    def sent(self) -> int:
        """Frames sent so far."""
        return self._sequence

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        self._thread.join(5.0)

    def _run(self) -> None:
        held, due = None, time.monotonic()
        while not self._closing.is_set():
            rate = self.rate
            due = max(due + 1.0 / (rate or 30.0), time.monotonic() - 0.1)
            time.sleep(max(due - time.monotonic(), 0.0))
            if not rate:
                continue
            frame = self._frame()
            if self.swapped and held is None:
                held = frame
                continue
            self._publisher.publish(frame)
            if held is not None:
                time.sleep(OVERTAKEN)
                self._publisher.publish(held)
                held = None

    def _frame(self) -> HandLandmarks:
        self._sequence += 1
        now = self._node.get_clock().now() - Duration(nanoseconds=int(1e9 * self.age))
        points = self._operator.points(1e-9 * now.nanoseconds % self._operator.period)
        message = HandLandmarks(
            sequence=self._sequence,
            valid=True,
            handedness=HandLandmarks.RIGHT,
            point_valid=[True] * len(points),
            points=[Point(x=x, y=y, z=z) for x, y, z in points.tolist()],
        )
        message.header.stamp = now.to_msg()
        message.header.frame_id = topics.CAMERA_FRAME
        return message


def main() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    tracker = PlayedTracker(rclpy.create_node('flood'))
    tracker.behave(rate=float(sys.argv[1]))
    signal.sigwait({signal.SIGTERM})
    tracker.close()
    print(tracker.sent)


if __name__ == '__main__':
    main()
