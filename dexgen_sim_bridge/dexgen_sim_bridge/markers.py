"""Markers of the hand's and the object's shapes, each locked to the frame of its link."""

from dexgen_description import Hand, ObjectModel
from dexgen_description.shape import Shape
from geometry_msgs.msg import Point
import numpy as np
from transforms3d.quaternions import rotate_vector
from visualization_msgs.msg import Marker, MarkerArray

OBJECT_FRAME = 'object'
_HAND_COLOR = (0.25, 0.26, 0.28, 1.0)


def _marker(frame: str, kind: int, position, quaternion, scale, color) -> Marker:
    marker = Marker(type=kind, action=Marker.ADD, frame_locked=True)
    marker.header.frame_id = frame
    pose = marker.pose
    pose.position.x, pose.position.y, pose.position.z = map(float, position)
    turn = pose.orientation
    turn.w, turn.x, turn.y, turn.z = map(float, quaternion)
    marker.scale.x, marker.scale.y, marker.scale.z = map(float, scale)
    marker.color.r, marker.color.g, marker.color.b, marker.color.a = map(float, color)
    return marker


def shape_markers(frame: str, shape: Shape, color) -> list[Marker]:
    """Markers of one shape in the frame of its link: a capsule takes three, the others one."""
    size, place = shape.size, (shape.pos, shape.quat)
    if shape.type == 'sphere':
        return [_marker(frame, Marker.SPHERE, *place, [2 * size[0]] * 3, color)]
    if shape.type == 'ellipsoid':
        return [_marker(frame, Marker.SPHERE, *place, 2 * size, color)]
    if shape.type == 'box':
        return [_marker(frame, Marker.CUBE, *place, 2 * size, color)]
    if shape.type == 'mesh':
        marker = _marker(frame, Marker.TRIANGLE_LIST, *place, [1.0] * 3, color)
        corners = shape.vertices[shape.faces].reshape(-1, 3).tolist()
        marker.points = [Point(x=x, y=y, z=z) for x, y, z in corners]
        return [marker]
    radius, half = size[0], size[1]
    across = [2 * radius, 2 * radius, 2 * half]
    markers = [_marker(frame, Marker.CYLINDER, *place, across, color)]
    if shape.type == 'capsule':
        axis = rotate_vector([0.0, 0.0, half], shape.quat)
        ball = [2 * radius] * 3
        markers += [
            _marker(frame, Marker.SPHERE, end, shape.quat, ball, color)
            for end in (shape.pos - axis, shape.pos + axis)
        ]
    return markers


def scene_markers(hand: Hand, model: ObjectModel | None) -> MarkerArray:
    """Markers of a whole scene; they never change but for their stamps.

    The first marker deletes all, so that no part of an earlier object stays.
    """
    markers = [Marker(action=Marker.DELETEALL)]
    for link in hand.links:
        for shape in link.shapes:
            markers += shape_markers(link.name, shape, _HAND_COLOR)
    count = len(markers)
    for shape in model.geoms if model else ():
        markers += shape_markers(OBJECT_FRAME, shape, np.asarray(model.color))
    for number, marker in enumerate(markers):
        marker.ns = 'hand' if number < count else 'object'
        marker.id = number
    return MarkerArray(markers=markers)
