"""The nodes of retargeting with real messages, without transport."""

from dexgen_msgs.msg import HandLandmarks
from dexgen_teleop.hand_adapter_node import HandAdapterNode
from dexgen_teleop.human_hand import FIST, HumanHand, OPEN
from dexgen_teleop.retargeter_node import RetargeterNode
from dexgen_teleop.retargeting.input_mapping import load_input
from geometry_msgs.msg import Point, Pose, PoseArray
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest
import rclpy


class Published(list):
    """Stands in for a publisher and keeps what it is given."""

    publish = list.append


@pytest.fixture(scope='module', autouse=True)
def context():
    rclpy.init(args=[])
    yield
    rclpy.shutdown()


@pytest.fixture
def node():
    node = RetargeterNode()
    node._publisher = Published()
    yield node
    node.destroy_node()


def message(points, seconds=1.0, side=HandLandmarks.RIGHT, valid=True):
    out = HandLandmarks(valid=valid, handedness=side, sequence=round(30 * seconds) % 2**32)
    out.header.stamp.sec = int(seconds)
    out.header.stamp.nanosec = round((seconds % 1) * 1e9)
    out.points = [Point(x=x, y=y, z=z) for x, y, z in np.asarray(points).tolist()]
    out.point_valid = [True] * 21
    return out


def test_a_valid_hand_gives_a_command_at_once(node):
    sent = message(HumanHand().landmarks(OPEN))
    node._on_landmarks(sent)
    (command,) = node._publisher
    assert command.header.stamp == sent.header.stamp
    assert command.header.frame_id == 'hand'
    assert command.sequence == sent.sequence
    assert command.hand == 'allegro_right'
    assert len(command.keypoints) == len(command.keypoint_names) == 8
    assert len(command.joint_positions) == len(command.joint_names) == 16


def test_the_wrist_is_told_to_the_bridge_to_an_arm_and_as_a_transform(node):
    wrist = node._wrist
    wrist._command, wrist._pose, wrist._transforms = Published(), Published(), Published()
    facing = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])  # palm to the camera
    points = HumanHand().landmarks(OPEN) @ facing.T + [0.1, 0.2, 0.5]
    for i in range(3):
        node._on_landmarks(message(points, 1.0 + i / 30))
    turned = points @ np.array([[0.6, 0.8, 0.0], [-0.8, 0.6, 0.0], [0.0, 0.0, 1.0]])
    node._on_landmarks(message(turned, 1.0 + 3 / 30))
    command, pose, transform = wrist._command[2], wrist._pose[2], wrist._transforms[2]
    transform = transform.transforms[0]
    assert command.header.frame_id == pose.header.frame_id == transform.header.frame_id == 'world'
    assert transform.child_frame_id == 'operator_wrist'
    q = command.quaternion
    assert q == pose.pose.orientation == transform.transform.rotation
    fingers = 2 * (q.x * q.z + q.w * q.y), 2 * (q.y * q.z - q.w * q.x)
    np.testing.assert_allclose(fingers, 0.0, atol=1e-6)  # z of the hand points up
    position = pose.pose.position
    np.testing.assert_allclose(
        [position.x, position.y, position.z], [points[0, 2], -points[0, 0], -points[0, 1]]
    )
    last = wrist._command[3].quaternion
    cosine = q.w * last.w + q.x * last.x + q.y * last.y + q.z * last.z
    assert 0.0 < 2.0 * np.arccos(min(1.0, abs(cosine))) <= 4.0 / 30 + 1e-6  # the rate limit


def test_nothing_is_published_without_the_right_hand(node):
    points = HumanHand().landmarks(OPEN)
    node._on_landmarks(message(points, valid=False))
    node._on_landmarks(message(points, side=HandLandmarks.LEFT))
    node._on_landmarks(message(points, side=HandLandmarks.UNKNOWN))
    assert not node._publisher
    assert node._refused == {'INVALID': 1, 'HANDEDNESS': 2}


def test_overtaken_and_doubled_frames_are_refused_and_a_clock_that_was_set_back_is_followed(node):
    points = HumanHand().landmarks(OPEN)
    for seconds in (10.0, 10.1, 10.05, 10.1, 10.2, 3.0, 3.03):
        node._on_landmarks(message(points, seconds))
    stamps = [c.header.stamp.sec + 1e-9 * c.header.stamp.nanosec for c in node._publisher]
    assert stamps == pytest.approx([10.0, 10.1, 10.2, 3.0, 3.03])
    assert node._refused == {'REORDERED': 2}


@pytest.mark.parametrize(
    'points',
    [
        np.full((21, 3), np.nan),
        np.full((21, 3), np.inf),
        np.zeros((21, 3)),
        np.full((21, 3), 1e308),
        100.0 * HumanHand().landmarks(OPEN),
        HumanHand('left').landmarks(FIST),
    ],
)
def test_bad_hands_are_refused_without_an_exception(node, points):
    node._on_landmarks(message(points))
    assert not node._publisher
    assert sum(node._refused.values()) == 1


def test_the_adapter_speaks_for_a_headset(node):
    adapter = HandAdapterNode()
    adapter._publisher = Published()
    mapping = load_input('quest_right')
    points = HumanHand().landmarks(OPEN) + [0.0, 0.0, 0.5]
    names = list(mapping.landmarks)
    poses = PoseArray()
    for pose in mapping.names:
        place = next((i for i, name in enumerate(names) if mapping.landmarks[name] == pose), 0)
        x, y, z = points[place]
        poses.poses.append(Pose(position=Point(x=x, y=-y, z=-z)))
    adapter._on_poses(poses)
    (hand,) = adapter._publisher
    np.testing.assert_allclose([(p.x, p.y, p.z) for p in hand.points], points, atol=1e-9)
    node._on_landmarks(hand)
    assert len(node._publisher) == 1
    adapter._on_poses(PoseArray())
    assert len(adapter._publisher) == 1
    adapter._on_poses(poses)
    (status,) = adapter._diagnostics.message().status
    values = {pair.key: pair.value for pair in status.values}
    assert values['count'] == '2' and 0.0 <= float(values['age [s]']) < 60.0
    adapter.destroy_node()


ANY = arrays(float, (21, 3), elements=st.floats())
NEAR = arrays(float, (21, 3), elements=st.floats(-0.05, 0.05))


@pytest.fixture(scope='module')
def busy_node():
    node = RetargeterNode()
    yield node
    node.destroy_node()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            ANY | NEAR.map(lambda noise: HumanHand().landmarks(OPEN) + noise),
            arrays(bool, 21) | st.just(np.ones(21, bool)),
            st.integers(0, 2**31 - 1) | st.integers(0, 2),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_any_message_is_answered_within_the_limits_or_not_at_all(busy_node, frames):
    hand = busy_node._retargeter.hand
    busy_node._publisher = Published()
    for points, known, seconds in frames:
        sent = message(points, seconds)
        sent.point_valid = known.tolist()
        busy_node._on_landmarks(sent)
    for command in busy_node._publisher:
        joints = np.array(command.joint_positions)
        assert np.isfinite(joints).all()
        assert (joints >= hand.lower).all() and (joints <= hand.upper).all()
        assert all(np.isfinite([p.x, p.y, p.z]).all() for p in command.keypoints)
