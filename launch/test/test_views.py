"""Every topic, type, field and frame that the rviz and Foxglove files name exists."""

from dexgen_node import topics
from dexgen_session.operator_markers import NAMESPACES
import pytest
from rclpy.qos import DurabilityPolicy
import views

TABLE = {
    '/' + topic.name.lstrip('/'): topic
    for topic in vars(topics).values()
    if isinstance(topic, topics.Topic)
}
FRAMES = {topics.WORLD_FRAME, topics.HAND_FRAME, topics.CAMERA_FRAME, 'object'}
NAMED = [*views.rviz_topics(), *views.foxglove_topics()]


def type_name(message_type: type) -> str:
    """Name of a message type as rviz and Foxglove write it."""
    return f'{message_type.__module__.split(".")[0]}/msg/{message_type.__name__}'


@pytest.mark.parametrize('named', NAMED, ids=[f'{item.topic}.{item.field}' for item in NAMED])
def test_topic_type_and_field(named):
    assert named.topic in TABLE
    message_type = TABLE[named.topic].message_type
    if named.type:
        assert type_name(message_type) == named.type
    if named.field:
        assert named.field in message_type.get_fields_and_field_types()


@pytest.mark.parametrize('named', views.rviz_topics(), ids=lambda named: named.topic)
def test_durability_fits_the_publisher(named):
    durability = TABLE[named.topic].qos.durability
    assert named.latched == (durability == DurabilityPolicy.TRANSIENT_LOCAL)


def test_frames():
    assert views.rviz_frames() <= FRAMES
    assert views.foxglove_frames() <= FRAMES


def test_marker_namespaces():
    assert views.rviz_namespaces() == {'hand', 'object', *NAMESPACES}


def test_every_panel_is_laid_out_once():
    assert sorted(views.laid_out()) == sorted(views.panels())
