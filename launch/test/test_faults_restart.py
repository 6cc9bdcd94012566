"""Kill -9 of every node in turn: the others go on, it comes back, nothing jumps or engages."""

from collections.abc import Iterator
from functools import partial
import os
from pathlib import Path
import signal
import subprocess
import time

from dexgen_description import load_hand
from dexgen_msgs.msg import StackState
from dexgen_node import topics
import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from std_srvs.srv import Trigger

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

KILLS = int(os.environ.get('DEXGEN_KILLS', '3'))
"""How often each node is killed; the full series is 20."""
STREAMS = {
    'hand_tracker': topics.HAND_LANDMARKS,
    'retargeter': topics.KEYPOINT_COMMAND,
    'controller': topics.CONTROLLER_STATE,
    'hand_bridge': topics.JOINT_STATES,
}
"""What shows that a node is there again."""
HAND = load_hand('allegro_right')


def children(parent: int) -> dict[str, int]:
    """Process ids of the nodes below the manager, by executable."""
    found = {}
    for entry in Path('/proc').glob('[0-9]*'):
        try:
            above = int((entry / 'stat').read_text().rpartition(')')[2].split()[1])
            words = (entry / 'cmdline').read_bytes().decode().split('\0')
        except OSError:
            continue
        scripts = [word for word in words if '/lib/dexgen_' in word]
        if above == parent and scripts:
            found[Path(scripts[0]).name] = int(entry.name)
    return found


class Witness:
    """Listens to the stack and keeps what the promises are about."""

    def __init__(self, domain: int):
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=domain)
        self.node = rclpy.create_node('witness', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self.heard: dict[str, float] = {}
        self.states: list[int] = []
        self.reason = ''
        self.excess = 0.0
        self._applied = None
        self._subscriptions = [
            topic.subscription(self.node, partial(self._hear, name))
            for name, topic in STREAMS.items()
        ]
        self._subscriptions += [
            topics.STACK_STATE.subscription(self.node, self._on_state),
            topics.APPLIED_TARGET.subscription(self.node, self._on_applied),
        ]
        self._engage = self.node.create_client(Trigger, 'hand_bridge/engage')

    def close(self) -> None:
        """End the node."""
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.try_shutdown(context=self._context)

    def _hear(self, name: str, message) -> None:
        """Keep the newest stamp: what was under way when a node was killed is no sign of life."""
        self.heard[name] = message.header.stamp.sec + 1e-9 * message.header.stamp.nanosec

    def _on_state(self, message: StackState) -> None:
        self.states.append(message.state)
        self.reason = message.reason

    def _on_applied(self, message) -> None:
        """Keep the largest step above the rate limit between messages of one bridge [rad]."""
        stamp = message.header.stamp.sec + 1e-9 * message.header.stamp.nanosec
        values = dict(zip(message.joint_names, message.positions, strict=True))
        positions = np.array([values[name] for name in HAND.joint_names])
        if self._applied is not None and stamp > self._applied[0]:
            allowed = np.asarray(HAND.velocity_limit) * (stamp - self._applied[0])
            step = np.abs(positions - self._applied[1])
            self.excess = max(self.excess, float(np.max(step - allowed)))
        self._applied = stamp, positions

    def wait(self, seen, what: str, timeout: float = 60.0) -> float:
        """Spin until `seen()`; how long it took [s]."""
        start = time.monotonic()
        while not seen():
            assert time.monotonic() - start < timeout, f'{what} within {timeout} s'
            self._executor.spin_once(timeout_sec=0.05)
        return time.monotonic() - start

    def engage(self) -> None:
        """Engage, as often as it takes until the controller is ready."""
        for _ in range(20):
            future = self._engage.call_async(Trigger.Request())
            self._executor.spin_until_future_complete(future, timeout_sec=3.0)
            if future.done() and future.result().success:
                self.wait(lambda: self.states[-1] == StackState.RUNNING, 'RUNNING')
                return
            self._executor.spin_once(timeout_sec=0.5)
        raise AssertionError('the stack cannot be engaged')


@pytest.fixture
def run(tmp_path) -> Iterator[tuple[subprocess.Popen, Witness]]:
    """A running, engaged stack that restarts as often as it is killed, and a witness."""
    domain = 90 + os.getpid() % 10
    words = ['viewer:=none', 'black_box:=false', 'restarts:=1000']
    home = {'ROS_DOMAIN_ID': str(domain), 'ROS_HOME': str(tmp_path / 'ros')}
    log = tmp_path / 'output'
    with log.open('w') as output:
        process = subprocess.Popen(
            ['dexgen', 'teleop', *words],
            env={**os.environ, **home},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    witness = Witness(domain)
    try:
        witness.wait(lambda: len(witness.heard) == len(STREAMS), f'every stream ({log})')
        witness.engage()
        yield process, witness
    finally:
        witness.close()
        process.send_signal(signal.SIGINT)
        status = process.wait(30)
    assert status == 0


@pytest.mark.parametrize('name', STREAMS)
def test_a_killed_node_comes_back_and_the_stack_is_safe(run, name, record_property):
    manager, witness = run
    times = []
    for _ in range(KILLS):
        before = children(manager.pid)
        witness.heard.clear()
        seen = len(witness.states)
        os.kill(before[name], signal.SIGKILL)
        witness.wait(lambda old=before[name]: children(manager.pid).get(name) not in (None, old),
                     f'{name} restarted')  # fmt: skip
        restarted = time.time()
        witness.wait(
            lambda since=restarted: witness.heard.get(name, 0.0) > since, f'{name} is back'
        )
        times.append(time.time() - restarted)
        after = children(manager.pid)
        assert {other: pid for other, pid in after.items() if other != name} == {
            other: pid for other, pid in before.items() if other != name
        }
        # Silence ended the session: nobody but the operator begins the next one.
        witness.wait(
            lambda since=seen: StackState.PAUSED in witness.states[since:], 'PAUSED'
        )
        assert witness.states[-1] == StackState.PAUSED, witness.reason
        witness.engage()
    record_property('ready_again_s', [round(value, 2) for value in times])
    print(f'{name}: ready again after {", ".join(f"{value:.2f}" for value in times)} s')
    assert witness.excess < 1e-3, 'an applied target stepped above the rate limit'
