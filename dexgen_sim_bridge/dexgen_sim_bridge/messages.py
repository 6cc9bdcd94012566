"""Messages of the bridge, made once and filled at every publication."""

from array import array

from builtin_interfaces.msg import Time
from dexgen_msgs.msg import AppliedTarget, ObjectState, StackState
from geometry_msgs.msg import TransformStamped
import numpy as np
from sensor_msgs.msg import JointState
from tf2_msgs.msg import TFMessage

from dexgen_sim_bridge.bridge_step import Snapshot
from dexgen_sim_bridge.gate import Target
from dexgen_sim_bridge.mujoco_backend import ObjectReading
from dexgen_sim_bridge.state_machine import Status


def floats(values: np.ndarray) -> array:
    """Doubles as the buffer that a message takes without looking at each of them."""
    return array('d', np.ascontiguousarray(values, np.float64).tobytes())


def set_stamp(stamp: Time, nanoseconds: int) -> None:
    """Set a stamp from ROS time [ns]."""
    stamp.sec, stamp.nanosec = divmod(nanoseconds, 1_000_000_000)


def stamp_age(now_ns: int, stamp_seconds: int, stamp_nanoseconds: int) -> float:
    """Tell the age of a stamp [s] by the node's clock [ns]."""
    return 1e-9 * (now_ns - 1_000_000_000 * stamp_seconds - stamp_nanoseconds)


def target_of(message, age: float) -> Target:
    """Read a JointTarget as the gate's Target; `age` of its stamp [s]."""
    return Target(
        message.session_id, message.sequence, message.joint_names, message.positions, age
    )


class JointMessages:
    """JointState and AppliedTarget of each published step.

    Args:
      joint_names: names in the hand's order.
      frame: frame id of the hand.
    """

    def __init__(self, joint_names, frame: str):
        self.state = JointState(name=list(joint_names))
        self.applied = AppliedTarget(joint_names=list(joint_names))
        self.state.header.frame_id = self.applied.header.frame_id = frame

    def fill(self, step: Snapshot, applied_at: int, measured_at: int) -> None:
        """Fill both messages from a step, with the ROS times [ns] of target and measurement."""
        state, applied = self.state, self.applied
        set_stamp(state.header.stamp, measured_at)
        state.position = floats(step.measured.positions)
        state.velocity = floats(step.measured.velocities)
        state.effort = floats(step.measured.efforts)
        set_stamp(applied.header.stamp, applied_at)
        applied.session_id = step.session_id
        applied.sequence = step.decision.sequence
        applied.action = step.decision.action.value
        applied.reason = step.decision.reason.value
        applied.positions = floats(step.applied.position)
        applied.velocities = floats(step.applied.velocity)
        applied.clamped_count = step.clamped
        applied.rejected_count = step.rejected


def stack_state(status: Status, hand: str, object_name: str, backend: str) -> StackState:
    """Make the message of a status; the stamp is the publisher's."""
    return StackState(
        state=int(status.state),
        reason=status.reason,
        message=status.message,
        session_id=status.session_id,
        hand=hand,
        object=object_name,
        backend=backend,
    )


def object_state(reading: ObjectReading, frame: str) -> ObjectState:
    """Make the message of a reading; the stamp is the publisher's."""
    message = ObjectState(name=reading.name, held=reading.holding.held)
    message.header.frame_id = frame
    position, orientation = message.pose.position, message.pose.orientation
    position.x, position.y, position.z = reading.position.tolist()
    orientation.w, orientation.x, orientation.y, orientation.z = reading.quaternion.tolist()
    linear, angular = message.twist.linear, message.twist.angular
    linear.x, linear.y, linear.z = reading.linear.tolist()
    angular.x, angular.y, angular.z = reading.angular.tolist()
    message.drops = reading.holding.drops
    message.held_for = float(reading.held_for)
    message.longest_hold = float(reading.holding.longest)
    return message


class Transforms:
    """TF of the wrist, the links and the object, every one in a message made once.

    Args:
      world: the world frame, parent of the hand.
      frames: frames of poses in the hand frame, in the order that `fill` takes them.
      hand: the hand frame.
    """

    def __init__(self, world: str, hand: str, frames):
        wrist = TransformStamped(child_frame_id=hand)
        wrist.header.frame_id = world
        self.message = TFMessage(transforms=[wrist])
        for frame in frames:
            transform = TransformStamped(child_frame_id=frame)
            transform.header.frame_id = hand
            self.message.transforms.append(transform)

    def fill(self, wrist, positions, quaternions, nanoseconds: int) -> None:
        """Fill in the wrist's orientation (4,) and the poses (N, 3) [m], (N, 4), (w, x, y, z)."""
        second, nanosecond = divmod(nanoseconds, 1_000_000_000)
        transforms = self.message.transforms
        poses = zip(
            [[0.0, 0.0, 0.0], *np.asarray(positions).tolist()],
            [np.asarray(wrist).tolist(), *np.asarray(quaternions).tolist()],
            strict=True,
        )
        for stamped, (position, quaternion) in zip(transforms, poses, strict=True):
            stamp, transform = stamped.header.stamp, stamped.transform
            stamp.sec, stamp.nanosec = second, nanosecond
            place, turn = transform.translation, transform.rotation
            place.x, place.y, place.z = position
            turn.w, turn.x, turn.y, turn.z = quaternion
