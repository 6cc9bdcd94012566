"""The controller's core: what arrived, judged by its age, becomes one decision a tick."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from dexgen_controller.observation import HISTORY, ObservationHistory, Proprioception
from dexgen_controller.policies import Command, Decision, Observation, Policy
from dexgen_controller.ramp import Ramp


@dataclass(frozen=True)
class JointReading:
    """Joint values in the hand's order with the time of their arrival.

    Attributes:
      values: (J,) [rad].
      received: [s, steady clock].
      stamp: [s, ROS time].
    """

    values: np.ndarray
    received: float
    stamp: float = 0.0


@dataclass(frozen=True)
class Inputs:
    """The newest of everything that the controller reads; None where nothing arrived.

    Attributes:
      command: the operator's command.
      posture: measured joint positions.
      applied: last applied joint targets.
      session_id: session of the stack, 0 while it is not RUNNING.
      stack_received: when the stack last told its state [s, steady clock]; infinite: it never
        grows old.
      refused: of the newest command, where it could not be read: the reason, and when it came
        [s, steady clock].
    """

    command: Command | None = None
    posture: JointReading | None = None
    applied: JointReading | None = None
    session_id: int = 0
    stack_received: float = float('inf')
    refused: tuple[str, float] | None = None


@dataclass(frozen=True)
class Timeouts:
    """When what arrived is too old [s].

    Attributes:
      command: of a command, by receive time and by stamp.
      posture: of the measured joints and of the applied targets, by receive time.
      stack: of the stack's state, which comes at least twice a second.
    """

    command: float = 0.1
    posture: float = 0.1
    stack: float = 2.0


@dataclass(frozen=True)
class Tick:
    """What one tick decided.

    Attributes:
      decision: what the policy wants, and why.
      mode: mode that decided.
      target: (J,) joint target to publish [rad], None to publish nothing.
      session_id: session that the target is meant for.
      sequence: of the target, rising by one within a session; 0 when none is published.
      command_sequence: of the command followed, 0 when none.
      command_age: acquisition of the source frame to this tick [s].
      departure: (K,) distance from the commanded to the intended keypoints [m], zeros where one
        is unknown.
    """

    decision: Decision
    mode: str
    target: np.ndarray | None
    session_id: int
    sequence: int
    command_sequence: int
    command_age: float
    departure: np.ndarray


class Controller:
    """Chooses the policy, keeps the observation history, ramps after changes, numbers targets.

    Args:
      kinematics: forward kinematics of the hand.
      keypoint_count: K.
      policies: one for each mode.
      mode: first mode.
      period: control period [s].
      timeouts: ages from which inputs count as silent.
      steps: steps in the observation stack.
      ramp_time: how long a change of mode or session is blended in [s].
    """

    def __init__(
        self,
        kinematics,
        keypoint_count: int,
        policies: Iterable[Policy],
        mode: str,
        period: float,
        timeouts: Timeouts | None = None,
        steps: int = HISTORY,
        ramp_time: float = 0.5,
    ):
        self._kinematics = kinematics
        self._keypoint_count = keypoint_count
        self._policies = {policy.name: policy for policy in policies}
        self.history = ObservationHistory(period, steps)
        self.timeouts = timeouts or Timeouts()
        self._ramp = Ramp(ramp_time)
        self.guidance = 0.0
        self._session_id = 0
        self._sequence = 0
        self._policy = self._find(mode)

    @property
    def modes(self) -> tuple[str, ...]:
        """Names of the modes."""
        return tuple(self._policies)

    @property
    def policy(self) -> Policy:
        """The policy of the present mode."""
        return self._policy

    def set_mode(self, mode: str) -> None:
        """Change the mode; the new one is blended in.

        Raises:
          ValueError: there is no such mode.
        """
        policy = self._find(mode)
        if policy is not self._policy:
            policy.reset()
            self._policy = policy
            self._ramp.restart()

    def set_guidance(self, guidance: float) -> None:
        """Change the guidance strength (dimensionless, at least 0) of every policy."""
        if guidance < 0.0:
            raise ValueError(f'guidance is {guidance}; it must be at least 0')
        self.guidance = guidance
        for policy in self._policies.values():
            policy.guidance = guidance

    def tick(self, inputs: Inputs, now: float, stamp: float) -> Tick:
        """Decide at steady time `now` [s], ROS time `stamp` [s]."""
        if now - inputs.stack_received > self.timeouts.stack:
            inputs = replace(inputs, session_id=0)
        self._follow_session(inputs.session_id)
        policy = self._policy
        self._record(inputs)
        command, fault = self._fresh_command(inputs, now, stamp)
        posture_fault = self._posture_fault(inputs, now)
        if posture_fault:
            decision = Decision(None, posture_fault)
        elif policy.needs_command and command is None:
            decision = Decision(None, fault)
        elif policy.needs_stack and not self.history.complete(now):
            decision = Decision(None, 'HISTORY')
        else:
            decision = policy.tick(self._observe(inputs, now), command, now)
        return self._tick(decision, inputs, command, now, stamp)

    def _find(self, mode: str) -> Policy:
        if mode not in self._policies:
            raise ValueError(
                f"the controller has no mode '{mode}'; allowed: {', '.join(self._policies)}"
            )
        return self._policies[mode]

    def _follow_session(self, session_id: int) -> None:
        if session_id != self._session_id:
            self._session_id = session_id
            self._sequence = 0
            self._policy.reset()
            self._ramp.restart()

    def _record(self, inputs: Inputs) -> None:
        if inputs.posture is not None and inputs.applied is not None:
            step = Proprioception(inputs.posture.values, inputs.applied.values)
            self.history.push(inputs.posture.received, step)

    def _fresh_command(
        self, inputs: Inputs, now: float, stamp: float
    ) -> tuple[Command | None, str]:
        command, limit = inputs.command, self.timeouts.command
        fault = 'OK'
        if command is None:
            fault = 'NO_COMMAND'
        elif now - command.received > limit:
            fault = 'STALE_COMMAND'
        elif abs(stamp - command.stamp) > limit:
            fault = 'OLD_STAMP' if stamp > command.stamp else 'FUTURE_STAMP'
        if fault == 'OK':
            return command, fault
        if inputs.refused is not None and now - inputs.refused[1] <= limit:
            fault = inputs.refused[0]
        return None, fault

    def _posture_fault(self, inputs: Inputs, now: float) -> str:
        if inputs.posture is None:
            return 'NO_JOINT_STATE'
        if now - inputs.posture.received > self.timeouts.posture:
            return 'STALE_JOINT_STATE'
        if inputs.applied is None:
            return 'NO_APPLIED_TARGET'
        if now - inputs.applied.received > self.timeouts.posture:
            return 'STALE_APPLIED_TARGET'
        return ''

    def _observe(self, inputs: Inputs, now: float) -> Observation:
        complete = self._policy.needs_stack and self.history.complete(now)
        return Observation(
            inputs.posture.values,
            inputs.applied.values,
            self.history.stack(self._kinematics) if complete else None,
        )

    def _tick(
        self, decision: Decision, inputs: Inputs, command: Command | None, now: float, stamp: float
    ) -> Tick:
        target, sequence = None, 0
        if decision.target is not None and inputs.session_id:
            target = self._ramp.blend(decision.target, inputs.applied.values, now)
            self._sequence += 1
            sequence = self._sequence
        departure = np.zeros(self._keypoint_count)
        if command is not None and decision.intended is not None:
            departure = np.linalg.norm(command.keypoints - decision.intended, axis=-1)
        if decision.target is not None and not inputs.session_id:
            decision = replace(decision, reason='NOT_RUNNING')
        return Tick(
            decision=decision,
            mode=self._policy.name,
            target=target,
            session_id=inputs.session_id,
            sequence=sequence,
            command_sequence=command.sequence if command is not None else 0,
            command_age=stamp - command.stamp if command is not None else 0.0,
            departure=departure,
        )
