"""One checkpoint for both hands: numbers of the left hand seen in a mirror are a right hand's."""

from dataclasses import dataclass

import numpy as np

POINT_SIGNS = np.array([1.0, -1.0, 1.0])
"""A left hand is the mirror image in y of the hand frame."""


@dataclass(frozen=True)
class Mirror:
    """Signs that turn a hand's numbers into those of its mirror image, and back.

    Attributes:
      points: (3,) of positions.
      joints: (J,) of joint angles.
      state: (S,) of the stacked observation.
    """

    points: np.ndarray
    joints: np.ndarray
    state: np.ndarray


def find_mirror(kinematics, other, history: int) -> Mirror:
    """The mirror between two hands.

    Args:
      kinematics, other: of the two hands.
      history: H, steps in the stacked observation.

    Raises:
      ValueError: no choice of signs makes one the mirror image of the other.
    """
    hand = kinematics.hand
    # At an angle of zero, its own mirror image, a joint's sign shows by itself; where it moves no
    # keypoint there (a straight finger turned about its length), the others are bent first.
    signs = np.ones(len(hand.joint_names))
    bent = np.zeros(len(signs))
    for _ in range(2):
        ours = kinematics.keypoint_jacobian(bent) * POINT_SIGNS[:, None]
        theirs = other.keypoint_jacobian(signs * bent)
        agreement = (ours * theirs).sum(axis=(0, 1))
        shown = (np.abs(agreement) > 1e-9) & (bent == 0.0)
        signs[shown] = np.sign(agreement[shown])
        bent[shown] = 0.5
    posture = 0.3 * hand.lower + 0.7 * hand.upper
    if _mismatch(kinematics, other, posture, signs) > 1e-9:
        raise ValueError(
            f'{other.hand.name} is no mirror image of {hand.name}; choose the hand that the '
            'checkpoint was trained on'
        )
    step = np.concatenate([np.tile(POINT_SIGNS, len(hand.fingers)), signs, signs, signs])
    return Mirror(POINT_SIGNS, signs, np.tile(step, history))


def _mismatch(kinematics, other, posture: np.ndarray, signs: np.ndarray) -> float:
    """Largest difference between a posture and its mirrored one [m]."""
    points = kinematics.keypoints(posture) * POINT_SIGNS - other.keypoints(signs * posture)
    return float(np.abs(points).max())
