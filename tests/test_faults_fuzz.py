"""Thousands of spoilt messages on every topic: no exception anywhere, no bad value let through."""

from collections import Counter
import math
import os
from random import Random
import time

from dexgen_controller.controller_node import ControllerNode
from dexgen_description import Kinematics, load_hand
from dexgen_msgs.msg import (
    AppliedTarget,
    ControllerState,
    HandLandmarks,
    JointTarget,
    KeypointCommand,
    ObjectState,
    StackState,
)
from dexgen_node import topics
from dexgen_session.markers_node import MarkersNode
from dexgen_session.recorder_node import RecorderNode
from dexgen_session.viewer_node import Viewer
from dexgen_sim_bridge.hand_bridge_node import HandBridgeNode
from dexgen_sim_bridge.peer_streams_node import PeerStreams
from dexgen_sim_bridge.preset import load_preset
from dexgen_sim_bridge.topic_backend import TopicBackend
from dexgen_teleop.camera_topics_node import CameraTopics
from dexgen_teleop.retargeter_node import RetargeterNode
from dexgen_teleop.sources.script import Operator
from dexgen_teleop.sources.topic import TopicSource
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from fuzzing import copy_of, floats, put, Spoiler
from geometry_msgs.msg import Point, QuaternionStamped, TransformStamped
import numpy as np
import pytest
import rclpy
from rclpy.node import Node
from rclpy.serialization import serialize_message
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CameraInfo, Image, JointState
from std_msgs.msg import Empty
from tf2_msgs.msg import TFMessage
from witness import free_port

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

COUNT = int(os.environ.get('DEXGEN_FUZZ', '2000'))
"""Spoilt messages for each topic; `make test-faults` asks for 10 000."""
SEED = int(os.environ.get('DEXGEN_SEED', '20261125'))
LAST = 2**63
"""Sequences beyond it leave no room for the next: a new session begins."""
HAND = load_hand('allegro_right')
JOINTS = list(HAND.joint_names)
REST = [float(value) for value in HAND.rest]


def points(values) -> list[Point]:
    """Points of an array (N, 3)."""
    return [Point(x=x, y=y, z=z) for x, y, z in np.asarray(values, float).tolist()]


def good_messages() -> dict[str, object]:
    """Return one good message for each topic."""
    kinematics = Kinematics(HAND)
    keypoints = points(kinematics.keypoints(HAND.rest))
    names = list(HAND.keypoint_names)
    turn = TransformStamped(child_frame_id=topics.HAND_FRAME)
    turn.header.frame_id = topics.WORLD_FRAME
    picture = Image(height=2, width=2, encoding='rgb8', step=6, data=bytes(12))
    return {
        'hand_landmarks': HandLandmarks(
            valid=True, handedness=HandLandmarks.RIGHT, point_valid=[True] * 21,
            points=points(Operator('right').points(0.0)),
        ),
        'keypoint_command': KeypointCommand(
            hand=HAND.name, keypoint_names=names, keypoints=keypoints, joint_names=JOINTS,
            joint_positions=REST,
        ),
        'joint_target': JointTarget(joint_names=JOINTS, positions=REST),
        'applied_target': AppliedTarget(joint_names=JOINTS, positions=REST, velocities=REST),
        'joint_states': JointState(name=JOINTS, position=REST, velocity=REST, effort=REST),
        'stack_state': StackState(state=StackState.PAUSED, hand=HAND.name, backend='mujoco'),
        'controller_state': ControllerState(
            mode='hold', reason='OK', control_rate=30.0, keypoint_names=names,
            departure=[0.0] * len(names), predicted=keypoints * 2,
        ),
        'object_state': ObjectState(name='cube', held=True),
        'wrist_command': QuaternionStamped(),
        'tf': TFMessage(transforms=[turn]),
        'diagnostics': DiagnosticArray(
            status=[DiagnosticStatus(name='a: b', values=[KeyValue(key='k', value='1')])]
        ),
        'emergency_stop': Empty(),
        'picture': picture,
        'depth_picture': Image(height=2, width=2, encoding='16UC1', step=4, data=bytes(8)),
        'camera_info': CameraInfo(k=[500.0, 0.0, 320.0, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0]),
    }  # fmt: skip


GOOD = good_messages()
POLLED = ('applied_target', 'joint_states', 'object_state', 'tf', 'diagnostics')
"""Topics that may have no callbacks: whoever hears them looks."""


class Stack:
    """Every node of the stack in this process; messages are handed to their subscriptions."""

    def __init__(self, folder):
        port, off = f'port:={free_port()}', 'autostart:=true'
        words = [f'directory:={folder}', f'state_directory:={folder}', port, off]
        words += ['wrist:=operator', 'control_rate:=30.0']
        arguments = ['--ros-args', *(w for word in words for w in ('-p', word))]
        rclpy.init(
            args=arguments, domain_id=99, signal_handler_options=SignalHandlerOptions.NO
        )
        self.bridge, self.controller = HandBridgeNode(), ControllerNode()
        self.retargeter, self.markers = RetargeterNode(), MarkersNode()
        self.viewer, self.recorder = Viewer(), RecorderNode()
        self.other = Node('other')
        self.camera = TopicSource()
        CameraTopics(self.other, self.camera, 'picture', 'depth_picture', 'camera_info')
        preset = load_preset('isaac_sim', HAND)
        peer = PeerStreams(self.other, preset)
        self.real = TopicBackend(HAND, preset, peer.send)
        peer.connect(self.real)
        self.nodes = (
            self.bridge, self.controller, self.retargeter, self.markers, self.viewer,
            self.recorder, self.other,
        )  # fmt: skip

    def close(self) -> None:
        for node in self.nodes:
            if hasattr(node, 'close'):
                node.close()
            node.destroy_node()
        rclpy.shutdown()

    def listeners(self, topic: str) -> list:
        """Return the callbacks of every subscription to the topic."""
        return [
            subscription.callback
            for node in self.nodes
            for subscription in node.subscriptions
            if subscription.topic_name.rpartition('/')[2] == topic
        ]

    def look(self, topic: str, message, number: int) -> None:
        """Hand a message to those who poll; the page's picture is drawn now and then."""
        viewer, raw, now = self.viewer, serialize_message(message), time.monotonic()
        keys = {heard: key for key, heard in viewer._topics.items()}
        if topic in keys:
            viewer._newest[keys[topic]].put(raw, now, time.time(), number)
            viewer._newest[keys[topic]].view()
        elif topic == 'tf':
            viewer._turn(message)
        elif topic == 'diagnostics':
            viewer._take_diagnostics(message, now)
        if number % 200 == 0:
            viewer._page.show(viewer._snapshot(now))
        if topic == 'stack_state':
            self.recorder._follow(message)
        inbox = self.controller._inbox
        for polled, _, handle in inbox._polled:
            if polled.name == topic:
                inbox._hear(handle, message, now)

    def engaged(self) -> int:
        """Return the session, begun anew where it has ended."""
        bridge = self.bridge.bridge
        if not bridge.status.session_id:
            bridge.reset(time.monotonic())
            assert bridge.engage(time.monotonic()).success
        return bridge.status.session_id


@pytest.fixture(scope='module')
def stack(tmp_path_factory):
    """Run every node in this process."""
    stack = Stack(tmp_path_factory.mktemp('fuzz'))
    yield stack
    stack.close()


def fresh(stack: Stack, topic: str, message, spoil_stamp: bool):
    """Fill in what a good message has of the moment: session, sequence, stamp."""
    if topic == 'joint_target':
        session = stack.engaged()
        accepted = stack.bridge.bridge._gate.accepted
        if accepted and accepted.sequence > LAST:
            stack.bridge.bridge.disengage()
            session, accepted = stack.engaged(), None
        message.session_id = message.session_id or session
        message.sequence = message.sequence or (accepted.sequence + 1 if accepted else 1)
    header = getattr(message, 'header', None)
    if header is not None and not spoil_stamp and header.stamp.sec == 0:
        header.stamp = stack.bridge.get_clock().now().to_msg()
    return message


def well_formed(names, values) -> bool:
    """Whether every joint has one finite value."""
    return sorted(names) == sorted(JOINTS) and len(values) == len(names) and all(
        map(math.isfinite, values)
    )


def no_bad_value_inside(stack: Stack) -> None:
    """Whatever was let through is finite, complete and within the limits."""
    step, inputs = stack.bridge.bridge.snapshot(), stack.controller._inbox.inputs()
    applied = step.applied
    assert np.isfinite(applied.position).all() and np.isfinite(applied.velocity).all()
    assert (applied.position >= HAND.lower - 1e-9).all()
    assert (applied.position <= HAND.upper + 1e-9).all()
    assert (np.abs(applied.velocity) <= HAND.velocity_limit + 1e-9).all()
    for reading in (inputs.posture, inputs.applied):
        assert reading is None or np.isfinite(reading.values).all()
    if inputs.command is not None:
        assert np.isfinite(inputs.command.keypoints).all()
        assert np.isfinite(inputs.command.joints).all()
    assert np.isfinite(stack.real._measured.positions).all() if stack.real._measured else True


@pytest.mark.parametrize('topic', GOOD)
def test_spoilt_messages(stack, topic, capsys):
    seed = SEED ^ hash_of(topic)
    chance, spoil = Random(seed), Spoiler(GOOD[topic])
    listeners = stack.listeners(topic)
    counts, bridge = stack.bridge.bridge.counts, stack.bridge.bridge
    seen = Counter()
    for number in range(COUNT):
        message = fresh(stack, topic, spoil(chance), spoil_stamp=chance.random() < 0.1)
        before = counts['OK']
        try:
            for listener in listeners:
                listener(message)
            stack.look(topic, message, number)
        except Exception as error:
            raise AssertionError(f'seed {seed}, message {number}: {message}') from error
        if topic == 'joint_target':
            accepted = counts['OK'] > before
            seen[accepted] += 1
            assert not accepted or well_formed(message.joint_names, message.positions), number
        if number % 100 == 0:
            no_bad_value_inside(stack)
    no_bad_value_inside(stack)
    with capsys.disabled():
        print(f'\n{topic}: {COUNT} messages, {len(listeners)} subscriptions, seed {seed}')
    assert listeners or topic in POLLED, 'nobody was asked'
    assert bridge.status.reason not in ('INTERNAL', 'UNSTABLE')
    if topic == 'joint_target':
        assert seen[True] > COUNT / 20 and seen[False] > COUNT / 3, seen


def hash_of(text: str) -> int:
    """Return a number of the text that is the same in every run."""
    return int.from_bytes(text.encode()[:4], 'big')


@pytest.mark.parametrize('topic', [name for name, good in GOOD.items() if floats(good)])
def test_every_float_in_turn_that_is_not_a_number(stack, topic):
    good, bridge = GOOD[topic], stack.bridge.bridge
    for path in floats(good):
        for value in (math.nan, math.inf, -math.inf):
            message = copy_of(good)
            put(message, path, value)
            message = fresh(stack, topic, message, spoil_stamp=False)
            before = bridge.counts['OK'], stack.controller._inbox.inputs().command
            refused = sum(stack.retargeter._refused.values())
            for listener in stack.listeners(topic):
                listener(message)
            stack.look(topic, message, 0)
            after = bridge.counts['OK'], stack.controller._inbox.inputs().command
            if topic in ('joint_target', 'keypoint_command'):
                assert after == before, f'{path} = {value} was accepted'
            if topic == 'hand_landmarks' and path[0] == 'points':
                assert sum(stack.retargeter._refused.values()) == refused + 1, path
    no_bad_value_inside(stack)


def test_nothing_of_it_ended_a_thread(stack):
    assert stack.controller._failure is None
    assert stack.bridge._physics.alive
    stack.engaged()
    before = stack.bridge.bridge.counts['OK']
    message = fresh(stack, 'joint_target', copy_of(GOOD['joint_target']), spoil_stamp=False)
    for listener in stack.listeners('joint_target'):
        listener(message)
    assert stack.bridge.bridge.counts['OK'] == before + 1
