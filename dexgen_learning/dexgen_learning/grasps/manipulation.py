"""Candidates by moving the held object: fingertips in contact follow a small rigid motion.

The simulator carries the motion out from the parent grasp, so that the new grasp can be reached
from it by interpolating the stored targets: such edges are what walks and policies build on.
"""

from dataclasses import dataclass

from dexgen_description import Kinematics
import numpy as np

from dexgen_learning.env import quaternion
from dexgen_learning.grasps.conveyor import Candidates
from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.grasps.reach import reach


@dataclass(frozen=True)
class ManipulationConfig:
    """The random motion of the object.

    Args:
        move: standard deviation of the translation along each axis [m].
        turn: standard deviation of the rotation about each axis [rad].
        toward_palm: chance that the object is also drawn to the palm, by up to three times
            `move`.
        regrasp: chance that a finger which touches nothing, or one of four, goes elsewhere.
        join: chance that one which touches nothing then goes toward the object.
        lift: standard deviation of a regrasping finger's tip [m].
    """

    move: float = 0.004
    turn: float = 0.175
    toward_palm: float = 0.2
    regrasp: float = 0.3
    join: float = 0.5
    lift: float = 0.02


def propose(kinematics: Kinematics, grasps: GraspSet, n: int, rng: np.random.Generator,
            config: ManipulationConfig | None = None) -> Candidates:
    """N motions from random grasps of the set; raises ValueError for an empty set."""
    if len(grasps) == 0:
        raise ValueError('the grasp set is empty: nothing to move; close from random postures '
                         'first')
    config = config or ManipulationConfig()
    parent = rng.integers(0, len(grasps), size=n)
    points = _moved_tips(kinematics, grasps, parent, rng, config)
    used = np.ones(points.shape[:2], dtype=bool)
    moved = reach(kinematics, grasps.q[parent], points, used, iterations=5, posture=0.0)[0]
    target = grasps.target[parent] + (moved - grasps.q[parent])
    hand = kinematics.hand
    return Candidates(grasps.q[parent], grasps.target[parent],
                      np.clip(target, hand.lower, hand.upper), grasps.object_pos[parent],
                      grasps.object_quat[parent], parent, np.ones(n, dtype=bool))


def _moved_tips(kinematics: Kinematics, grasps: GraspSet, parent: np.ndarray,
                rng: np.random.Generator, config: ManipulationConfig) -> np.ndarray:
    """(n, F, 3) where the fingertips go."""
    hand, n = kinematics.hand, len(parent)
    tips = kinematics.fingertips(grasps.q[parent])
    center = grasps.object_pos[parent][:, None]
    turn = quaternion.from_rotation_vector(rng.normal(0.0, config.turn, size=(n, 3)))
    move = rng.normal(0.0, config.move, size=(n, 1, 3))
    drawn = rng.random(n) < config.toward_palm
    move[drawn, 0, 0] -= rng.uniform(0.0, 3.0 * config.move, size=int(drawn.sum()))
    followed = center + move + quaternion.rotate(turn[:, None], tips - center)
    links = [hand.keypoints[i].link for i in hand.tip_indices]
    touching = np.stack([(grasps.contacts[parent] >> np.uint32(link)) & np.uint32(1)
                         for link in links], axis=-1).astype(bool)
    spare = ~touching | (touching.sum(1) == len(links))[:, None]
    elsewhere = spare & (rng.random(touching.shape) < config.regrasp)
    wander = tips + rng.normal(0.0, config.lift, size=tips.shape)
    joining = ~touching & (rng.random(touching.shape) < config.join)
    approach = tips + rng.uniform(0.3, 1.0, size=(*touching.shape, 1)) * (center - tips)
    wander = np.where(joining[..., None], approach, wander)
    stay = np.where(touching[..., None], followed, tips)
    return np.where(elsewhere[..., None], wander, stay)
