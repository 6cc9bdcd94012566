"""Words of the safety gate: reason codes, actions, targets, decisions, times."""

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple


class Reason(str, Enum):
    """Reason codes of the gate, as published in AppliedTarget.reason."""

    OK = 'OK'
    # clamped
    POSITION = 'POSITION'
    RATE = 'RATE'
    ACCELERATION = 'ACCELERATION'
    RAMP = 'RAMP'
    # rejected
    UNNAMED = 'UNNAMED'
    DUPLICATE = 'DUPLICATE'
    UNKNOWN_JOINT = 'UNKNOWN_JOINT'
    INCOMPLETE = 'INCOMPLETE'
    NOT_FINITE = 'NOT_FINITE'
    NOT_RUNNING = 'NOT_RUNNING'
    FOREIGN_SESSION = 'FOREIGN_SESSION'
    SEQUENCE = 'SEQUENCE'
    FUTURE_STAMP = 'FUTURE_STAMP'
    STALE_STAMP = 'STALE_STAMP'
    # held
    NO_TARGET = 'NO_TARGET'
    STALE = 'STALE'


REJECTIONS = (
    Reason.UNNAMED, Reason.DUPLICATE, Reason.UNKNOWN_JOINT, Reason.INCOMPLETE, Reason.NOT_FINITE,
    Reason.NOT_RUNNING, Reason.FOREIGN_SESSION, Reason.SEQUENCE, Reason.FUTURE_STAMP,
    Reason.STALE_STAMP,
)  # fmt: skip


class Action(int, Enum):
    """What was done with the wanted target, numbered as in AppliedTarget.msg."""

    APPLIED = 0
    CLAMPED = 1
    HELD = 2


class GateSettings(NamedTuple):
    """Times of the gate [s].

    Attributes:
      staleness: age from which a target is not followed any more: 2.5 control periods.
      future: how far a stamp may lie in the future (two machines' clocks).
      ramp: after an engage, time in which the allowed rate rises to its limit.
      ramp_start: share of the rate limit allowed at the start of the ramp.
    """

    staleness: float = 0.25
    future: float = 0.05
    ramp: float = 0.5
    ramp_start: float = 0.1


class Target(NamedTuple):
    """A JointTarget as it arrived.

    Attributes:
      session_id, sequence: as in the message.
      joint_names: names, any order.
      positions: wanted positions, one for each name [rad].
      stamp_age: node's clock at arrival minus the stamp [s]; negative for a future stamp.
    """

    session_id: int
    sequence: int
    joint_names: Sequence[str]
    positions: Sequence[float]
    stamp_age: float


class Decision(NamedTuple):
    """What the gate let through in one step.

    Attributes:
      action: APPLIED, CLAMPED or HELD.
      reason: why.
      sequence: sequence of the target followed, 0 when none.
    """

    action: Action
    reason: Reason
    sequence: int
