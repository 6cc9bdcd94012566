"""Every topic of the stack: its name, message type and quality of service, in one table."""

from dataclasses import dataclass

from dexgen_msgs.msg import (
    AppliedTarget,
    ControllerState,
    HandLandmarks,
    JointTarget,
    KeypointCommand,
    ObjectState,
    StackState,
)
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped, QuaternionStamped
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import MarkerArray


def _qos(reliable: bool, depth: int = 1, latched: bool = False) -> QoSProfile:
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )


SENSOR = _qos(reliable=False)
"""Streams of which only the newest sample counts."""
COMMAND = _qos(reliable=True, depth=10)
"""Commands: none is lost, each is looked at in its turn, the newest wins."""
STATUS = _qos(reliable=True, latched=True)
"""States that a late joiner must learn."""
EVENTS = _qos(reliable=True, depth=10)
"""Small reliable streams: diagnostics, markers, transforms."""


@dataclass(frozen=True)
class Topic:
    """One topic: relative name, message type, quality of service of publisher and subscriber."""

    name: str
    message_type: type
    qos: QoSProfile
    subscriber_qos: QoSProfile | None = None

    def publisher(self, node):
        """Create the publisher on the node."""
        return node.create_publisher(self.message_type, self.name, self.qos)

    def subscription(self, node, callback, **options):
        """Create the subscription on the node."""
        return node.create_subscription(
            self.message_type, self.name, callback, self.subscriber_qos or self.qos, **options
        )


HAND_LANDMARKS = Topic('hand_landmarks', HandLandmarks, SENSOR)
KEYPOINT_COMMAND = Topic('keypoint_command', KeypointCommand, COMMAND)
JOINT_TARGET = Topic('joint_target', JointTarget, COMMAND)
APPLIED_TARGET = Topic('applied_target', AppliedTarget, COMMAND, SENSOR)
JOINT_STATES = Topic('joint_states', JointState, COMMAND, SENSOR)
STACK_STATE = Topic('stack_state', StackState, STATUS)
CONTROLLER_STATE = Topic('controller_state', ControllerState, COMMAND, SENSOR)
OBJECT_STATE = Topic('object_state', ObjectState, COMMAND, SENSOR)
WRIST_COMMAND = Topic('wrist_command', QuaternionStamped, COMMAND, SENSOR)
WRIST_POSE = Topic('wrist_pose', PoseStamped, COMMAND, SENSOR)
ROBOT_DESCRIPTION = Topic('robot_description', String, STATUS)
MARKERS = Topic('markers', MarkerArray, EVENTS)
DIAGNOSTICS = Topic('/diagnostics', DiagnosticArray, EVENTS)
TF = Topic('/tf', TFMessage, _qos(reliable=True, depth=100))
TF_STATIC = Topic('/tf_static', TFMessage, STATUS)

HAND_FRAME = 'hand'
"""Root link of the robot hand: keypoints and the object's pose are given in it."""
WORLD_FRAME = 'world'
"""Fixed frame, z up against gravity; the wrist orientation is the rotation world -> hand."""
OPERATOR_WRIST_FRAME = 'operator_wrist'
"""The operator's filtered wrist frame: z toward the fingers, x out of the palm."""
CAMERA_FRAME = 'camera_color_optical_frame'
"""Optical frame of the operator's camera: x right, y down, z forward."""
