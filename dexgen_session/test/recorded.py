"""Samples and channels for the tests of bags: real messages, without a running stack."""

from pathlib import Path

from dexgen_msgs.msg import JointTarget, KeypointCommand, ObjectState, StackState
from dexgen_session.bag.mcap_file import Channel, Sample
from dexgen_session.bag.metadata import offered_qos
from dexgen_session.bag.schema import schema_text, type_hash
from dexgen_session.bag.writer import BagWriter
from geometry_msgs.msg import Point
import numpy as np
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage, JointState
from std_msgs.msg import String

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND


def channel(topic: str, type_name: str, latched: bool = False) -> Channel:
    return Channel(
        topic,
        type_name,
        schema_text(type_name),
        type_hash(type_name),
        offered_qos(True, latched),
        1 if latched else 0,
    )


CHANNELS = {
    one.topic: one
    for one in (
        channel('/joint_states', 'sensor_msgs/msg/JointState'),
        channel('/stack_state', 'dexgen_msgs/msg/StackState', latched=True),
        channel('/annotations', 'std_msgs/msg/String'),
    )
}


def joint_state(number: int, time: int) -> Sample:
    """A JointState whose first position is its number."""
    values = [float(number), 0.5]
    message = JointState(name=['a', 'b'], position=values, velocity=values, effort=values)
    return Sample('/joint_states', bytes(serialize_message(message)), time, time - 1000, number)


def bulky(number: int, time: int) -> Sample:
    """A JointState as joint_state's, with 4 kB that no compression makes smaller."""
    noise = np.random.default_rng(number).normal(size=512)
    values = [float(number), *noise.tolist()]
    message = JointState(position=values, velocity=[0.0], effort=[0.0])
    return Sample('/joint_states', bytes(serialize_message(message)), time, time - 1000, number)


def stack_state(state: int, time: int, reason: str = 'START') -> Sample:
    message = StackState(state=state, reason=reason, hand='allegro_right')
    return Sample('/stack_state', bytes(serialize_message(message)), time, time - 1000, 1)


def write_bag(
    folder: Path, count: int = 100, rate: float = 100.0, close: bool = True
) -> BagWriter:
    """A bag of one state and `count` joint states, a chunk each 10 messages."""
    writer = BagWriter(folder, CHANNELS, {'contract.yaml': 'version: 1\n'})
    writer.write(stack_state(StackState.PAUSED, START))
    for number in range(count):
        writer.write(joint_state(number, START + int(number * SECOND / rate)))
        if number % 10 == 9:
            writer.flush()
    if close:
        writer.close()
    return writer


JOINTS = ('index_joint_0', 'index_joint_1')
SESSION_CHANNELS = {
    one.topic: one
    for one in (
        channel('/joint_states', 'sensor_msgs/msg/JointState'),
        channel('/joint_target', 'dexgen_msgs/msg/JointTarget'),
        channel('/keypoint_command', 'dexgen_msgs/msg/KeypointCommand'),
        channel('/object_state', 'dexgen_msgs/msg/ObjectState'),
        channel('/stack_state', 'dexgen_msgs/msg/StackState', latched=True),
        channel('/annotations', 'std_msgs/msg/String'),
        channel('/camera/image/compressed', 'sensor_msgs/msg/CompressedImage'),
    )
}


def sample(topic: str, message, time: int) -> Sample:
    return Sample(topic, bytes(serialize_message(message)), time, time, 0)


def write_session(
    folder: Path, spans=((1.0, 3.0), (4.0, 5.5)), end: float = 6.0, images=(), shift: float = 0.0
) -> Path:
    """A bag of 100 Hz joint states and 30 Hz targets that is RUNNING in the given spans [s].

    The first joint's position is the time in seconds; its target is 10 more, by shuffled names.
    """
    writer = BagWriter(folder, SESSION_CHANNELS, {})
    events = [(0.0, StackState.PAUSED, 0)]
    for number, (start, stop) in enumerate(spans):
        events += [(start, StackState.RUNNING, number + 7), (stop, StackState.PAUSED, 0)]
    for tick in range(round(end * 300)):
        seconds = tick / 300
        now = START + int(seconds * SECOND)
        for _, state, session in [e for e in events if e[0] == seconds]:
            message = StackState(
                state=state, session_id=session, hand='allegro_right', object='cube'
            )
            writer.write(sample('/stack_state', message, now))
        if tick % 3 == 0:
            values = [seconds, -seconds]
            message = JointState(
                name=list(JOINTS), position=values, velocity=values, effort=values
            )
            writer.write(sample('/joint_states', message, now))
        if tick % 10 == 0:
            for topic, message in _thirty_hertz(seconds, shift):
                writer.write(sample(topic, message, now))
            if images:
                image = CompressedImage(format='jpeg', data=images[tick // 10 % len(images)])
                writer.write(sample('/camera/image/compressed', image, now))
        if tick == 600:
            writer.write(sample('/annotations', String(data='turn the cube'), now))
        if tick % 300 == 0:
            writer.flush()
    writer.close()
    return folder


def _thirty_hertz(seconds: float, shift: float):
    target = [-seconds + 10.0, seconds + 10.0 + shift * (seconds > 2.0)]
    yield '/joint_target', JointTarget(joint_names=list(JOINTS[::-1]), positions=target)
    yield (
        '/keypoint_command',
        KeypointCommand(keypoint_names=['index_tip'], keypoints=[Point(x=seconds, y=1.0, z=2.0)]),
    )
    state = ObjectState(name='cube')
    state.pose.position.x = seconds
    yield '/object_state', state
