"""Samples and channels for the tests of bags: real messages, without a running stack."""

from pathlib import Path

from dexgen_msgs.msg import StackState
from dexgen_session.bag.mcap_file import Channel, Sample
from dexgen_session.bag.metadata import offered_qos
from dexgen_session.bag.schema import schema_text, type_hash
from dexgen_session.bag.writer import BagWriter
from rclpy.serialization import serialize_message
from sensor_msgs.msg import JointState

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
