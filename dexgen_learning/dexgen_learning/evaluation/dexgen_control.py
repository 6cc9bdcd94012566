"""The learned controller as a control of the evaluation: the node's own planner, in batches."""

from dexgen_controller.checkpoint import Checkpoint
from dexgen_controller.command import reference_keypoints
from dexgen_controller.observation import stack_steps
from dexgen_controller.planner import MotionPlanner
from dexgen_controller.sampling_config import SamplingConfig
import numpy as np

from dexgen_learning.evaluation.situation import Situation


class DexGenControl:
    """Guided sampling for all environments at once.

    Args:
      checkpoint: trained controller.
      kinematics: forward kinematics of the hand.
      batch: number of environments.
      guidance: strength.
      sampling: how motions are drawn.
      family: as in the tables; the strength is added to the name.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        kinematics,
        batch: int,
        guidance: float,
        sampling: SamplingConfig | None = None,
        family: str = 'dexgen',
    ):
        self.family = family
        self.name = f'{family} {guidance:g}'
        self.guidance = guidance
        self._kinematics = kinematics
        self.planner = MotionPlanner(checkpoint, sampling, batch)

    def wanted(self, situation: Situation) -> np.ndarray:
        """The last applied target and the planned increment."""
        plan = self.planner.plan(
            stack_steps(self._kinematics, situation.positions, situation.targets),
            situation.keypoints,
            reference_keypoints(self._kinematics, situation.applied),
            self.guidance,
        )
        return situation.applied + plan.increment
