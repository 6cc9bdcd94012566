"""The node's streams: what it hears, kept as the newest of each, and what it says."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
import time

from dexgen_msgs.msg import (
    AppliedTarget,
    ControllerState,
    JointTarget,
    KeypointCommand,
    StackState,
)
from dexgen_node import topics
from dexgen_node.clock import steady_offset
from dexgen_node.polling import PolledSubscription
from dexgen_node.rates import RateWatch
from geometry_msgs.msg import Point
import numpy as np
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message

from dexgen_controller.controller import Inputs, JointReading, Tick
from dexgen_controller.names import NameOrder, RefusedMessageError
from dexgen_controller.policies import Command

WAITING = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=100, reliability=ReliabilityPolicy.BEST_EFFORT
)
"""Of streams that wait for the next tick, so that their rates are counted: a second at 100 Hz."""

FARTHEST = 2.0
"""Largest coordinate of a commanded keypoint that is taken [m, hand frame]."""


def _seconds(stamp) -> float:
    return stamp.sec + 1e-9 * stamp.nanosec


class Inbox:
    """Subscribes to everything that the controller reads and keeps the newest of each.

    Commands and the stack's state are called back; what the hand tells, at a rate of its own, is
    looked at once a tick, which spares the node hundreds of callbacks a second.

    A message that cannot be read (a name missing, a value not finite, another hand) is said once
    per reason, counted by its code and otherwise ignored: what it would have replaced grows old,
    and age is what the core judges.

    Args:
      node: the rclpy node.
      hand: hand description.
      wake: called after each readable command.

    Attributes:
      watches: rate and age of each subscription, by topic.
      refused: messages that could not be read, by reason code.
    """

    def __init__(self, node, hand, wake: Callable[[], None]):
        self._node = node
        self._hand = hand
        self._wake = wake
        self._joints = NameOrder(hand.joint_names)
        self._keypoints = NameOrder(hand.keypoint_names)
        self._command: Command | None = None
        self._posture: JointReading | None = None
        self._applied: JointReading | None = None
        self._session_id, self._stack_received = 0, float('-inf')
        self._refusal: tuple[str, float] | None = None
        self._said: set[str] = set()
        self.refused: Counter[str] = Counter()
        self.watches: dict[str, RateWatch] = {}
        self._subscriptions = [
            topic.subscription(node, self._note(topic.name, handle))
            for topic, handle in (
                (topics.KEYPOINT_COMMAND, self._on_command),
                (topics.STACK_STATE, self._on_stack),
            )
        ]
        self._polled = []
        for topic, handle in (
            (topics.JOINT_STATES, self._on_posture),
            (topics.APPLIED_TARGET, self._on_applied),
        ):
            self.watches[topic.name] = RateWatch()
            ear = PolledSubscription(node, replace(topic, subscriber_qos=WAITING))
            self._polled.append((topic, ear, handle))

    @property
    def arrival(self) -> float:
        """When the newest command was received [s, steady clock]."""
        return self._command.received if self._command else float('-inf')

    def look(self, now: float) -> None:
        """Take what the hand has told until `now` [s, steady clock]."""
        offset = steady_offset()
        for topic, ear, handle in self._polled:
            arrivals = ear.take_all()
            times = [min(1e-9 * (arrival.received - offset), now) for arrival in arrivals]
            for moment in times:
                self.watches[topic.name].note(moment)
            if arrivals:
                message = deserialize_message(arrivals[-1].raw, topic.message_type)
                self._hear(handle, message, times[-1])

    def inputs(self) -> Inputs:
        """The newest of everything."""
        return Inputs(
            self._command, self._posture, self._applied, self._session_id, self._stack_received,
            self._refusal,
        )

    def close(self) -> None:
        """End the subscriptions."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        for _, ear, _ in self._polled:
            ear.destroy(self._node)

    def _note(self, name: str, handle: Callable) -> Callable:
        watch = self.watches[name] = RateWatch()

        def callback(message):
            now = time.monotonic()
            watch.note(now)
            self._hear(handle, message, now)

        return callback

    def _hear(self, handle: Callable, message, now: float) -> None:
        try:
            handle(message, now)
        except RefusedMessageError as error:
            self._refuse(message, error, now)

    def _refuse(self, message, error: RefusedMessageError, now: float) -> None:
        self.refused[error.reason] += 1
        if isinstance(message, KeypointCommand):
            self._refusal = error.reason, now
        sentence = f'{type(message).__name__} refused, {error.reason}: {error}'
        if error.reason not in self._said:
            self._said.add(error.reason)
            self._node.get_logger().warning(sentence[:500])

    def _on_command(self, message: KeypointCommand, now: float) -> None:
        if message.hand != self._hand.name:
            raise RefusedMessageError(
                'FOREIGN_HAND', f"it is for hand '{message.hand}', this is '{self._hand.name}'"
            )
        points = np.array([(point.x, point.y, point.z) for point in message.keypoints])
        farthest = np.abs(points).max(initial=0.0)
        if np.isfinite(farthest) and farthest > FARTHEST:
            raise RefusedMessageError(
                'OUT_OF_RANGE',
                f'a keypoint has a coordinate of {farthest:.3g} m in the hand frame; at most '
                f'{FARTHEST:g} m is taken: are they millimetres?',
            )
        self._command = Command(
            keypoints=self._keypoints(message.keypoint_names, points.reshape(-1, 3)),
            joints=self._joints(message.joint_names, message.joint_positions),
            sequence=message.sequence,
            received=now,
            stamp=_seconds(message.header.stamp),
        )
        self._wake()

    def _on_posture(self, message, now: float) -> None:
        values = self._joints(message.name, message.position)
        self._posture = JointReading(values, now, _seconds(message.header.stamp))

    def _on_applied(self, message: AppliedTarget, now: float) -> None:
        values = self._joints(message.joint_names, message.positions)
        self._applied = JointReading(values, now, _seconds(message.header.stamp))

    def _on_stack(self, message: StackState, now: float) -> None:
        running = message.state == StackState.RUNNING
        self._session_id, self._stack_received = message.session_id if running else 0, now


class Outbox:
    """Publishes a tick: the joint target, where there is one, and the controller's state always.

    Args:
      node: the rclpy node.
      hand: hand description.
      rate: control rate [Hz], which is also each tick's deadline.
    """

    def __init__(self, node, hand, rate: float):
        self._node = node
        self._hand = hand
        self._rate = rate
        self._targets = topics.JOINT_TARGET.publisher(node)
        self._states = topics.CONTROLLER_STATE.publisher(node)
        self.late_ticks = 0

    def close(self) -> None:
        """End the publishers."""
        self._node.destroy_publisher(self._targets)
        self._node.destroy_publisher(self._states)

    def send(self, tick: Tick, stamp, duration: float, guidance: float) -> None:
        """Publish a tick.

        Args:
          tick: what was decided.
          stamp: rclpy Time of the tick.
          duration: how long the tick computed [s]; past the control period its target is late
            and is not sent.
          guidance: guidance strength.
        """
        late = duration > 1.0 / self._rate
        self.late_ticks += late
        if tick.target is not None and not late:
            self._targets.publish(self._target(tick, stamp))
        self._states.publish(self._state(tick, stamp, duration, guidance, late))

    def _target(self, tick: Tick, stamp) -> JointTarget:
        message = JointTarget(
            session_id=tick.session_id,
            sequence=tick.sequence,
            joint_names=list(self._hand.joint_names),
            positions=tick.target.tolist(),
        )
        # The age of a target counts from its tick, which judged the command's age.
        message.header.stamp = stamp.to_msg()
        message.header.frame_id = topics.HAND_FRAME
        return message

    def _state(
        self, tick: Tick, stamp, duration: float, guidance: float, late: bool
    ) -> ControllerState:
        message = ControllerState(
            mode=tick.mode,
            reason='LATE' if late else tick.decision.reason,
            session_id=tick.session_id,
            command_sequence=tick.command_sequence,
            control_rate=self._rate,
            tick_time=1e3 * duration,
            command_age=tick.command_age,
            guidance=guidance,
            spread=tick.decision.spread,
            strain=tick.decision.strain,
            trust=tick.decision.trust,
            keypoint_names=list(self._hand.keypoint_names),
            departure=tick.departure.tolist(),
            predicted=[
                Point(x=x, y=y, z=z) for x, y, z in tick.decision.predicted.reshape(-1, 3).tolist()
            ],
            late_ticks=self.late_ticks,
        )
        message.header.stamp = stamp.to_msg()
        message.header.frame_id = topics.HAND_FRAME
        return message
