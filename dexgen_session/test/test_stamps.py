"""Stamps are moved in the serialized message, and nothing else is."""

from dexgen_session.bag.schema import schema_text
from dexgen_session.bag.stamps import has_header, moved
from rclpy.serialization import deserialize_message
from recorded import joint_state
from sensor_msgs.msg import JointState


def state(seconds: int, nanoseconds: int) -> bytes:
    message = deserialize_message(joint_state(3, 0).raw, JointState)
    message.header.stamp.sec, message.header.stamp.nanosec = seconds, nanoseconds
    from rclpy.serialization import serialize_message

    return bytes(serialize_message(message))


def test_a_stamp_is_moved_over_the_second_and_the_rest_stays():
    raw = moved(state(100, 900_000_000), 200_000_000)
    message = deserialize_message(raw, JointState)
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (101, 100_000_000)
    assert list(message.position) == [3.0, 0.5]
    assert moved(raw, -200_000_000) == state(100, 900_000_000)


def test_a_stamp_of_zero_means_none_and_stays():
    assert moved(state(0, 0), 5) == state(0, 0)


def test_only_messages_that_begin_with_a_header_have_a_stamp_to_move():
    assert has_header(schema_text('dexgen_msgs/msg/HandLandmarks'))
    assert has_header(schema_text('dexgen_msgs/msg/AppliedTarget'))
    assert has_header(schema_text('sensor_msgs/msg/JointState'))
    assert not has_header(schema_text('tf2_msgs/msg/TFMessage'))
    assert not has_header(schema_text('std_msgs/msg/String'))
