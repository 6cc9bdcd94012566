"""The modes of the controller and what each is built from."""

from dataclasses import dataclass, replace

from dexgen_description import Hand, hand_names, Kinematics, load_hand

from dexgen_controller.checkpoint import HandLayout, load_checkpoint, shipped_checkpoint
from dexgen_controller.observation import HISTORY
from dexgen_controller.policies import Hold, Passthrough, Policy
from dexgen_controller.sampling_config import SamplingConfig


@dataclass(frozen=True)
class PolicySet:
    """Policies that share a hand and a rate.

    Attributes:
      policies: one for each mode.
      rate: control rate [Hz]; a checkpoint's own where one is loaded.
      kinematics: forward kinematics of the hand.
      guidance: strength that the checkpoint recommends.
      history: H, steps of the observation stack.
    """

    policies: tuple[Policy, ...]
    rate: float
    kinematics: Kinematics
    guidance: float = 1.0
    history: int = HISTORY

    def mode(self, asked: str) -> str:
        """The mode asked for; `auto` is dexgen where a checkpoint is loaded, else passthrough."""
        if asked != AUTO:
            return asked
        names = {policy.name for policy in self.policies}
        return next((name for name in LEARNED if name in names), 'passthrough')

    def strength(self, asked: float) -> float:
        """The guidance strength asked for; a negative one stands for the checkpoint's own."""
        return asked if asked >= 0.0 else self.guidance


AUTO = 'auto'
"""Mode that stands for the best one that can run."""
SHIPPED = 'shipped'
"""Checkpoint that stands for the one that comes with the package, if any."""
LEARNED = {'dexgen': 'default', 'precision': 'precision_rotation'}
"""Modes of a learned controller and the label of the data that each asks for."""


def build_policies(
    hand: Hand, checkpoint: str, rate: float, sampling: SamplingConfig | None = None
) -> PolicySet:
    """Build every mode that can run.

    Args:
      hand: hand description.
      checkpoint: folder of a learned controller, or `shipped`; empty, or where none ships: only
        the modes without a model.
      rate: control rate [Hz] where there is no checkpoint; a checkpoint brings its own.
      sampling: how a learned controller samples.

    Raises:
      FileNotFoundError: the checkpoint does not exist.
      ValueError: the checkpoint is none, or one of another hand; the left and the right of a pair
        share one.
    """
    kinematics = Kinematics(hand)
    policies: list[Policy] = [Passthrough(kinematics), Hold(kinematics)]
    if checkpoint == SHIPPED:
        checkpoint = str(shipped_checkpoint(hand.name) or '')
    if not checkpoint:
        return PolicySet(tuple(policies), rate, kinematics)
    from dexgen_controller.learned_policy import LearnedPolicy
    from dexgen_controller.planner import MotionPlanner

    loaded = load_checkpoint(checkpoint)
    mirror = None
    if replace(loaded.hand, keypoint_names=hand.keypoint_names) != HandLayout.of(hand):
        mirror = _mirror(kinematics, loaded.hand, checkpoint, loaded.config.history)
    planner = MotionPlanner(loaded, sampling)
    policies += [
        LearnedPolicy(mode, kinematics, planner, hand.lower, hand.upper, label, mirror)
        for mode, label in LEARNED.items()
        if label in loaded.config.modes
    ]
    config = loaded.config
    return PolicySet(tuple(policies), config.rate, kinematics, loaded.guidance, config.history)


def _mirror(kinematics: Kinematics, layout, checkpoint: str, history: int):
    """The mirror to the hand of a checkpoint, where that is the other one of a pair."""
    from dexgen_controller.mirror import find_mirror

    hand = kinematics.hand
    trained = load_hand(layout.name) if layout.name in hand_names() else None
    same = (layout.joint_names, layout.fingers) == (tuple(hand.joint_names), tuple(hand.fingers))
    if trained is None or not same or trained.side == hand.side:
        raise ValueError(
            f"checkpoint '{checkpoint}' was trained on {layout.name}, this hand is {hand.name}: "
            'choose the hand or the checkpoint that fits'
        )
    return find_mirror(kinematics, Kinematics(trained), history)
