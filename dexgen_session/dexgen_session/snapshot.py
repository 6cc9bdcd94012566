"""What the live page shows at one moment, as plain values made from the stack's messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

STATE_NAMES = ('STOPPED', 'PAUSED', 'RUNNING', 'FAULT')
"""Names of StackState.state, by its value."""


@dataclass(frozen=True)
class StackView:
    """The state machine: state's name, reason code, sentence, hand, object, backend."""

    state: str
    reason: str
    message: str
    hand: str
    object: str
    backend: str


@dataclass(frozen=True)
class ControllerView:
    """One tick of the controller: times in [ms], rate in [Hz], guidance strength dimensionless."""

    mode: str
    reason: str
    tick_time: float
    command_age: float
    control_rate: float
    guidance: float
    trust: float
    late_ticks: int
    predicted: np.ndarray


@dataclass(frozen=True)
class ObjectView:
    """The object in the hand frame: position (3,) [m], wxyz (4,), and what was counted [s]."""

    name: str
    position: np.ndarray
    wxyz: np.ndarray
    held: bool
    drops: int
    held_for: float
    longest_hold: float


@dataclass(frozen=True)
class LandmarksView:
    """The operator's hand: points (21, 3) [m] in the camera's optical frame, known (21,) bool."""

    points: np.ndarray
    known: np.ndarray
    valid: bool
    side: str


@dataclass(frozen=True)
class GateView:
    """The safety gate's last decision and its counts."""

    reason: str
    clamped: int
    rejected: int


@dataclass(frozen=True)
class Snapshot:
    """Everything that the page may show; None or empty where nothing was heard yet.

    Attributes:
      joints: measured joint positions by name [rad].
      hand_wxyz: orientation (4,) of the hand frame in the world.
      command: commanded keypoints (K, 3) [m], hand frame.
      rates: rate of each stream by its topic [Hz]; 0 for a stream that has gone silent.
      warnings: sentences of the diagnostics that are not OK.
      parts: what the diagnostics say of each part of each node: its level (0 OK, 1 warning,
        2 error) and sentence, by the part's name.
    """

    stack: StackView | None = None
    controller: ControllerView | None = None
    object: ObjectView | None = None
    landmarks: LandmarksView | None = None
    gate: GateView | None = None
    joints: Mapping[str, float] = field(default_factory=dict)
    hand_wxyz: np.ndarray | None = None
    command: np.ndarray | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    parts: Mapping[str, tuple[int, str]] = field(default_factory=dict)


def points_array(points) -> np.ndarray:
    """Points with x, y, z as an array (N, 3)."""
    return np.array([(p.x, p.y, p.z) for p in points], dtype=float).reshape(-1, 3)


def wxyz_array(quaternion) -> np.ndarray:
    """A message's quaternion as (w, x, y, z)."""
    return np.array([quaternion.w, quaternion.x, quaternion.y, quaternion.z])


def stack_view(message) -> StackView:
    """View of a StackState."""
    known = message.state < len(STATE_NAMES)
    return StackView(
        state=STATE_NAMES[message.state] if known else f'STATE {message.state}',
        reason=message.reason,
        message=message.message,
        hand=message.hand,
        object=message.object,
        backend=message.backend,
    )


def controller_view(message) -> ControllerView:
    """View of a ControllerState."""
    return ControllerView(
        mode=message.mode,
        reason=message.reason,
        tick_time=message.tick_time,
        command_age=1e3 * message.command_age,
        control_rate=message.control_rate,
        guidance=message.guidance,
        trust=message.trust,
        late_ticks=message.late_ticks,
        predicted=points_array(message.predicted),
    )


def object_view(message) -> ObjectView:
    """View of an ObjectState."""
    position = message.pose.position
    return ObjectView(
        name=message.name,
        position=np.array([position.x, position.y, position.z]),
        wxyz=wxyz_array(message.pose.orientation),
        held=message.held,
        drops=message.drops,
        held_for=message.held_for,
        longest_hold=message.longest_hold,
    )


def landmarks_view(message) -> LandmarksView:
    """View of a HandLandmarks."""
    return LandmarksView(
        points=points_array(message.points),
        known=np.array(message.point_valid, dtype=bool),
        valid=message.valid,
        side=('unknown', 'left', 'right')[min(message.handedness, 2)],
    )


def gate_view(message) -> GateView:
    """View of an AppliedTarget."""
    return GateView(
        reason=message.reason, clamped=message.clamped_count, rejected=message.rejected_count
    )
