"""What the retargeter says of the operator's wrist: command, pose for an arm, transform."""

from dexgen_node import topics
from geometry_msgs.msg import (
    Point,
    PoseStamped,
    Quaternion,
    QuaternionStamped,
    TransformStamped,
    Vector3,
)
import numpy as np
from tf2_msgs.msg import TFMessage

from dexgen_teleop.landmarks import WRIST
from dexgen_teleop.retargeting.operator_hand import OperatorHand
from dexgen_teleop.retargeting.wrist import OPTICAL_IN_WORLD, palm_orientation, WristFilter


class WristStream:
    """Publishes `wrist_command`, `wrist_pose` and the transform world -> operator_wrist.

    The position is that of the operator's wrist seen from a level camera at the world's origin:
    an arm follows its changes, not its value.
    """

    def __init__(self, node):
        self._filter = WristFilter()
        self._command = topics.WRIST_COMMAND.publisher(node)
        self._pose = topics.WRIST_POSE.publisher(node)
        self._transforms = topics.TF.publisher(node)

    def publish(self, operator: OperatorHand, points: np.ndarray, header, stamp: float) -> None:
        """Publish one frame.

        Args:
          operator: the hand.
          points: (21, 3) its landmarks in the optical frame [m].
          header: of the landmarks; its stamp is kept.
          stamp: the same stamp [s].
        """
        w, x, y, z = self._filter(palm_orientation(operator.rotation), stamp).tolist()
        turn = Quaternion(w=w, x=x, y=y, z=z)
        px, py, pz = (OPTICAL_IN_WORLD @ points[WRIST]).tolist()
        command = QuaternionStamped(quaternion=turn)
        command.header.stamp, command.header.frame_id = header.stamp, topics.WORLD_FRAME
        self._command.publish(command)
        pose = PoseStamped(header=command.header)
        pose.pose.position, pose.pose.orientation = Point(x=px, y=py, z=pz), turn
        self._pose.publish(pose)
        transform = TransformStamped(
            header=command.header, child_frame_id=topics.OPERATOR_WRIST_FRAME
        )
        transform.transform.translation = Vector3(x=px, y=py, z=pz)
        transform.transform.rotation = turn
        self._transforms.publish(TFMessage(transforms=[transform]))
