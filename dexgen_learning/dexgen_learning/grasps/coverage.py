"""How much of the space a grasp set covers: orientations, positions, contact sets."""

import numpy as np

from dexgen_learning.env import quaternion
from dexgen_learning.grasps.grasp_set import GraspSet

DIRECTIONS = 48


def directions(count: int = DIRECTIONS) -> np.ndarray:
    """Evenly spread unit vectors (count, 3), a Fibonacci lattice."""
    i = np.arange(count) + 0.5
    polar, turn = np.arccos(1.0 - 2.0 * i / count), np.pi * (1.0 + 5.0**0.5) * i
    return np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar),
                     np.cos(polar)], axis=-1)


def coverage(grasps: GraspSet) -> dict[str, float]:
    """Coverage figures of a set.

    Returns:
        `orientations`: share of 48 directions into which the object's z axis points in some
        grasp; `contact_sets`: number of different sets of touching links; `position_cm`:
        standard deviation of the object's centre, all axes [cm]; `joint_rad`: mean standard
        deviation of the joints [rad].
    """
    if len(grasps) == 0:
        return {'orientations': 0.0, 'contact_sets': 0, 'position_cm': 0.0, 'joint_rad': 0.0}
    axis = quaternion.rotate(grasps.object_quat, np.array([0.0, 0.0, 1.0]))
    seen = np.unique(np.argmax(axis @ directions().T, axis=1))
    return {'orientations': len(seen) / DIRECTIONS,
            'contact_sets': len(np.unique(grasps.contacts)),
            'position_cm': float(100.0 * np.linalg.norm(grasps.object_pos.std(axis=0))),
            'joint_rad': float(grasps.q.std(axis=0).mean())}
