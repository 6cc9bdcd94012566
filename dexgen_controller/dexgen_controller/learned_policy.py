"""The learned controller as a mode: guided sampling of a motion and its joint target."""

import numpy as np

from dexgen_controller.command import reference_keypoints
from dexgen_controller.mirror import Mirror
from dexgen_controller.planner import MotionPlanner, Plan
from dexgen_controller.policies import Command, Decision, Observation
from dexgen_controller.reach import Reach


class LearnedPolicy:
    """Follows commands as far as the prior's motions allow.

    Args:
      name: name of the mode.
      kinematics: forward kinematics of the hand.
      planner: for one hand.
      label: label of the data that the mode asks for.
      lower, upper: (J,) joint limits [rad].
      mirror: where the planner was trained on the other hand.

    Raises:
      ValueError: the checkpoint has a keypoint that the hand has not.
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
        mirror: Mirror | None = None,
    ):
        self.name = name
        self.guidance = 1.0
        self._kinematics = kinematics
        self._planner = planner
        self._lower, self._upper = lower, upper
        self._label = label
        self._mirror = mirror
        names, layout = kinematics.hand.keypoint_names, planner.checkpoint.hand
        unknown = set(layout.keypoint_names) - set(names)
        if unknown:
            raise ValueError(
                f'the checkpoint has the keypoints {sorted(unknown)}; this hand has {list(names)}'
            )
        self._points = [names.index(name) for name in layout.keypoint_names]
        fingers = kinematics.hand.fingers
        self._finger = [fingers.index(name.split('_')[0]) for name in layout.keypoint_names]
        self._reach = Reach(kinematics, planner.checkpoint.config.rate, self._points)
        self._warm_up()

    def reset(self) -> None:
        """Forget the last plan."""
        self._planner.reset()

    def _warm_up(self) -> None:
        # The first plan of a runtime is slow: it must not be the first tick.
        config = self._planner.checkpoint.config
        points = np.zeros((1, config.keypoints, 3))
        self._planner.plan(np.zeros((1, config.state_size)), points, points, 0.0)
        self._planner.reset()

    def tick(self, observation: Observation, command: Command, now: float) -> Decision:
        """Want the target that makes the sampled motion happen."""
        reference = reference_keypoints(self._kinematics, observation.targets)
        points = self._points
        plan = self._plan(observation.stack, command.keypoints[points], reference[points])
        targets, keypoints = observation.targets[None], command.keypoints[None]
        increment = self._reach(
            targets, keypoints, plan.increment, plan.free, plan.carried
        )[0]
        target = np.clip(observation.targets + increment, self._lower, self._upper)
        # A free finger goes where its target brings it, whatever the model would have it do.
        brought = self._kinematics.keypoints(target)
        motion, share = plan.motion[0] + plan.carried[0], plan.free[0, self._finger, None]
        motion = motion + share * ((brought - reference)[points] - motion)
        # Departure is judged where the command was: at the applied target, not at the posture.
        # Keypoints that the model does not move go where the target brings them.
        intended = brought
        intended[points] = reference[points] + motion[-1]
        here = self._kinematics.keypoints(observation.positions)
        predicted = np.repeat(here[None], len(motion), axis=0)
        predicted[:, points] += motion
        figures = {name: float(getattr(plan, name)[0]) for name in ('spread', 'strain', 'trust')}
        return Decision(target, intended=intended, predicted=predicted, **figures)

    def _plan(self, stack: np.ndarray, keypoints: np.ndarray, reference: np.ndarray) -> Plan:
        """The plan for this hand, mirrored there and back where it was trained on the other."""
        mirror = self._mirror
        if mirror:
            stack = stack * mirror.state
            keypoints, reference = keypoints * mirror.points, reference * mirror.points
        plan = self._planner.plan(
            stack[None], keypoints[None], reference[None], self.guidance, self._label
        )
        if not mirror:
            return plan
        return plan._replace(
            motion=plan.motion * mirror.points,
            increment=plan.increment * mirror.joints,
            carried=plan.carried * mirror.points,
        )
