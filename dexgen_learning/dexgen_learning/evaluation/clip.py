"""A recorded human hand, retargeted: joints of the robot hand over time."""

from dataclasses import dataclass

import numpy as np

from dexgen_learning.paths import SHIPPED


@dataclass(frozen=True)
class Clip:
    """A retargeted recording.

    Attributes:
      joints: (N, J) [rad], in the hand's order.
      rate: [Hz].
    """

    joints: np.ndarray
    rate: float


def shipped_clip(hand) -> Clip:
    """The clip that ships for a hand.

    Raises:
      FileNotFoundError: there is none.
      ValueError: its joints are not the hand's.
    """
    path = SHIPPED / 'clips' / f'{hand.name}.npz'
    if not path.is_file():
        raise FileNotFoundError(
            f'no recorded clip at {path}; make one with '
            f'`python -m dexgen_teleop.retarget_clip --hand {hand.name} --output {path}`'
        )
    with np.load(path, allow_pickle=False) as data:
        names = tuple(data['joint_names'].tolist())
        if names != tuple(hand.joint_names):
            raise ValueError(f'{path} has the joints {names}; {hand.name} has {hand.joint_names}')
        return Clip(data['joints'].astype(float), float(data['rate']))
