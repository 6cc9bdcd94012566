"""The operator's hand as retargeting sees it: landmarks in the wrist frame, or a refusal."""

import math
from typing import NamedTuple

import numpy as np

from dexgen_teleop.landmarks import COUNT, Handedness, INDEX, TIPS, WRIST

PALM = (WRIST, INDEX['index_mcp'], INDEX['middle_mcp'], INDEX['little_mcp'])
"""Landmarks that make the wrist frame; without one of them there is none."""
PIPS = tuple(INDEX[f'{finger}_pip'] for finger in ('index', 'middle', 'ring', 'little'))
KNUCKLES = tuple(INDEX[f'{finger}_mcp'] for finger in ('index', 'middle', 'ring', 'little'))
PALM_LENGTH = (0.04, 0.16)
"""[m], wrist to middle knuckle, from a child's hand to a large adult's, with a margin."""
_PALM, _TIPS, _KNUCKLES = np.array(PALM), np.array(TIPS[1:]), np.array(KNUCKLES)
REACH = 0.35
"""[m], no landmark of a hand is farther from its wrist."""
BACKWARD = -0.5
"""Mean x over length of the vectors knuckle to tip below which the hand is mirrored."""


class RefusedHandError(ValueError):
    """The landmarks are no hand to follow.

    `reason` is a code: NOT_FINITE, NO_PALM, SIZE, TORN, MIRRORED.
    """

    def __init__(self, reason: str, message: str):
        super().__init__(message)
        self.reason = reason


class OperatorHand(NamedTuple):
    """One frame of the operator's hand.

    Attributes:
      points: (21, 3) landmarks in the wrist frame [m]; zero where unknown.
      known: (21,) bool.
      rotation: (3, 3) wrist frame in the frame of the landmarks.
    """

    points: np.ndarray
    known: np.ndarray
    rotation: np.ndarray


def operator_hand(points: np.ndarray, side: str, known: np.ndarray | None = None) -> OperatorHand:
    """The landmarks in the wrist frame (`landmarks.wrist_frame`), if they are a hand.

    Args:
      points: (21, 3) landmarks [m], any frame.
      side: 'right' or 'left'.
      known: (21,) bool, all when None.

    Raises:
      RefusedHandError: with the reason.
      ValueError: wrong shape or side.
    """
    points = np.asarray(points, float)
    if points.shape != (COUNT, 3):
        raise ValueError(f'landmarks have shape {points.shape}; it must be ({COUNT}, 3)')
    finite = np.isfinite(points).all(1)
    known = finite if known is None else np.asarray(known, bool)
    if (known & ~finite).any():
        raise RefusedHandError('NOT_FINITE', 'a landmark said to be known is not finite')
    if not known.take(_PALM).all():
        raise RefusedHandError('NO_PALM', 'the wrist, index, middle or little knuckle is unknown')
    if not known.all():
        points = np.where(known[:, None], points, points[WRIST])
    rotation = _palm_rotation(points, Handedness.of(side) is Handedness.LEFT)
    local = (points - points[WRIST]) @ rotation
    if np.abs(local).max() > REACH:
        raise RefusedHandError('TORN', f'a landmark is farther than {REACH} m from the wrist')
    _check_fingers(local, known)
    return OperatorHand(local, known, rotation)


def _palm_rotation(points: np.ndarray, left: bool) -> np.ndarray:
    wrist, index, middle, little = points.take(_PALM, 0).tolist()
    z, across = _between(wrist, middle), _between(little, index)
    if left:
        across = _between(index, little)
    length = math.sqrt(_dot(z, z))
    x = _cross(across, z)
    width = math.sqrt(_dot(x, x)) / length if length else 0.0
    if not PALM_LENGTH[0] <= length <= PALM_LENGTH[1]:
        raise RefusedHandError(
            'SIZE',
            f'wrist to middle knuckle is {length:.4g} m; allowed: {PALM_LENGTH[0]} to '
            f'{PALM_LENGTH[1]} m',
        )
    if not 0.15 * length <= width <= 2.0 * length:
        raise RefusedHandError(
            'SIZE', f'index to little knuckle is {width:.4g} m across a palm of {length:.4g} m'
        )
    z, x = [value / length for value in z], [value / (width * length) for value in x]
    return np.array((x, _cross(z, x), z)).T


def _check_fingers(local: np.ndarray, known: np.ndarray) -> None:
    both = known.take(_TIPS) & known.take(_KNUCKLES)
    fingers = (local.take(_TIPS, 0) - local.take(_KNUCKLES, 0))[both]
    if not len(fingers):
        return
    length = np.sqrt((fingers * fingers).sum(1)) + 1e-9
    if (fingers[:, 0] / length).mean() < BACKWARD:
        raise RefusedHandError('MIRRORED', 'the fingers bend backward: the hand is mirrored')


# Three numbers are handled faster one by one than as arrays.
def _between(a: list[float], b: list[float]) -> list[float]:
    return [b[0] - a[0], b[1] - a[1], b[2] - a[2]]


def _dot(a: list[float], b: list[float]) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: list[float], b: list[float]) -> list[float]:
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
