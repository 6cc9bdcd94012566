"""The modes of the controller and what each is built from."""

from dataclasses import dataclass
from pathlib import Path

from dexgen_description import Hand, Kinematics

from dexgen_controller.policies import Hold, Passthrough, Policy


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


def build_policies(hand: Hand, checkpoint: str, rate: float) -> PolicySet:
    """Build every mode that can run.

    Args:
      hand: hand description.
      checkpoint: folder of a learned controller; empty: only the modes without a model.
      rate: control rate [Hz] of the modes without a model.

    Raises:
      FileNotFoundError: the checkpoint does not exist.
      ValueError: the checkpoint is no checkpoint of this hand.
    """
    kinematics = Kinematics(hand)
    policies: tuple[Policy, ...] = (Passthrough(kinematics), Hold(kinematics))
    if checkpoint:
        if not Path(checkpoint).exists():
            raise FileNotFoundError(
                f"checkpoint '{checkpoint}' does not exist; give the folder of a trained "
                f'controller, or leave it empty for {", ".join(p.name for p in policies)}'
            )
        raise ValueError(f"'{checkpoint}' holds no controller that this version can load")
    return PolicySet(policies, rate, kinematics)
