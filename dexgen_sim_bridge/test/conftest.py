"""A bridge in its own process, and a peer that talks to it over DDS."""

from collections.abc import Callable
import os
from pathlib import Path
import signal
import subprocess
import sys
import threading
import time

from dexgen_description import load_hand
from dexgen_msgs.msg import JointTarget
from dexgen_node import topics
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor

DOMAIN = 1 + os.getpid() % 101
PROGRAM = """
import signal
from dexgen_sim_bridge.hand_bridge_node import main
signal.signal(signal.SIGUSR1, lambda *_: 1 / 0)
main()
"""
"""The node, which fails by an error of its own on SIGUSR1."""


class BridgeProcess:
    """Runs the node `hand_bridge` with parameters, in a process of its own."""

    def __init__(self, log: Path, state: Path, **parameters):
        words = [f'{name}:={value}' for name, value in parameters.items()]
        pairs = [('-p', word) for word in words]
        ros_arguments = [word for pair in pairs for word in pair]
        self.log = log
        with log.open('w') as output:
            self.process = subprocess.Popen(
                [sys.executable, '-c', PROGRAM, '--ros-args',
                 '-p', f'state_directory:={state}', *ros_arguments],
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                env={**os.environ, 'ROS_DOMAIN_ID': str(DOMAIN), 'PYTHONUNBUFFERED': '1'},
            )  # fmt: skip

    def kill(self, number: int = signal.SIGKILL) -> int:
        """Send a signal and wait for the end; the exit status."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
        return self.process.wait(10.0)


class Peer:
    """A node that keeps what the bridge says, calls its services and sends targets."""

    def __init__(self):
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=DOMAIN)
        self.node = rclpy.create_node('peer', context=self._context)
        self.hand = load_hand('allegro_right')
        self.heard: dict[str, list] = {}
        self._arrived = threading.Condition()
        self._targets = None
        self._sequence = 0
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def hear(self, *heard: topics.Topic) -> None:
        """Keep the messages of these topics from now on."""
        for topic in heard:
            self.heard[topic.name] = []
            topic.subscription(self.node, self._keeper(topic.name))

    def _keeper(self, name: str) -> Callable[[object], None]:
        def keep(message):
            with self._arrived:
                self.heard[name].append(message)
                self._arrived.notify_all()

        return keep

    def close(self) -> None:
        """End the thread and the node."""
        self._executor.shutdown(2.0)
        self.node.destroy_node()
        rclpy.try_shutdown(context=self._context)
        self._thread.join(2.0)

    def wait(self, topic, accept=lambda message: True, timeout=30.0, since=0):
        """The first accepted message from number `since` on."""
        end = time.monotonic() + timeout
        kept = self.heard[topic.name]
        with self._arrived:
            while True:
                for message in kept[since:]:
                    if accept(message):
                        return message
                since = len(kept)
                if not self._arrived.wait(max(end - time.monotonic(), 0.0)):
                    last = kept[-1] if kept else None
                    raise AssertionError(f'no such message on {topic.name}; the last: {last}')

    def count(self, topic) -> int:
        """How many messages of a topic were heard."""
        return len(self.heard[topic.name])

    def call(self, service_type, name, request=None, timeout=30.0):
        """Call a service; its answer."""
        client = self.node.create_client(service_type, name)
        assert client.wait_for_service(timeout), f'service {name} is not there'
        done = threading.Event()
        future = client.call_async(request or service_type.Request())
        future.add_done_callback(lambda _: done.set())
        assert done.wait(timeout), f'service {name} did not answer'
        self.node.destroy_client(client)
        return future.result()

    def send(self, session_id: int, positions, age: float = 0.0, hand=None) -> None:
        """Send a target whose stamp is `age` [s] old."""
        self._targets = self._targets or topics.JOINT_TARGET.publisher(self.node)
        self._sequence += 1
        message = JointTarget(
            session_id=session_id,
            sequence=self._sequence,
            joint_names=list((hand or self.hand).joint_names),
            positions=[float(position) for position in positions],
        )
        now = self.node.get_clock().now().nanoseconds - int(1e9 * age)
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(now, 10**9)
        self._targets.publish(message)

    def stream(self, session_id: int, positions, seconds: float, hand=None) -> None:
        """Send a target at 30 Hz."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.send(session_id, positions, hand=hand)
            time.sleep(1.0 / 30.0)


@pytest.fixture
def bridge_domain() -> int:
    """Return the ROS domain of these tests."""
    return DOMAIN


@pytest.fixture
def peer():
    """A peer of the bridge."""
    peer = Peer()
    yield peer
    peer.close()


@pytest.fixture
def start_bridge(tmp_path):
    """Start bridges with parameters; they are ended with the test."""
    started = []

    def start(**parameters) -> BridgeProcess:
        log = tmp_path / f'bridge{len(started)}.log'
        started.append(BridgeProcess(log, tmp_path / 'state', **parameters))
        return started[-1]

    yield start
    for bridge in started:
        bridge.kill()
