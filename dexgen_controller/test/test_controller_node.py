"""The node over DDS: a small peer plays operator and bridge and watches what comes back."""

import os
import signal
import subprocess
import sys
import threading
import time

from dexgen_description import Kinematics, load_hand
from dexgen_msgs.msg import AppliedTarget, KeypointCommand, StackState
from dexgen_msgs.srv import SetMode
from dexgen_node import topics
from geometry_msgs.msg import Point
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
import numpy as np
import pytest
from rcl_interfaces.srv import SetParameters
import rclpy
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState

pytestmark = pytest.mark.stack

DOMAIN = 30 + os.getpid() % 30
HAND = load_hand('allegro_right')
SHUFFLED = list(reversed(HAND.joint_names))
"""Names in an order of their own: nothing may be matched by position."""


class Peer(Node):
    """Plays the operator at 30 Hz and the bridge at 100 Hz; keeps what the controller says."""

    def __init__(self, context: Context):
        super().__init__('peer', context=context)
        self._kinematics = Kinematics(HAND)
        self.wanted = HAND.pregrasp
        self.applied = np.array(HAND.rest)
        self.commanding = True
        self.command_lag = 0.0
        self.unit = 1.0
        self.sequence = 0
        self.targets, self.states = [], []
        self._command = topics.KEYPOINT_COMMAND.publisher(self)
        self._joints = topics.JOINT_STATES.publisher(self)
        self._applied = topics.APPLIED_TARGET.publisher(self)
        self._stack = topics.STACK_STATE.publisher(self)
        topics.JOINT_TARGET.subscription(self, self._on_target)
        topics.CONTROLLER_STATE.subscription(self, self.states.append)
        self.create_timer(1.0 / 30.0, self._publish_command)
        self.create_timer(0.01, self._publish_hand)
        self.create_timer(0.5, self._publish_stack)
        self.telling = True
        self.enter(StackState.PAUSED)

    def enter(self, state: int, session_id: int = 0) -> None:
        self._state = StackState(state=state, session_id=session_id, hand=HAND.name)
        self._publish_stack()

    def _publish_stack(self) -> None:
        if self.telling:
            self._stack.publish(self._state)

    def _on_target(self, message) -> None:
        self.targets.append(message)
        values = dict(zip(message.joint_names, message.positions, strict=True))
        self.applied = np.array([values[name] for name in HAND.joint_names])

    def _stamp(self, age: float = 0.0):
        now = self.get_clock().now() - rclpy.duration.Duration(nanoseconds=int(1e9 * age))
        return now.to_msg()

    def _publish_command(self) -> None:
        if not self.commanding:
            return
        self.sequence += 1
        message = KeypointCommand(
            sequence=self.sequence,
            hand=HAND.name,
            keypoint_names=list(HAND.keypoint_names),
            keypoints=[
                Point(x=x, y=y, z=z)
                for x, y, z in self.unit * self._kinematics.keypoints(self.wanted)
            ],
            joint_names=SHUFFLED,
            joint_positions=np.array(self.wanted)[::-1].tolist(),
        )
        message.header.stamp = self._stamp(self.command_lag)
        self._command.publish(message)

    def _publish_hand(self) -> None:
        state = JointState(name=SHUFFLED, position=self.applied[::-1].tolist())
        state.header.stamp = self._stamp()
        self._joints.publish(state)
        applied = AppliedTarget(joint_names=SHUFFLED, positions=self.applied[::-1].tolist())
        self._applied.publish(applied)


class Session:
    """The controller's process and the peer beside it."""

    def __init__(self, *parameters: str):
        self.context = Context()
        rclpy.init(context=self.context, domain_id=DOMAIN)
        self.peer = Peer(self.context)
        arguments = [word for parameter in parameters for word in ('-p', parameter)]
        self.process = subprocess.Popen(
            [sys.executable, '-m', 'dexgen_controller.controller_node', '--ros-args', *arguments],
            env={**os.environ, 'ROS_DOMAIN_ID': str(DOMAIN)},
            stderr=subprocess.PIPE,
            text=True,
        )
        self._executor = SingleThreadedExecutor(context=self.context)
        self._executor.add_node(self.peer)
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except ExternalShutdownException:
            pass

    def until(self, condition, what: str, timeout: float = 20.0) -> None:
        end = time.monotonic() + timeout
        while not condition():
            assert self.process.poll() is None, f'the node ended: {self.process.stderr.read()}'
            assert time.monotonic() < end, f'no {what} within {timeout} s; {self.heard()}'
            time.sleep(0.01)

    def heard(self) -> str:
        """What a test that waits in vain says of the node."""
        states, publishers = self.peer.states, self.peer.count_publishers('controller_state')
        last = states[-1].reason if states else 'none'
        return f'{len(states)} states, the last {last}, {publishers} publishers of them'

    def until_reason(self, reason: str) -> None:
        self.until(lambda: self.peer.states and self.peer.states[-1].reason == reason, reason)

    def call(self, kind, name: str, request):
        client = self.peer.create_client(kind, name)
        assert client.wait_for_service(10.0), f'no service {name}'
        future = client.call_async(request)
        self.until(future.done, f'answer of {name}')
        return future.result()

    def close(self) -> str:
        try:
            self.process.send_signal(signal.SIGINT)
            return self.process.communicate(timeout=10.0)[1]
        finally:
            self.process.kill()
            self._executor.shutdown()
            self._thread.join(5.0)
            # A participant that is left tells its latched state to the next test's controller.
            self.peer.destroy_node()
            self.context.try_shutdown()


@pytest.fixture
def start():
    """Starts a controller with the parameters given; ends it after the test."""
    sessions = []

    def start(*parameters: str) -> Session:
        sessions.append(Session(*parameters))
        return sessions[-1]

    yield start
    for session in sessions:
        session.close()


def test_passthrough_follows_by_name_and_numbers_its_targets(start):
    session = start('ramp_time:=0.1')
    session.until_reason('NOT_RUNNING')
    assert session.peer.targets == []
    session.peer.enter(StackState.RUNNING, session_id=11)
    session.until(lambda: len(session.peer.targets) > 30, 'targets')
    targets = session.peer.targets[:30]
    assert {target.session_id for target in targets} == {11}
    sequences = [target.sequence for target in targets]
    assert sequences == sorted(set(sequences))
    np.testing.assert_allclose(session.peer.applied, HAND.pregrasp)
    state = session.peer.states[-1]
    assert (state.mode, state.reason, state.session_id) == ('passthrough', 'OK', 11)
    assert state.control_rate == 30.0
    assert list(state.keypoint_names) == list(HAND.keypoint_names)
    assert max(state.departure) < 1e-6
    session.peer.enter(StackState.RUNNING, session_id=12)
    session.until(lambda: session.peer.targets[-1].session_id == 12, 'targets of session 12')
    first = next(target for target in session.peer.targets if target.session_id == 12)
    assert first.sequence == 1


def test_silence_and_old_stamps_send_nothing(start):
    session = start()
    session.peer.enter(StackState.RUNNING, session_id=3)
    session.until_reason('OK')
    session.peer.commanding = False
    session.until_reason('STALE_COMMAND')
    count = len(session.peer.targets)
    states = len(session.peer.states)
    session.until(lambda: len(session.peer.states) > states + 10, 'states')
    assert len(session.peer.targets) == count
    session.peer.command_lag = 0.3
    session.peer.commanding = True
    session.until_reason('OLD_STAMP')
    session.peer.command_lag = 0.0
    session.until_reason('OK')


@pytest.mark.parametrize(
    ('name', 'wrong', 'reason'),
    [('telling', False, 'NOT_RUNNING'), ('unit', 1000.0, 'OUT_OF_RANGE')],
    ids=['a silent stack', 'millimetres'],
)
def test_what_goes_wrong_while_running_is_said_and_recovers(start, name, wrong, reason):
    session = start()
    session.peer.enter(StackState.RUNNING, session_id=3)
    session.until_reason('OK')
    right = getattr(session.peer, name)
    setattr(session.peer, name, wrong)
    session.until_reason(reason)
    setattr(session.peer, name, right)
    session.until_reason('OK')


def test_modes_change_and_unknown_ones_are_refused(start):
    session = start()
    session.peer.enter(StackState.RUNNING, session_id=3)
    session.until_reason('OK')
    refused = session.call(SetMode, 'controller/set_mode', SetMode.Request(mode='dance'))
    assert not refused.success
    assert 'passthrough, hold' in refused.message
    accepted = session.call(SetMode, 'controller/set_mode', SetMode.Request(mode='hold'))
    assert accepted.success
    session.until_reason('HOLD')
    session.peer.commanding = False
    count = len(session.peer.targets)
    session.until(lambda: len(session.peer.targets) > count + 10, 'targets while holding')


def test_guidance_is_a_live_parameter(start):
    session = start('mode:=hold')
    session.until(lambda: session.peer.states, 'state')
    request = SetParameters.Request(
        parameters=[Parameter('guidance', value=2.5).to_parameter_msg()]
    )
    answer = session.call(SetParameters, 'controller/set_parameters', request)
    assert answer.results[0].successful
    session.until(lambda: session.peer.states[-1].guidance == 2.5, 'guidance 2.5')


def test_a_checkpoint_plans_at_its_own_rate(start, tmp_path):
    pytest.importorskip('torch')
    from dexgen_controller.checkpoint import random_checkpoint, save_checkpoint
    from dexgen_controller.model_config import CONFIGS

    folder = save_checkpoint(random_checkpoint(CONFIGS['tiny'], HAND), tmp_path / 'checkpoint')
    session = start('mode:=auto', f'checkpoint:={folder}', 'guidance:=0.5')
    session.peer.enter(StackState.RUNNING, session_id=9)
    session.until_reason('OK')
    state = session.peer.states[-1]
    assert (state.mode, state.control_rate, state.guidance) == ('dexgen', 10.0, 0.5)
    assert len(state.predicted) == 2 * len(HAND.keypoint_names)
    assert max(state.departure) > 0.0
    session.until(lambda: len(session.peer.targets) > 5, 'targets')
    raw = session.call(SetMode, 'controller/set_mode', SetMode.Request(mode='passthrough'))
    assert raw.success
    session.until(lambda: session.peer.states[-1].mode == 'passthrough', 'mode passthrough')


@pytest.mark.parametrize(
    ('parameter', 'reason'),
    [
        ('hand:=octopus', 'octopus'),
        ('mode:=dance', 'dance'),
        ('checkpoint:=/no/such/folder', '/no/such/folder'),
    ],
)
def test_a_failing_configure_leaves_the_node_alive_with_the_reason(start, parameter, reason):
    session = start(parameter)
    answer = session.call(SetMode, 'controller/set_mode', SetMode.Request(mode='hold'))
    assert not answer.success
    assert reason in answer.message
    state = session.call(GetState, 'controller/get_state', GetState.Request())
    assert state.current_state.label == 'unconfigured'
    assert session.process.poll() is None


def test_the_lifecycle_in_every_order(start):
    session = start('autostart:=false')

    def change(number: int) -> tuple[bool, str]:
        request = ChangeState.Request(transition=Transition(id=number))
        success = session.call(ChangeState, 'controller/change_state', request).success
        state = session.call(GetState, 'controller/get_state', GetState.Request())
        return success, state.current_state.label

    t = Transition
    assert change(t.TRANSITION_ACTIVATE) == (False, 'unconfigured')
    assert change(t.TRANSITION_CLEANUP) == (False, 'unconfigured')
    for _ in range(2):
        assert change(t.TRANSITION_CONFIGURE) == (True, 'inactive')
        assert change(t.TRANSITION_CONFIGURE) == (False, 'inactive')
        for _ in range(2):
            session.peer.states.clear()
            assert change(t.TRANSITION_ACTIVATE) == (True, 'active')
            session.until_reason('NOT_RUNNING')
            assert change(t.TRANSITION_CLEANUP) == (False, 'active')
            assert change(t.TRANSITION_DEACTIVATE) == (True, 'inactive')
        assert change(t.TRANSITION_CLEANUP) == (True, 'unconfigured')


def test_a_damaged_checkpoint_is_a_failing_configure(start, tmp_path):
    (tmp_path / 'config.json').write_text('{"version": 2}')
    (tmp_path / 'weights.safetensors').write_bytes(b'no tensors at all')
    session = start('mode:=dexgen', f'checkpoint:={tmp_path}')
    answer = session.call(SetMode, 'controller/set_mode', SetMode.Request(mode='hold'))
    assert not answer.success and 'is damaged' in answer.message
    state = session.call(GetState, 'controller/get_state', GetState.Request())
    assert state.current_state.label == 'unconfigured'
