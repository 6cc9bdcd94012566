"""The topic table: every topic once, and a publisher that its subscribers can hear."""

from dexgen_node import topics
from rclpy.qos import DurabilityPolicy, qos_check_compatible, QoSCompatibility

TABLE = [value for value in vars(topics).values() if isinstance(value, topics.Topic)]


def test_names_are_unique():
    names = [topic.name for topic in TABLE]
    assert len(names) == len(set(names))


def test_publishers_and_subscribers_are_compatible():
    for topic in TABLE:
        subscriber = topic.subscriber_qos or topic.qos
        compatible, reason = qos_check_compatible(topic.qos, subscriber)
        assert compatible != QoSCompatibility.ERROR, (topic.name, reason)


def test_states_reach_late_joiners():
    assert topics.STACK_STATE.qos.durability == DurabilityPolicy.TRANSIENT_LOCAL
    assert topics.ROBOT_DESCRIPTION.qos.durability == DurabilityPolicy.TRANSIENT_LOCAL
