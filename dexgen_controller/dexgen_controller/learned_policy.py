"""The learned controller as a mode: guided sampling of a motion and its joint target."""

import numpy as np

from dexgen_controller.command import reference_keypoints
from dexgen_controller.planner import MotionPlanner
from dexgen_controller.policies import Command, Decision, Observation


class LearnedPolicy:
    """Follows commands as far as the prior's motions allow.

    Args:
      name: name of the mode.
      kinematics: forward kinematics of the hand.
      planner: for one hand.
      label: label of the data that the mode asks for.
      lower, upper: (J,) joint limits [rad].
    """

    needs_command = True
    needs_stack = True
    locks_phase = False

    def __init__(
        self,
        name: str,
        kinematics,
        planner: MotionPlanner,
        lower: np.ndarray,
        upper: np.ndarray,
        label: str = 'default',
    ):
        self.name = name
        self.guidance = 1.0
        self._kinematics = kinematics
        self._planner = planner
        self._lower, self._upper = lower, upper
        self._label = label

    def reset(self) -> None:
        """Forget the last plan."""
        self._planner.reset()

    def tick(self, observation: Observation, command: Command, now: float) -> Decision:
        """Want the target that makes the sampled motion happen."""
        reference = reference_keypoints(self._kinematics, observation.targets)
        plan = self._planner.plan(
            observation.stack[None],
            command.keypoints[None],
            reference[None],
            self.guidance,
            self._label,
        )
        present = self._kinematics.keypoints(observation.positions)
        target = np.clip(observation.targets + plan.increment[0], self._lower, self._upper)
        # Departure is judged where the command was: at the applied target, not at the squeezed
        # posture.
        return Decision(
            target,
            intended=reference + plan.motion[0, -1],
            predicted=present + plan.motion[0],
            spread=float(plan.strain[0]),
        )
