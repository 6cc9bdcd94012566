"""The modes of the controller and what each is built from."""

from dataclasses import dataclass

from dexgen_description import Hand, Kinematics

from dexgen_controller.policies import Hold, Passthrough, Policy
from dexgen_controller.sampling_config import SamplingConfig


@dataclass(frozen=True)
class PolicySet:
    """Policies that share a hand and a rate.

    Attributes:
      policies: one for each mode.
      rate: control rate [Hz]; a checkpoint's own where one is loaded.
      kinematics: forward kinematics of the hand.
    """

    policies: tuple[Policy, ...]
    rate: float
    kinematics: Kinematics


LEARNED = {'dexgen': 'default', 'precision': 'precision_rotation'}
"""Modes of a learned controller and the label of the data that each asks for."""


def build_policies(
    hand: Hand, checkpoint: str, rate: float, sampling: SamplingConfig | None = None
) -> PolicySet:
    """Build every mode that can run.

    Args:
      hand: hand description.
      checkpoint: folder of a learned controller; empty: only the modes without a model.
      rate: control rate [Hz] where there is no checkpoint; a checkpoint brings its own.
      sampling: how a learned controller samples.

    Raises:
      FileNotFoundError: the checkpoint does not exist.
      ValueError: the checkpoint is none, or one of another hand.
    """
    kinematics = Kinematics(hand)
    policies: list[Policy] = [Passthrough(kinematics), Hold(kinematics)]
    if not checkpoint:
        return PolicySet(tuple(policies), rate, kinematics)
    from dexgen_controller.checkpoint import HandLayout, load_checkpoint
    from dexgen_controller.learned_policy import LearnedPolicy
    from dexgen_controller.planner import MotionPlanner

    loaded = load_checkpoint(checkpoint)
    if loaded.hand != HandLayout.of(hand):
        raise ValueError(
            f"checkpoint '{checkpoint}' was trained on {loaded.hand.name}, this hand is "
            f'{hand.name}: choose the hand or the checkpoint that fits'
        )
    planner = MotionPlanner(loaded, sampling)
    policies += [
        LearnedPolicy(mode, kinematics, planner, hand.lower, hand.upper, label)
        for mode, label in LEARNED.items()
        if label in loaded.config.modes
    ]
    return PolicySet(tuple(policies), loaded.config.rate, kinematics)
