"""Markers for rviz and Foxglove."""

from dexgen_msgs.msg import ControllerState, HandLandmarks, KeypointCommand
from dexgen_session.markers_node import CAMERA_TURN
from dexgen_session.operator_markers import command_markers, motion_markers, operator_markers
from geometry_msgs.msg import Point
import pytest
from transforms3d.quaternions import rotate_vector
from visualization_msgs.msg import Marker


def landmarks(known, valid=True) -> HandLandmarks:
    """A hand whose points count up along x."""
    message = HandLandmarks(valid=valid, point_valid=known)
    message.header.frame_id = 'camera'
    message.points = [Point(x=float(i)) for i in range(21)]
    return message


def test_the_whole_hand_has_points_and_bones():
    points, bones = operator_markers(landmarks([True] * 21))
    assert (points.type, len(points.points)) == (Marker.SPHERE_LIST, 21)
    assert (bones.type, len(bones.points)) == (Marker.LINE_LIST, 42)
    assert points.header.frame_id == 'camera'
    assert (points.ns, points.id) != (bones.ns, bones.id)
    assert points.scale.x == points.scale.y == points.scale.z > 0.0


def test_unknown_points_and_their_bones_are_left_out():
    known = [True] * 21
    known[8] = False
    points, bones = operator_markers(landmarks(known))
    assert 8.0 not in [point.x for point in points.points]
    assert 8.0 not in [point.x for point in bones.points]
    assert len(bones.points) == 40
    assert operator_markers(landmarks([False] * 21)) == []


def test_a_hand_that_is_not_followed_looks_different():
    followed = operator_markers(landmarks([True] * 21))[0]
    lost = operator_markers(landmarks([True] * 21, valid=False))[0]
    assert followed.color != lost.color


def test_commanded_keypoints():
    message = KeypointCommand(keypoints=[Point(x=0.1), Point(x=0.2)])
    message.header.frame_id = 'hand'
    (marker,) = command_markers(message)
    assert [point.x for point in marker.points] == [0.1, 0.2]
    assert marker.header.frame_id == 'hand'


def test_predicted_motion_joins_each_keypoint_to_itself():
    message = ControllerState(keypoint_names=['a', 'b'])
    message.predicted = [Point(x=float(t), y=float(k)) for t in range(3) for k in range(2)]
    (marker,) = motion_markers(message)
    pairs = list(zip(marker.points[::2], marker.points[1::2], strict=True))
    assert len(pairs) == 4
    assert all(b.x - a.x == 1.0 and a.y == b.y for a, b in pairs)


def test_no_prediction_no_marker():
    assert motion_markers(ControllerState(keypoint_names=['a'])) == []
    assert motion_markers(ControllerState()) == []


def test_everything_disappears_when_it_is_not_renewed():
    for marker in operator_markers(landmarks([True] * 21)):
        assert 0 < marker.lifetime.nanosec < 1_000_000_000


def test_the_camera_looks_along_the_world():
    assert rotate_vector([0.0, 0.0, 1.0], CAMERA_TURN) == pytest.approx([1.0, 0.0, 0.0])
    assert rotate_vector([0.0, 1.0, 0.0], CAMERA_TURN) == pytest.approx([0.0, 0.0, -1.0])
    assert rotate_vector([1.0, 0.0, 0.0], CAMERA_TURN) == pytest.approx([0.0, -1.0, 0.0])
