"""The shipped stack in its own processes, and an observer that listens to it over DDS."""

from collections import defaultdict
from collections.abc import Callable, Sequence
import contextlib
from dataclasses import replace
import os
from pathlib import Path
import signal
import subprocess
import threading
import time
from typing import NamedTuple

from dexgen_node import topics
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from std_srvs.srv import Trigger


class Received(NamedTuple):
    """A message, the steady time [s] at which it arrived, and when it was sent [s, epoch]."""

    time: float
    message: object
    sent: float = 0.0


def queue_of(depth: int, qos: QoSProfile) -> QoSProfile:
    """Quality of service as given, with a queue of `depth` messages."""
    return QoSProfile(history=qos.history, depth=depth, reliability=qos.reliability,
                      durability=qos.durability)


def stamp_of(message) -> float:
    """Stamp of a message [s]."""
    return message.header.stamp.sec + 1e-9 * message.header.stamp.nanosec


class Stack:
    """Runs `dexgen teleop name:=value ...` in a process group of its own.

    In passthrough unless the arguments name a controller: what the stack promises must not depend
    on which checkpoint ships.

    Args:
      arguments: launch arguments, `name:=value`.
      domain: ROS domain of the run.
      log: file that takes what the processes print.
      name: of the stack, teleop or replay.
    """

    def __init__(self, arguments: Sequence[str], domain: int, log: Path, name: str = 'teleop'):
        self.command = ['dexgen', name, *arguments]
        if not any(argument.startswith('controller:=') for argument in arguments):
            self.command.append('controller:=passthrough')
        self.domain = domain
        self.log = log
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> 'Stack':
        with self.log.open('w') as output:
            self.process = subprocess.Popen(
                self.command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                env={**os.environ, 'ROS_DOMAIN_ID': str(self.domain), 'PYTHONUNBUFFERED': '1'})
        return self

    def __exit__(self, *_) -> None:
        if self.process.poll() is None:
            self.interrupt()
        end = time.monotonic() + 5.0
        # What was killed needs a moment of a busy machine to be gone.
        while (leftovers := self.pids('')) and time.monotonic() < end:
            time.sleep(0.05)
        for pid in leftovers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert not leftovers, f'left running: {leftovers}\n{self.output()}'

    def interrupt(self, timeout: float = 10.0) -> float:
        """Press Ctrl-C; return the seconds until the command has ended."""
        start = time.monotonic()
        os.kill(self.process.pid, signal.SIGINT)
        self.process.wait(timeout)
        return time.monotonic() - start

    def output(self) -> str:
        """Return what the processes have printed."""
        return self.log.read_text()

    def pids(self, executable: str) -> list[int]:
        """Process ids of the nodes of this run whose command line contains `executable`."""
        found = []
        for entry in Path('/proc').glob('[0-9]*'):
            try:
                command = (entry / 'cmdline').read_bytes().replace(b'\0', b' ').decode()
                domain = f'ROS_DOMAIN_ID={self.domain}'.encode() in (entry / 'environ').read_bytes(
                    ).split(b'\0')
            except (OSError, UnicodeDecodeError):
                continue
            if domain and '/lib/dexgen' in command and executable in command:
                found.append(int(entry.name))
        return found


class Observer:
    """A node that keeps what it hears, with its own context, executor and thread.

    Args:
      domain: ROS domain.
      heard: the topics to listen to.
    """

    def __init__(self, domain: int, *heard: topics.Topic):
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=domain)
        self.node = rclpy.create_node('observer', context=self._context)
        self.received: dict[str, list[Received]] = defaultdict(list)
        self._arrived = threading.Condition()
        for topic in heard:
            # A listener that comes late on a busy machine shall count every message all the same.
            deep = replace(topic, subscriber_qos=queue_of(100, topic.qos))
            deep.subscription(self.node, self._keeper(topic.name))
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self) -> None:
        while not self._closing.is_set():
            self._executor.spin_once(0.1)

    def _keeper(self, name: str) -> Callable[[object, dict], None]:
        def keep(message, about):
            sent = 1e-9 * about['source_timestamp']
            with self._arrived:
                self.received[name].append(Received(time.monotonic(), message, sent))
                self._arrived.notify_all()
        return keep

    def close(self) -> None:
        """End the thread and the context."""
        self._closing.set()
        self._thread.join(5.0)
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.try_shutdown(context=self._context)

    def last(self, topic: topics.Topic) -> object | None:
        """Return the newest message of a topic."""
        with self._arrived:
            kept = self.received[topic.name]
            return kept[-1].message if kept else None

    def wait(self, topic: topics.Topic, accept: Callable[[object], bool] = lambda message: True,
             timeout: float = 20.0, since: float | None = None) -> Received:
        """Wait for a message that is accepted, from `since` on (steady time [s], default: now).

        Raises:
          AssertionError: none came in time.
        """
        start = time.monotonic()
        since = start if since is None else since
        seen = 0
        with self._arrived:
            while True:
                kept = self.received[topic.name]
                for item in kept[seen:]:
                    if item.time >= since and accept(item.message):
                        return item
                seen = len(kept)
                left = start + timeout - time.monotonic()
                if left <= 0.0:
                    raise AssertionError(
                        f'no such message on {topic.name} within {timeout} s ({seen} heard)')
                self._arrived.wait(left)

    def engage(self, timeout: float = 60.0) -> None:
        """Engage as a person does: once commands arrive, and again where silence paused it."""
        give_up = time.monotonic() + timeout
        while True:
            self.wait(topics.CONTROLLER_STATE, lambda tick: tick.reason in ('OK', 'NOT_RUNNING'),
                      timeout=give_up - time.monotonic())
            answer = self.call(Trigger, 'hand_bridge/engage')
            try:
                self.wait(topics.JOINT_TARGET, timeout=2.0)
                return
            except AssertionError:
                assert time.monotonic() < give_up, f'not engaged: {answer.message}'

    def span(self, topic: topics.Topic, duration: float) -> list[Received]:
        """Listen for `duration` [s] and return what came."""
        start = time.monotonic()
        time.sleep(duration)
        with self._arrived:
            return [item for item in self.received[topic.name] if item.time >= start]

    def call(self, service_type: type, name: str, request: object | None = None,
             timeout: float = 20.0) -> object:
        """Call a service and return its answer."""
        client = self.node.create_client(service_type, name)
        try:
            assert client.wait_for_service(timeout), f'service {name} is not there'
            future = client.call_async(request or service_type.Request())
            done = threading.Event()
            future.add_done_callback(lambda _: done.set())
            assert done.wait(timeout), f'service {name} did not answer'
            return future.result()
        finally:
            self.node.destroy_client(client)
