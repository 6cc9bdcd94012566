"""A small live peer of the viewer and the recorder: real topics and services, no simulation."""

from collections.abc import Callable
import itertools
import math
import os
import signal
import subprocess
import sys
import threading
import time

from dexgen_description import Kinematics, load_hand
from dexgen_msgs.msg import (
    ControllerState,
    HandLandmarks,
    KeypointCommand,
    ObjectState,
    StackState,
)
from dexgen_msgs.srv import SelectObject, SetMode, SetWrist
from dexgen_node import topics
from geometry_msgs.msg import Point, TransformStamped
import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from tf2_msgs.msg import TFMessage

DOMAIN = 1 + os.getpid() % 29
"""DDS domain of this test run."""


class Peer(Node):
    """Speaks the bridge's, controller's and tracker's topics, and obeys their services."""

    def __init__(self, context):
        super().__init__('peer', context=context)
        self._hand = load_hand('allegro_right')
        self._kinematics = Kinematics(self._hand)
        self.state, self.object, self.mode = StackState.PAUSED, 'cube', 'hold'
        self.reason = 'START'
        self.wrists: list = []
        self.sequence = 0
        self._session = 0
        self._outputs = {
            topic.name: topic.publisher(self)
            for topic in (
                topics.STACK_STATE, topics.JOINT_STATES, topics.OBJECT_STATE, topics.TF,
                topics.HAND_LANDMARKS, topics.KEYPOINT_COMMAND, topics.CONTROLLER_STATE,
            )
        }  # fmt: skip
        for name, state in (
            ('engage', StackState.RUNNING),
            ('disengage', StackState.PAUSED),
            ('stop', StackState.STOPPED),
            ('reset', StackState.PAUSED),
        ):
            self.create_service(
                Trigger,
                f'hand_bridge/{name}',
                lambda _, answer, n=name, s=state: self._obey(n, s, answer),
            )
        self.create_service(SelectObject, 'hand_bridge/select_object', self._select)
        self.create_service(SetWrist, 'hand_bridge/set_wrist', self._turn)
        self.create_service(SetMode, 'controller/set_mode', self._set_mode)
        self.create_timer(0.02, self.publish)
        self.create_timer(0.5, self.publish_state)
        self.hung = False
        self.publish_state()

    def _obey(self, name, state, answer):
        self.enter(name, state)
        answer.success, answer.message = True, f'{name} obeyed'
        return answer

    def enter(self, name: str, state: int) -> None:
        """Enter a state for the reason `name`."""
        self.state, self.reason = state, name.upper()
        self._session += state == StackState.RUNNING
        self.publish_state()

    def _select(self, request, answer):
        self.object = request.name
        self.publish_state()
        answer.success = True
        return answer

    def _turn(self, request, answer):
        self.wrists.append(request.orientation)
        answer.success = True
        return answer

    def _set_mode(self, request, answer):
        allowed = ('hold', 'passthrough', 'dexgen', 'precision')
        answer.success = request.mode in allowed
        answer.message = '' if answer.success else f'allowed: {", ".join(allowed)}'
        if answer.success:
            self.mode = request.mode
        return answer

    def publish_state(self) -> None:
        if self.hung:
            return
        self._outputs['stack_state'].publish(
            StackState(
                state=self.state, reason=self.reason, session_id=self._session,
                hand='allegro_right', object=self.object, backend='mujoco',
            )
        )  # fmt: skip

    def publish(self) -> None:
        self.sequence += 1
        now = self.get_clock().now().to_msg()
        bend = 0.3 + 0.2 * math.sin(0.1 * self.sequence)
        joints = [bend] * len(self._hand.joint_names)
        points = [Point(x=x, y=y, z=z) for x, y, z in self._kinematics.keypoints(joints).tolist()]
        messages = {
            'joint_states': JointState(name=list(self._hand.joint_names), position=joints),
            'object_state': ObjectState(name=self.object, held=True, drops=3, longest_hold=12.5),
            'hand_landmarks': HandLandmarks(
                sequence=self.sequence, valid=True, handedness=HandLandmarks.RIGHT,
                points=[Point(x=0.004 * i, y=-0.004 * i, z=0.4) for i in range(21)],
                point_valid=[True] * 21,
            ),
            'keypoint_command': KeypointCommand(
                sequence=self.sequence, keypoints=points,
                keypoint_names=list(self._hand.keypoint_names),
            ),
            'controller_state': ControllerState(
                mode=self.mode, reason='OK', tick_time=1.5, guidance=2.5,
            ),
        }  # fmt: skip
        position = messages['object_state'].pose.position
        position.x, position.y, position.z = (float(v) for v in self._hand.palm_center)
        for name, message in messages.items():
            message.header.stamp = now
            self._outputs[name].publish(message)
        turn = TransformStamped(child_frame_id=topics.HAND_FRAME)
        turn.header.frame_id, turn.header.stamp = topics.WORLD_FRAME, now
        self._outputs['/tf'].publish(TFMessage(transforms=[turn]))


class Spinning:
    """A node on a thread and a DDS context of its own, as a context manager.

    Args:
      create: makes the node in a given context.
    """

    def __init__(self, create: Callable[[rclpy.Context], Node], domain: int = DOMAIN):
        self._create = create
        self._domain = domain
        self._context = rclpy.Context()

    def __enter__(self) -> Node:
        rclpy.init(context=self._context, domain_id=self._domain)
        self._node = self._create(self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()
        return self._node

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except ExternalShutdownException:
            pass

    def __exit__(self, *_) -> None:
        self._executor.shutdown()
        self._thread.join(5.0)
        self._node.destroy_node()
        self._context.try_shutdown()


class Listener(Node):
    """Keeps what it hears on a topic, with the steady time [s] of its arrival."""

    def __init__(self, context, topic: topics.Topic):
        super().__init__(f'listener_{next(_numbers)}', context=context)
        self.heard: list[tuple[float, object]] = []
        topic.subscription(self, lambda m: self.heard.append((time.monotonic(), m)))


_numbers = itertools.count()


def listening(topic: topics.Topic) -> Spinning:
    """Listen to a topic on a thread of its own."""
    return Spinning(lambda context: Listener(context, topic))


class Program:
    """One of this package's programs in its own process group, with its output kept."""

    def __init__(self, module: str, *arguments: str, log):
        self.log = log
        self._file = log.open('w')
        self.process = subprocess.Popen(
            [sys.executable, '-m', module, *arguments],
            env={**os.environ, 'ROS_DOMAIN_ID': str(DOMAIN)},
            stdout=self._file, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def output(self) -> str:
        """What the program has printed."""
        return self.log.read_text()

    def end(self, sign: int = signal.SIGINT, timeout: float = 10.0) -> int:
        """Send a signal to its group and return the exit status."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, sign)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        finally:
            self._file.close()


def wait_until(condition, timeout: float = 20.0, what: str = 'the condition') -> None:
    """Wait for a condition of another process; fail with its name after `timeout` [s]."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f'{what} did not come true within {timeout:.0f} s')
        time.sleep(0.05)


def call(peer: Peer, kind: type, name: str, timeout: float = 20.0):
    """Return a function that calls a service with a request's fields and returns its answer.

    It asks again when no answer comes: a killed server is still in sight for a while.
    """
    client = peer.create_client(kind, name)
    assert client.wait_for_service(timeout), f'no service {name}'

    def ask(**fields):
        for _ in range(4):
            future = client.call_async(kind.Request(**fields))
            try:
                wait_until(future.done, timeout / 4, f'the answer of {name}')
            except AssertionError:
                continue
            return future.result()
        raise AssertionError(f'{name} did not answer')

    return ask
