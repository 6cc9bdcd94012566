"""The 21 landmarks of a human hand: names, bones, wrist frame, and one tracked frame of them."""

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

COUNT = 21
"""Number of landmarks of a hand, in MediaPipe's order."""
WRIST = 0
FINGERS = ('thumb', 'index', 'middle', 'ring', 'little')
INDEX: dict[str, int] = {
    'wrist': 0,
    **{f'thumb_{joint}': 1 + i for i, joint in enumerate(('cmc', 'mcp', 'ip', 'tip'))},
    **{
        f'{finger}_{joint}': 5 + 4 * f + i
        for f, finger in enumerate(FINGERS[1:])
        for i, joint in enumerate(('mcp', 'pip', 'dip', 'tip'))
    },
}
"""Index of each named landmark: wrist, thumb_{cmc,mcp,ip,tip}, <finger>_{mcp,pip,dip,tip}."""
NAMES = tuple(INDEX)
PALM = (0, 5, 9, 13, 17)
"""Indices of the wrist and the knuckles."""
FRAME = (0, 5, 9, 17)
"""Indices of the landmarks that the wrist frame is made of."""
TIPS = tuple(INDEX[f'{finger}_tip'] for finger in FINGERS)
"""Indices of the fingertips, thumb first."""
BONES = tuple(
    (WRIST if i == 0 else 4 * f + i, 4 * f + i + 1) for f in range(len(FINGERS)) for i in range(4)
)
"""Pairs (parent, child) of landmarks joined by a bone or, in the palm, by a constant distance."""


class Handedness(IntEnum):
    """Which hand it is; the numbers of the message HandLandmarks."""

    UNKNOWN = 0
    LEFT = 1
    RIGHT = 2

    @classmethod
    def of(cls, side: str) -> 'Handedness':
        """The handedness named 'left' or 'right'.

        Raises:
          ValueError: another name.
        """
        if side not in ('left', 'right'):
            raise ValueError(f"side is '{side}'; allowed: right, left")
        return cls[side.upper()]


@dataclass(frozen=True)
class Landmarks:
    """One hand in one frame, in the camera's optical frame (x right, y down, z forward).

    Attributes:
      stamp: acquisition time of the frame [s].
      sequence: number of the frame, counted by the source.
      points: (21, 3) positions [m].
      point_valid: (21,) bool, the point is known in this frame.
      standard_deviation: (21,) of each point, one axis [m]; 0 where unknown.
      image: (21, 2) u, v normalised by the image's width and height.
      handedness: the true hand of an unmirrored image.
      score: confidence of the handedness, 0 to 1.
      valid: a hand of the expected side is tracked in this frame.
      metric: True with measured depth, False with the shape from the model at an assumed distance.
    """

    stamp: float
    sequence: int
    points: np.ndarray
    point_valid: np.ndarray
    standard_deviation: np.ndarray
    image: np.ndarray
    handedness: Handedness
    score: float
    valid: bool
    metric: bool

    @classmethod
    def none(cls, stamp: float, sequence: int) -> 'Landmarks':
        """A frame in which no hand is tracked."""
        return cls(
            stamp=stamp,
            sequence=sequence,
            points=np.zeros((COUNT, 3)),
            point_valid=np.zeros(COUNT, bool),
            standard_deviation=np.zeros(COUNT),
            image=np.zeros((COUNT, 2)),
            handedness=Handedness.UNKNOWN,
            score=0.0,
            valid=False,
            metric=False,
        )

    def refused(self) -> 'Landmarks':
        """The same frame, not to be followed."""
        return replace(self, valid=False, point_valid=np.zeros(COUNT, bool))


def wrist_frame(points: np.ndarray, side: str) -> np.ndarray:
    """Pose of the operator's hand, in the convention of the robot's hand frame.

    Origin at the wrist; z toward the middle finger's knuckle; x out of the palm; y = z cross x,
    which points to the thumb's side of a right hand and away from it on a left one. Made of the
    wrist and the knuckles of index, middle and little finger only, so that it does not turn when
    the fingers move.

    Args:
      points: (..., 21, 3) landmarks [m], any frame.
      side: 'right' or 'left'.

    Returns:
      (..., 4, 4) pose of the wrist frame in the frame of the points; not a number where the
      points are degenerate (wrist and knuckles on one line).
    """
    points = np.asarray(points, float)
    origin = points[..., WRIST, :]
    across = points[..., INDEX['index_mcp'], :] - points[..., INDEX['little_mcp'], :]
    if Handedness.of(side) is Handedness.LEFT:
        across = -across
    with np.errstate(divide='ignore', invalid='ignore'):
        z = _unit(points[..., INDEX['middle_mcp'], :] - origin)
        x = _unit(np.cross(across, z))
    pose = np.zeros((*points.shape[:-2], 4, 4))
    pose[..., :3, 0], pose[..., :3, 1], pose[..., :3, 2] = x, np.cross(z, x), z
    pose[..., :3, 3], pose[..., 3, 3] = origin, 1.0
    return pose


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector, axis=-1, keepdims=True)
