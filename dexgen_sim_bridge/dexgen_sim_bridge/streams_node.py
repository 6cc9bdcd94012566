"""What the bridge says and hears: publishers, subscriptions, and the messages between them."""

from collections.abc import Callable
import threading
import time

from dexgen_description import Hand, hand_spec, hand_urdf
from dexgen_msgs.msg import ControllerState, JointTarget
from dexgen_node import topics
from dexgen_node.clock import steady_offset
from dexgen_node.rates import RateWatch
from geometry_msgs.msg import QuaternionStamped
import mujoco
import numpy as np
from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_msgs.msg import Empty, String

from dexgen_sim_bridge.bridge import Bridge
from dexgen_sim_bridge.bridge_step import Snapshot
from dexgen_sim_bridge.markers import OBJECT_FRAME, scene_markers
from dexgen_sim_bridge.messages import (
    JointMessages,
    object_state,
    set_stamp,
    stack_state,
    stamp_age,
    target_of,
    Transforms,
)

EMERGENCY_STOP = 'emergency_stop'
JITTER = 100_000_000
"""How far stamps of one stream may be out of order by a thread's interruptions [ns]."""


def in_order(stamp: int, last: int) -> int:
    """Return the stamp [ns], or the last one where it is a little earlier than that.

    The thread may be interrupted between its looks at two clocks; a clock that was set back by
    more than `JITTER` is followed.
    """
    return last if 0 < last - stamp < JITTER else stamp


class StateStream:
    """StackState, published on every change and as a heartbeat; safe from any thread."""

    def __init__(self, node):
        self._node = node
        self._publisher = topics.STACK_STATE.publisher(node)
        self._lock = threading.Lock()

    def publish(self, status, hand: str, object_name: str, backend: str) -> None:
        """Publish a status."""
        with self._lock:
            message = stack_state(status, hand, object_name, backend)
            message.header.stamp = self._node.get_clock().now().to_msg()
            self._publisher.publish(message)


class Outbox:
    """Everything that the bridge publishes of the hand and the scene.

    Joint states and applied targets go out from the physics thread (`send_joints`), the rest from
    the executor's (`send_scene`, `send_markers`).

    Args:
      own_joint_states: False where the hand itself publishes joint_states with our names.
    """

    def __init__(self, node, hand: Hand, own_joint_states: bool = True):
        self._node = node
        self._hand = hand
        self._last_measured = -1.0
        self._stamps = (0, 0)
        self._joints = JointMessages(hand.joint_names, topics.HAND_FRAME)
        self._kinematics = mujoco.MjData(hand_spec(hand).compile())
        model = self._kinematics.model
        self._bodies = [model.body(name).id for name in hand.link_names[1:]]
        self._joint_states = topics.JOINT_STATES.publisher(node) if own_joint_states else None
        self._applied = topics.APPLIED_TARGET.publisher(node)
        self._object_state = topics.OBJECT_STATE.publisher(node)
        self._tf = topics.TF.publisher(node)
        self._markers = topics.MARKERS.publisher(node)
        self._description = topics.ROBOT_DESCRIPTION.publisher(node)
        self._description.publish(String(data=hand_urdf(hand)))
        self.show(None)

    def show(self, model) -> None:
        """Show this object (an ObjectModel or None) from now on."""
        self._object = model
        frames = [*self._hand.link_names[1:], *([OBJECT_FRAME] if model else [])]
        self._transforms = Transforms(topics.WORLD_FRAME, topics.HAND_FRAME, frames)
        self._scene = scene_markers(self._hand, model)
        self._changed = True

    def close(self) -> None:
        """Destroy the publishers."""
        for publisher in (
            self._joint_states, self._applied, self._object_state, self._tf, self._markers,
            self._description,
        ):  # fmt: skip
            if publisher:
                self._node.destroy_publisher(publisher)

    def send_joints(self, step: Snapshot, due: float, measured_at: float) -> None:
        """Publish a step that was due, and its hand measured, at steady times [s].

        A measurement goes out once: a hand that has fallen silent is silent here, too.
        """
        offset = steady_offset(lambda: self._node.get_clock().now().nanoseconds)
        applied, measured = self._stamps
        self._stamps = (
            in_order(int(1e9 * due) + offset, applied),
            in_order(int(1e9 * measured_at) + offset, measured),
        )
        self._joints.fill(step, *self._stamps)
        if self._joint_states and step.measured.time > self._last_measured:
            self._last_measured = step.measured.time
            self._joint_states.publish(self._joints.state)
        self._applied.publish(self._joints.applied)

    def send_scene(self, positions: np.ndarray, wrist: np.ndarray, reading) -> None:
        """Publish the transforms of a posture (J,) [rad], and the object's state."""
        now = self._node.get_clock().now().nanoseconds
        if reading and self._object:
            message = object_state(reading, topics.HAND_FRAME)
            set_stamp(message.header.stamp, now)
            self._object_state.publish(message)
        if not self._tf.get_subscription_count() or bool(reading) != bool(self._object):
            return
        data = self._kinematics
        data.qpos[:] = positions
        mujoco.mj_kinematics(data.model, data)
        places, turns = data.xpos[self._bodies], data.xquat[self._bodies]
        if reading:
            places = np.vstack([places, reading.position])
            turns = np.vstack([turns, reading.quaternion])
        self._transforms.fill(wrist, places, turns, now)
        self._tf.publish(self._transforms.message)

    def send_markers(self) -> None:
        """Publish the shapes of hand and object; they are locked to the frames of their links."""
        if not self._markers.get_subscription_count():
            return
        stamp = self._node.get_clock().now().to_msg()
        markers = self._scene.markers
        for marker in markers:
            marker.header.stamp = stamp
        message = self._scene
        if not self._changed:
            message = type(message)(markers=markers[1:])
        self._changed = False
        self._markers.publish(message)


class Inbox:
    """What the bridge hears: targets, the controller's rate, the emergency stop.

    Args:
      bridge: who takes the targets.
      ready: called whenever a controller says that it waits for an engage.
      stop: called at an emergency stop.
      follow_wrist: whether the simulated wrist follows the operator's while RUNNING.
    """

    def __init__(
        self,
        node,
        bridge: Bridge,
        ready: Callable[[], None],
        stop: Callable[[], None],
        follow_wrist: bool = False,
    ):
        self._node = node
        self._bridge = bridge
        self._ready = ready
        self.watch, self.controller_watch = RateWatch(), RateWatch()
        reliable = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
        self._subscriptions = [
            topics.JOINT_TARGET.subscription(node, self._on_target),
            topics.CONTROLLER_STATE.subscription(node, self._on_controller),
            node.create_subscription(Empty, EMERGENCY_STOP, lambda _: stop(), reliable),
        ]
        if follow_wrist and bridge.backend.simulated:
            self._subscriptions.append(topics.WRIST_COMMAND.subscription(node, self._on_wrist))

    def close(self) -> None:
        """End the subscriptions."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)

    def _on_target(self, message: JointTarget) -> None:
        now = time.monotonic()
        self.watch.note(now)
        stamp = message.header.stamp
        age = stamp_age(self._node.get_clock().now().nanoseconds, stamp.sec, stamp.nanosec)
        self._bridge.receive(target_of(message, age), now)

    def _on_wrist(self, message: QuaternionStamped) -> None:
        turn = message.quaternion
        with self._bridge.lock:
            if not self._bridge.status.session_id:
                return
            try:
                self._bridge.backend.turn_wrist([turn.w, turn.x, turn.y, turn.z])
            except ValueError as error:
                self._node.get_logger().warning(
                    f'wrist_command: {error}', throttle_duration_sec=5.0
                )

    def _on_controller(self, message: ControllerState) -> None:
        self.controller_watch.note(time.monotonic())
        if message.control_rate > 0.0:
            self._bridge.set_control_rate(message.control_rate)
        if message.reason == 'NOT_RUNNING':
            self._ready()
