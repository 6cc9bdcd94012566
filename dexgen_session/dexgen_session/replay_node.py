"""Node `replay`: plays topics of a bag into a live stack, with the original timing."""

import threading
import time

from dexgen_node.parameters import declare
from dexgen_node.run import run_node
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.time import Time
from rosgraph_msgs.msg import Clock
from std_srvs.srv import SetBool

from dexgen_session.bag.contract import load_contract
from dexgen_session.bag.mcap_file import Sample
from dexgen_session.bag.player import Player
from dexgen_session.bag.reader import BagReader
from dexgen_session.bag.selection import select_topics
from dexgen_session.bag.stamps import has_header, moved
from dexgen_session.recorded_topics_node import message_class

CLOCK_PERIOD = 0.005
"""Time between two messages on /clock [s]."""
GRACE = 0.5
"""Time for subscribers to be found before the first message [s]."""


class Replay(Node):
    """Publishes a bag's messages as they are, but for their stamps where asked for."""

    def __init__(self):
        super().__init__('replay')
        path = declare(self, 'bag', '', 'folder of the bag, or an MCAP file')
        wanted = declare(
            self, 'topics', 'operator',
            'what to play: operator, commands, controller, hand, all, or topics with commas',
        )  # fmt: skip
        rate = declare(self, 'rate', 1.0, 'bag seconds per second', low=0.01, high=100.0)
        loop = declare(self, 'loop', False, 'begin again at the end')
        start = declare(self, 'start', 0.0, 'skip so much of the bag [s]', low=0.0, high=1e9)
        length = declare(
            self, 'duration', 0.0, 'play so much [s]; 0: to the end', low=0.0, high=1e9
        )
        self._with_clock = declare(self, 'clock', False, "publish the bag's time on /clock")
        stamps = declare(
            self, 'stamps', 'now', 'now: stamps are moved to the present; original: left alone',
            choices=('now', 'original'),
        )  # fmt: skip
        paused = declare(self, 'paused', False, 'begin paused')
        if not path:
            raise ValueError('no bag to play; give one with bag:=<folder>')
        self._bag = BagReader(path)
        topics = select_topics(wanted, self._bag.topics, load_contract())
        self._outputs = {topic: self._output(topic) for topic in topics}
        self._movable = {
            topic
            for topic in topics
            if stamps == 'now' and has_header(self._bag.topics[topic].schema)
        }
        origin = self._bag.start + int(1e9 * start)
        end = origin + int(1e9 * length) if length else None
        self._player = Player(
            lambda: self._bag.samples(topics, origin, end), rate, loop, origin=origin
        )
        if paused:
            self._player.pause(time.monotonic())
        self._clock_output = (
            self.create_publisher(Clock, '/clock', 10) if self._with_clock else None
        )
        self.create_service(SetBool, 'replay/pause', self._on_pause)
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._ending = False
        self.played = 0
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._play, name='replay', daemon=True)
        self._thread.start()
        self.create_timer(0.1, self._look)
        self.get_logger().info(f'playing {", ".join(topics)} of {path}')

    def _output(self, topic: str):
        facts = self._bag.topics[topic]
        qos = QoSProfile(
            history=HistoryPolicy.KEEP_LAST,
            depth=100,
            reliability=ReliabilityPolicy.RELIABLE
            if facts.reliable
            else ReliabilityPolicy.BEST_EFFORT,
            durability=DurabilityPolicy.TRANSIENT_LOCAL
            if facts.latched
            else DurabilityPolicy.VOLATILE,
        )
        return self.create_publisher(message_class(facts.type), topic, qos)

    def _play(self) -> None:
        try:
            self._play_samples()
        except Exception as error:  # told by the executor's thread, which ends the node
            self._error = error

    def _play_samples(self) -> None:
        self._wake.wait(GRACE)
        while not self._ending:
            with self._lock:
                now = time.monotonic()
                ready, bag_time = self._player.due(now), self._player.bag_time(now)
                wait = self._player.wait(time.monotonic())
                finished = self._player.finished
            for sample in ready:
                self._publish(sample)
            if self._clock_output is not None:
                self._clock_output.publish(Clock(clock=Time(nanoseconds=bag_time).to_msg()))
                wait = min(wait, CLOCK_PERIOD)
            if finished:
                break
            self._wake.wait(min(wait, 0.1))

    def _look(self) -> None:
        if not self._thread.is_alive():
            if isinstance(self._error, (ValueError, OSError)):
                self.get_logger().error(f'after {self.played} messages: {self._error}')
                raise SystemExit(2)
            if self._error is not None:
                raise self._error
            self.get_logger().info(f'end of the bag: {self.played} messages played')
            raise ExternalShutdownException

    def _publish(self, sample: Sample) -> None:
        raw = sample.raw
        if sample.topic in self._movable:
            raw = moved(raw, time.time_ns() - sample.received)
        self._outputs[sample.topic].publish(raw)
        self.played += 1

    def _on_pause(self, request: SetBool.Request, answer: SetBool.Response) -> SetBool.Response:
        with self._lock:
            (self._player.pause if request.data else self._player.resume)(time.monotonic())
        answer.success, answer.message = True, 'paused' if request.data else 'playing'
        return answer

    def close(self) -> None:
        """End the thread."""
        self._ending = True
        self._wake.set()
        self._thread.join(2.0)


def main() -> None:
    """Run the node."""
    run_node(Replay)


if __name__ == '__main__':
    main()
