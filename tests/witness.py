"""What the promises are about, kept from a running stack's messages and judged by their stamps."""

from collections.abc import Callable
import socket
import time
from typing import NamedTuple

from dexgen_description import load_hand
from dexgen_msgs.msg import AppliedTarget, StackState
from dexgen_node import topics
import numpy as np
from running import Observer, stamp_of
from std_srvs.srv import Trigger

HAND = load_hand('allegro_right')
HEARD = (
    topics.HAND_LANDMARKS, topics.KEYPOINT_COMMAND, topics.CONTROLLER_STATE, topics.JOINT_STATES,
    topics.APPLIED_TARGET, topics.STACK_STATE, topics.DIAGNOSTICS, topics.OBJECT_STATE,
)  # fmt: skip
CLOCKS = 5e-3
"""Allowance for two stamps that were taken from the clocks a moment apart [rad]."""
TARGET_STALENESS = 2.5 / 30.0
"""Age from which a JointTarget is stale at 30 Hz [s]."""
COMMAND_STALENESS = 0.1
"""Age from which a KeypointCommand is stale [s]."""
SLACK = 0.05
"""What the promise allows beyond the staleness for coming to rest [s]."""


def free_port() -> int:
    """Return a port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Applied(NamedTuple):
    """One AppliedTarget: stamp [s], action, reason, positions [rad] and velocities [rad/s]."""

    stamp: float
    action: int
    reason: str
    positions: np.ndarray
    velocities: np.ndarray

    @property
    def moving(self) -> bool:
        """Whether the target still moves."""
        return bool(self.velocities.any())

    @classmethod
    def of(cls, message: AppliedTarget) -> 'Applied':
        """Read a message, by names."""
        order = [message.joint_names.index(name) for name in HAND.joint_names]
        return cls(
            stamp_of(message),
            message.action,
            message.reason,
            np.array(message.positions)[order],
            np.array(message.velocities)[order],
        )


class Witness(Observer):
    """An observer that knows the promises.

    Its clients and publishers live as long as itself: none is destroyed under a spinning executor.

    Args:
      domain: ROS domain.
      heard: the topics to listen to; all that the promises are about unless given.
    """

    def __init__(self, domain: int, *heard: topics.Topic):
        super().__init__(domain, *(heard or HEARD))
        self._clients: dict[str, object] = {}
        self._publishers: dict[str, object] = {}

    def call(self, service_type: type, name: str, request: object | None = None,
             timeout: float = 60.0) -> object:
        """Call a service and return its answer."""
        if name not in self._clients:
            self._clients[name] = self.node.create_client(service_type, name)
        client = self._clients[name]
        assert client.wait_for_service(timeout), f'service {name} is not there'
        future = client.call_async(request or service_type.Request())
        self.until(future.done, f'answer of {name}', timeout)
        return future.result()

    def publisher(self, topic: topics.Topic):
        """Return the publisher of a topic, once its subscribers are found."""
        if topic.name not in self._publishers:
            self._publishers[topic.name] = topic.publisher(self.node)
        publisher = self._publishers[topic.name]
        self.until(lambda: publisher.get_subscription_count() > 0, f'a listener to {topic.name}')
        return publisher

    def now(self) -> float:
        """The present by the clock of the stamps [s]."""
        return 1e-9 * self.node.get_clock().now().nanoseconds

    def forget(self) -> None:
        """Keep the newest message of each topic only."""
        with self._arrived:
            for kept in self.received.values():
                del kept[:-1]

    def applied(self, since: float = 0.0, until: float = np.inf) -> list[Applied]:
        """Return the applied targets with stamps in a span [s]."""
        kept = list(self.received[topics.APPLIED_TARGET.name])
        found = []
        for item in reversed(kept):
            stamp = stamp_of(item.message)
            if stamp < since:
                break
            if stamp <= until:
                found.append(Applied.of(item.message))
        return found[::-1]

    def states(self, since: float) -> list[StackState]:
        """Return what the state machine said from `since` [s] on."""
        kept = list(self.received[topics.STACK_STATE.name])
        return [item.message for item in kept if stamp_of(item.message) >= since]

    def until(self, condition: Callable[[], bool], what: str, timeout: float = 120.0) -> float:
        """Wait until a condition holds; how long it took [s]."""
        start = time.monotonic()
        while not condition():
            assert time.monotonic() - start < timeout, f'{what}: not within {timeout} s'
            time.sleep(0.02)
        return time.monotonic() - start

    def wait_heard(self, topic: topics.Topic, since: float) -> None:
        """Wait for a message with a stamp after `since` [s]."""
        self.until(
            lambda: (last := self.last(topic)) is not None and stamp_of(last) > since, topic.name
        )

    def wait_diagnostics(self, part: str, since: float) -> dict[str, str]:
        """Wait for diagnostics of a part with a stamp after `since` [s]."""
        self.until(lambda: self.diagnostics(part, since), part)
        return self.diagnostics(part, since)

    def state(self) -> StackState | None:
        """Return the newest word of the state machine."""
        return self.last(topics.STACK_STATE)

    def wait_state(self, state: int, since: float, timeout: float = 60.0) -> StackState:
        """Wait for a state that was said after `since` [s]."""
        found = []
        self.until(
            lambda: found.extend(m for m in self.states(since) if m.state == state) or found,
            f'state {state}', timeout,
        )  # fmt: skip
        return found[0]

    def engage_again(self, timeout: float = 60.0) -> float:
        """Engage as soon as the controller waits for it; when the engage was asked for [s]."""
        asked = []

        def running() -> bool:
            state = self.state()
            if state is not None and state.state == StackState.RUNNING:
                return not asked or stamp_of(state) > asked[0]
            if self._ready():
                asked.append(self.now())
                self.call(Trigger, 'hand_bridge/engage')
            return False

        self.until(running, 'RUNNING', timeout)
        return asked[0] if asked else self.now()

    def _ready(self) -> bool:
        """Whether the controller ticks and has a command to follow."""
        tick = self.last(topics.CONTROLLER_STATE)
        fresh = tick is not None and stamp_of(tick) > self.now() - 0.3
        return fresh and tick.reason in ('OK', 'NOT_RUNNING')

    def run(self, timeout: float = 90.0) -> None:
        """Engage until the applied target moves; a busy machine may pause the first session."""
        end = time.monotonic() + timeout
        while True:
            since = self.engage_again()
            heard = time.monotonic()
            while time.monotonic() - heard < 3.0:
                if any(step.moving for step in self.applied(since)):
                    return
                time.sleep(0.02)
            assert time.monotonic() < end, f'no motion within {timeout} s'

    def diagnostics(self, part: str, since: float = 0.0) -> dict[str, str]:
        """Values of the newest diagnostics of a part, `<node>: <part>`, with its message."""
        for item in reversed(list(self.received[topics.DIAGNOSTICS.name])):
            for status in item.message.status:
                if status.name == part and stamp_of(item.message) > since:
                    values = {value.key: value.value for value in status.values}
                    about = {'message': status.message, 'level': str(status.level[0])}
                    return {**values, **about, 'stamp': str(stamp_of(item.message))}
        return {}


def excess(steps: list[Applied]) -> float:
    """Largest step of the applied target above the rate limit, from stamp to stamp [rad]."""
    largest = 0.0
    for before, after in zip(steps, steps[1:], strict=False):
        allowed = np.asarray(HAND.velocity_limit) * max(after.stamp - before.stamp, 0.0)
        largest = max(largest, float((np.abs(after.positions - before.positions) - allowed).max()))
        largest = max(largest, float((np.abs(after.velocities) - HAND.velocity_limit).max()))
    return largest


def at_rest_after(steps: list[Applied], since: float) -> float:
    """How long after `since` [s] the applied target moved for the last time [s]; 0: not at all."""
    moving = [step.stamp for step in steps if step.stamp > since and step.moving]
    return max(moving) - since if moving else 0.0
