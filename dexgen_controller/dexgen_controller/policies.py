"""How a command becomes a joint target: one class for each mode, behind one interface."""

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np

from dexgen_controller.command import reference_keypoints


@dataclass(frozen=True)
class Observation:
    """What the hand does at this tick.

    Attributes:
      positions: (J,) measured joint positions [rad].
      targets: (J,) last applied joint targets [rad].
      stack: (H (3 F + 3 J),) stacked history, None while it is not complete.
    """

    positions: np.ndarray
    targets: np.ndarray
    stack: np.ndarray | None = None


@dataclass(frozen=True)
class Command:
    """What the operator asks.

    Attributes:
      keypoints: (K, 3) where the keypoints shall be [m, hand frame].
      joints: (J,) retargeted joints [rad].
      sequence: of the KeypointCommand.
      received: when it was received [s, steady clock].
      stamp: acquisition of its source frame [s, ROS time].
    """

    keypoints: np.ndarray
    joints: np.ndarray
    sequence: int = 0
    received: float = 0.0
    stamp: float = 0.0


@dataclass(frozen=True)
class Decision:
    """What a policy wants.

    Attributes:
      target: (J,) wanted joint target [rad], None to send nothing: the bridge then holds.
      reason: reason code, OK where the command is followed.
      intended: (K, 3) where the policy means to bring the keypoints [m, hand frame], None where
        unknown.
      predicted: (T, K, 3) intended keypoints step after step [m, hand frame]; T may be 0.
      spread: spread of the sampled motions [m].
      strain: how far guidance pulled the motion from the prior, 1 and less where it agrees.
      trust: how far the command is trusted, 0 to 1.
    """

    target: np.ndarray | None
    reason: str = 'OK'
    intended: np.ndarray | None = None
    predicted: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 3)))
    spread: float = 0.0
    strain: float = 0.0
    trust: float = 0.0


class Policy(Protocol):
    """One mode of the controller.

    Attributes:
      name: name of the mode.
      needs_command: without a fresh command there is no decision.
      needs_stack: without a complete observation history there is no decision.
      locks_phase: its ticks may move within the control period to meet the newest command.
    """

    name: ClassVar[str]
    needs_command: ClassVar[bool]
    needs_stack: ClassVar[bool]
    locks_phase: ClassVar[bool]

    def reset(self) -> None:
        """Forget what was carried from tick to tick."""

    def tick(self, observation: Observation, command: Command | None, now: float) -> Decision:
        """Decide at steady time `now` [s]."""


class Passthrough:
    """Sends the retargeted joints on as they are: raw teleoperation, the baseline."""

    name = 'passthrough'
    needs_command = True
    needs_stack = False
    locks_phase = True

    def __init__(self, kinematics):
        self._kinematics = kinematics

    def reset(self) -> None:
        """Nothing is carried over."""

    def tick(self, observation: Observation, command: Command, now: float) -> Decision:
        """Want the retargeted joints."""
        return Decision(
            command.joints, intended=reference_keypoints(self._kinematics, command.joints)
        )


class Hold:
    """Sends the last applied target again: the hand stays and the session stays engaged."""

    name = 'hold'
    needs_command = False
    needs_stack = False
    locks_phase = False

    def __init__(self, kinematics):
        self._kinematics = kinematics
        self._held: np.ndarray | None = None

    def reset(self) -> None:
        """Hold what is applied at the next tick."""
        self._held = None

    def tick(self, observation: Observation, command: Command | None, now: float) -> Decision:
        """Want what was applied when holding began, so that the target cannot creep."""
        if self._held is None:
            self._held = observation.targets.copy()
        return Decision(
            self._held, reason='HOLD', intended=reference_keypoints(self._kinematics, self._held)
        )
