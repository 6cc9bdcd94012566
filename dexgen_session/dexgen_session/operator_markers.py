"""Markers of the operator, the command and the predicted motion, for rviz and Foxglove."""

from collections.abc import Iterable, Sequence

from builtin_interfaces.msg import Duration
from dexgen_msgs.msg import ControllerState, HandLandmarks, KeypointCommand
from geometry_msgs.msg import Point
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker

BONES = (
    (0, 1), (1, 2), (2, 3), (3, 4),
    (0, 5), (5, 6), (6, 7), (7, 8),
    (5, 9), (9, 10), (10, 11), (11, 12),
    (9, 13), (13, 14), (14, 15), (15, 16),
    (13, 17), (17, 18), (18, 19), (19, 20), (0, 17),
)  # fmt: skip
"""Pairs of MediaPipe's landmarks that a bone joins."""
LIFETIME = Duration(nanosec=300_000_000)
"""What is not renewed disappears: silence must not look like a hand that keeps still."""
TRACKED = ColorRGBA(r=0.88, g=0.59, b=0.43, a=1.0)
LOST = ColorRGBA(r=0.59, g=0.59, b=0.59, a=1.0)
COMMANDED = ColorRGBA(r=0.12, g=0.51, b=0.90, a=1.0)
PREDICTED = ColorRGBA(r=0.63, g=0.35, b=0.82, a=0.8)
NAMESPACES = ('operator', 'command', 'predicted')


def _marker(
    header: Header,
    name: str,
    number: int,
    kind: int,
    width: float,
    color: ColorRGBA,
    points: Iterable[Point],
) -> Marker:
    marker = Marker(
        header=header,
        ns=name,
        id=number,
        type=kind,
        action=Marker.ADD,
        color=color,
        points=list(points),
        lifetime=LIFETIME,
    )
    marker.pose.orientation.w = 1.0
    marker.scale.x = width
    if kind == Marker.SPHERE_LIST:
        marker.scale.y = marker.scale.z = width
    return marker


def operator_markers(message: HandLandmarks) -> list[Marker]:
    """Points and bones of the operator's hand, in the camera's frame; grey when not followed."""
    color = TRACKED if message.valid else LOST
    known = message.point_valid
    points = [point for point, valid in zip(message.points, known, strict=True) if valid]
    ends = [message.points[i] for a, b in BONES if known[a] and known[b] for i in (a, b)]
    if not points:
        return []
    return [
        _marker(message.header, 'operator', 0, Marker.SPHERE_LIST, 0.008, color, points),
        _marker(message.header, 'operator', 1, Marker.LINE_LIST, 0.004, color, ends),
    ]


def command_markers(message: KeypointCommand) -> list[Marker]:
    """Commanded keypoints, in the hand frame."""
    return [
        _marker(
            message.header, 'command', 0, Marker.SPHERE_LIST, 0.012, COMMANDED, message.keypoints
        )
    ]


def motion_markers(message: ControllerState) -> list[Marker]:
    """Way of each intended keypoint, in the hand frame; none without a learned controller."""
    ways = _segments(message.predicted, len(message.keypoint_names))
    if not ways:
        return []
    return [_marker(message.header, 'predicted', 0, Marker.LINE_LIST, 0.003, PREDICTED, ways)]


def _segments(points: Sequence[Point], count: int) -> list[Point]:
    """Ends of the lines that join each of `count` points to itself one step later."""
    if not count:
        return []
    return [point for i in range(len(points) - count) for point in (points[i], points[i + count])]
