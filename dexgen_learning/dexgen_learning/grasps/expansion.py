"""Candidates by growing the set like an RRT: step from a near grasp toward a random sample.

The step is kinematic (joints and object pose interpolated, as in the paper); the contact repair
is physical: the conveyor closes the hand from there with the parent's squeeze before it tests.
"""

from dataclasses import dataclass

from dexgen_description import Hand
import numpy as np

from dexgen_learning.env import quaternion
from dexgen_learning.grasps.conveyor import Candidates
from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.grasps.metric import Metric


@dataclass(frozen=True)
class ExpansionConfig:
    """How far the tree reaches in one step.

    Args:
        step: range of the feature distance of a step.
        pool: grasps of which the nearest to the sample is taken.
        finger_lift: chance that a finger is moved to a random posture near by.
        lift: standard deviation of that movement [rad].
        squeeze: extra closing of the fingers in the repair [rad].
    """

    step: tuple[float, float] = (0.4, 1.2)
    pool: int = 64
    finger_lift: float = 0.25
    lift: float = 0.25
    squeeze: float = 0.1


def propose(hand: Hand, grasps: GraspSet, n: int, rng: np.random.Generator,
            config: ExpansionConfig | None = None, metric: Metric | None = None) -> Candidates:
    """N candidates one step from grasps of the set; raises ValueError for an empty set."""
    if len(grasps) == 0:
        raise ValueError('the grasp set is empty: nothing to expand; close from random '
                         'postures first')
    config, metric = config or ExpansionConfig(), metric or Metric()
    sample_q, sample_pos, sample_quat = _samples(hand, n, rng)
    parent = _nearest(grasps, sample_q, sample_pos, sample_quat, rng, config.pool, metric)
    way_pos = sample_pos - grasps.object_pos[parent]
    way_turn = quaternion.to_rotation_vector(quaternion.multiply(
        sample_quat, quaternion.conjugate(grasps.object_quat[parent])))
    way_q = sample_q - grasps.q[parent]
    length = metric.distance(np.linalg.norm(way_pos, axis=-1),
                             np.linalg.norm(way_turn, axis=-1),
                             np.sqrt(np.mean(way_q**2, axis=-1)))
    part = np.minimum(rng.uniform(*config.step, size=n) / np.maximum(length, 1e-6), 1.0)[:, None]
    lift = _lifts(hand, n, rng, config)
    q = np.clip(grasps.q[parent] + part * way_q + lift, hand.lower, hand.upper)
    squeeze = grasps.target[parent] - grasps.q[parent]
    flexion = np.sign(hand.pregrasp - hand.rest)
    closed = q + squeeze + rng.uniform(0.0, config.squeeze, size=(n, 1)) * flexion
    pos = grasps.object_pos[parent] + part * way_pos
    quat = quaternion.normalize(quaternion.multiply(
        quaternion.from_rotation_vector(part * way_turn), grasps.object_quat[parent]))
    return Candidates(q, q + 0.5 * squeeze, np.clip(closed, hand.lower, hand.upper),
                      pos, quat, parent, np.zeros(n, dtype=bool))


def _samples(hand: Hand, n: int,
             rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    q = hand.pregrasp + rng.normal(0.0, 0.4, size=(n, len(hand.joint_names)))
    pos = hand.palm_center + rng.normal(0.0, 0.015, size=(n, 3))
    return np.clip(q, hand.lower, hand.upper), pos, quaternion.random(rng, (n,))


def _nearest(grasps: GraspSet, q: np.ndarray, pos: np.ndarray, quat: np.ndarray,
             rng: np.random.Generator, pool: int, metric: Metric) -> np.ndarray:
    """For each sample the nearest grasp of a random pool; (n,) rows."""
    rows = rng.integers(0, len(grasps), size=(len(q), pool))
    distance = metric.distance(
        np.linalg.norm(grasps.object_pos[rows] - pos[:, None], axis=-1),
        quaternion.angle_between(grasps.object_quat[rows], quat[:, None]),
        np.sqrt(np.mean((grasps.q[rows] - q[:, None])**2, axis=-1)))
    return rows[np.arange(len(q)), np.argmin(distance, axis=1)]


def _lifts(hand: Hand, n: int, rng: np.random.Generator, config: ExpansionConfig) -> np.ndarray:
    lift = np.zeros((n, len(hand.joint_names)))
    for finger in hand.fingers:
        joints = hand.joint_indices(finger)
        moved = rng.random(n) < config.finger_lift
        lift[:, joints] = np.where(
            moved[:, None], rng.normal(0.0, config.lift, size=(n, len(joints))), 0.0)
    return lift
