"""The learned controller as a control of the evaluation: the node's own planner, in batches.

Also the rivals that have a model: the prior alone, the command partly noised, and what the
observation alone predicts.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from dexgen_controller.command import reference_keypoints
from dexgen_controller.noise_schedule import START
from dexgen_controller.observation import stack_steps
from dexgen_controller.planner import MotionPlanner
from dexgen_controller.reach import Reach
from dexgen_controller.sampling_config import SamplingConfig
import numpy as np

from dexgen_learning.evaluation.situation import Situation

OURS = 'dexgen'
"""Family of the controller itself."""


@dataclass(frozen=True)
class Learned:
    """A control with a model, as data.

    Attributes:
      family: as in the tables.
      setting: within the family, as in the tables; NaN for none.
      guidance: strength.
      sampling: how motions are drawn.
      mode: label of the data.
    """

    family: str
    setting: float
    guidance: float
    sampling: SamplingConfig
    mode: str = 'default'

    @property
    def name(self) -> str:
        """With its setting."""
        return self.family if np.isnan(self.setting) else f'{self.family} {self.setting:g}'


def dexgen(guidance: float, sampling: SamplingConfig) -> Learned:
    """The controller at a strength."""
    return Learned(OURS, guidance, guidance, sampling)


def prior(sampling: SamplingConfig) -> Learned:
    """A draw from the prior, whatever the command."""
    drawn = replace(sampling, temperature=1.0, start_temperature=1.0, arbitration=None)
    return Learned('guidance 0, drawn', float('nan'), 0.0, drawn)


def partial_noising(angle: float, sampling: SamplingConfig) -> Learned:
    """The command, noised up to an angle [rad] and denoised: "To the Noise and Back"."""
    noised = replace(sampling, origin='command', start=angle, start_temperature=1.0)
    noised = replace(noised, arbitration=None)
    return Learned('partial noising', angle, 0.0, noised)


def cloning(sampling: SamplingConfig) -> Learned:
    """Behaviour cloning: the mean motion that the observation alone predicts.

    One denoising step from no signal is the least-squares regression of the motion.
    """
    mean = replace(sampling, steps=1, start=START, temperature=0.0, start_temperature=0.0)
    return Learned(
        'behaviour cloning', float('nan'), 0.0, replace(mean, samples=1, arbitration=None)
    )


class DexGenControl:
    """Guided sampling for all environments at once.

    Args:
      spec: what.
      planner: for as many hands as there are environments.
      kinematics: forward kinematics of the hand.
    """

    def __init__(self, spec: Learned, planner: MotionPlanner, kinematics):
        self.family, self.name, self.setting = spec.family, spec.name, spec.setting
        self._spec = spec
        self._kinematics = kinematics
        self.planner = planner
        names, layout = kinematics.hand.keypoint_names, planner.checkpoint.hand
        self._points = [names.index(name) for name in layout.keypoint_names]
        self._history = planner.checkpoint.config.history
        self._reach = Reach(kinematics, planner.checkpoint.config.rate, self._points)

    def wanted(self, situation: Situation) -> np.ndarray:
        """The last applied target and the planned increment."""
        self.planner.reset(situation.fresh)
        past = slice(-self._history, None)
        plan = self.planner.plan(
            stack_steps(
                self._kinematics, situation.positions[:, past], situation.targets[:, past]
            ),
            situation.keypoints[:, self._points],
            reference_keypoints(self._kinematics, situation.applied)[:, self._points],
            self._spec.guidance,
            self._spec.mode if situation.mode is None else situation.mode,
        )
        return situation.applied + self._reach(
            situation.applied, situation.keypoints, plan.increment, plan.free, plan.carried
        )


class Planners:
    """Builds planners; those that differ in guidance alone share a runtime.

    Args:
      build: makes a planner from a sampling configuration, a number of hands and a runtime.
    """

    def __init__(self, build: Callable[..., MotionPlanner]):
        self._build = build
        self._runtimes: dict = {}

    def __call__(self, sampling: SamplingConfig, hands: int) -> MotionPlanner:
        """A fresh planner."""
        key = (sampling, hands)
        planner = self._build(sampling, hands, self._runtimes.get(key))
        self._runtimes[key] = planner.runtime
        return planner
