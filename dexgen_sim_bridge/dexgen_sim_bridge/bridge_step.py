"""What goes into the bridge and what comes out of it: settings, answers, steps."""

from dataclasses import dataclass
from typing import NamedTuple

from dexgen_sim_bridge.backend import Measured
from dexgen_sim_bridge.gate import Decision
from dexgen_sim_bridge.limiter import LimiterState, POSITION_MARGIN


@dataclass(frozen=True)
class BridgeSettings:
    """Settings of the bridge.

    Attributes:
      timestep: length of a step of gate and physics [s].
      margin: distance of applied targets from the joints' limits [rad].
      silence: time without a usable target after which a session ends [s].
      control_rate: of the controller, until it says its own [Hz].
      future: how far a target's stamp may lie in the future [s].
      ramp: after an engage, time in which the allowed rate rises to its limit [s].
    """

    timestep: float = 0.005
    margin: float = POSITION_MARGIN
    silence: float = 0.5
    control_rate: float = 10.0
    future: float = 0.05
    ramp: float = 0.5


class Answer(NamedTuple):
    """The answer to a service: whether it was done, and what was done or why not."""

    success: bool
    message: str


class Snapshot(NamedTuple):
    """Everything that is published of one step.

    Attributes:
      measured: the hand.
      applied: the applied target [rad, rad/s].
      decision: the gate's.
      session_id: 0 when not RUNNING.
      clamped, rejected: targets so far.
    """

    measured: Measured
    applied: LimiterState
    decision: Decision
    session_id: int
    clamped: int
    rejected: int
