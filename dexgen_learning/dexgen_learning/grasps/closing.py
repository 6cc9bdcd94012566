"""Candidates by closing the hand around an object from random half-open postures.

A random posture is kept if an object fits between its fingertips, and if pushes from the tips in
use toward the object's centre (and from the palm, where the object lies against it) can balance;
then the tips close on points inside the object.
"""

from dataclasses import dataclass

from dexgen_description import Kinematics, ObjectModel
import numpy as np

from dexgen_learning.env import quaternion
from dexgen_learning.grasps.conveyor import Candidates
from dexgen_learning.grasps.net_force import net_force
from dexgen_learning.grasps.reach import reach

LINK_RADIUS = 0.012
PALM_NORMAL = np.array([1.0, 0.0, 0.0])


@dataclass(frozen=True)
class ClosingConfig:
    """How random the closing is.

    Args:
        spread: standard deviation of the starting joints about the pregrasp [rad].
        offset: standard deviation of the object's centre from the middle of the tips [m].
        reach: largest distance of a tip in use to the object's surface [m].
        inside: standard deviation of the points that the fingertips close to, about the
            object's centre, as a share of its radius.
        use: chance that a finger takes part.
        balance: largest net force of the pushes, in units of one push.
        palm: share of candidates in which the palm may push too.
        palm_distance: largest distance of the object's centre from the palm centre [m].
    """

    spread: float = 0.4
    offset: float = 0.008
    reach: float = 0.03
    inside: float = 0.3
    use: float = 0.75
    balance: float = 0.4
    palm: float = 0.4
    palm_distance: float = 0.06


@dataclass(frozen=True)
class _Setting:
    q: np.ndarray
    pos: np.ndarray
    used: np.ndarray


def propose(kinematics: Kinematics, object_model: ObjectModel, n: int,
            rng: np.random.Generator, config: ClosingConfig | None = None) -> Candidates:
    """N candidates around random postures.

    Args:
        kinematics: of the hand.
        object_model: the object.
        n: number of candidates.
        rng: source of randomness.
        config: how random.
    """
    config = config or ClosingConfig()
    hand = kinematics.hand
    radius = 0.5 * float(np.median(object_model.size))
    found: list[_Setting] = []
    count = 0
    while count < max(n, 1):
        found.append(_draw(kinematics, radius, max(64 * n, 2048), rng, config))
        count += len(found[-1].q)
    q, pos, used = (np.concatenate([getattr(s, name) for s in found])[:n]
                    for name in ('q', 'pos', 'used'))
    points = pos[:, None] + rng.normal(size=(n, len(hand.fingers), 3)) * config.inside * radius
    closed = reach(kinematics, q, points, used, iterations=8)[0]
    return Candidates(q, q, closed, pos, quaternion.random(rng, (n,)), np.full(n, -1),
                      np.zeros(n, dtype=bool))


def _draw(kinematics: Kinematics, radius: float, n: int, rng: np.random.Generator,
          config: ClosingConfig) -> _Setting:
    """Random postures with an object between the tips; those that make sense."""
    hand = kinematics.hand
    middle = 0.5 * (hand.rest + hand.pregrasp) + rng.uniform(-0.3, 0.5, size=(n, 1)) * (
        hand.pregrasp - hand.rest)
    q = middle + rng.normal(0.0, config.spread, size=(n, len(hand.joint_names)))
    q = np.clip(q, hand.lower, hand.upper)
    tips = kinematics.fingertips(q)
    thumb = hand.fingers.index('thumb')
    used = rng.random((n, len(hand.fingers))) < config.use
    used[:, thumb] = True
    weight = used.astype(float)
    weight[:, thumb] = np.maximum(weight.sum(1) - 1.0, 1.0)
    weight /= weight.sum(1, keepdims=True)
    pos = (weight[..., None] * tips).sum(1) + rng.normal(0.0, config.offset, size=(n, 3))
    clear = radius + 0.8 * LINK_RADIUS
    distance = np.linalg.norm(tips - pos[:, None], axis=-1)
    good = np.all(~used | ((distance > clear) & (distance < clear + config.reach)), axis=1)
    good &= (used.sum(1) >= 2) & (pos[:, 0] > 0.011 + radius)
    good &= np.linalg.norm(pos - hand.palm_center, axis=-1) < config.palm_distance
    rows = np.flatnonzero(good)
    rows = rows[_closest_link(kinematics, q[rows], pos[rows]) > clear]
    return _balanced(q[rows], pos[rows], used[rows], tips[rows], radius, rng, config)


def _balanced(q: np.ndarray, pos: np.ndarray, used: np.ndarray, tips: np.ndarray, radius: float,
              rng: np.random.Generator, config: ClosingConfig) -> _Setting:
    push = _unit(pos[:, None] - tips) * used[..., None]
    near_palm = (rng.random(len(q)) < config.palm) & (pos[:, 0] < 0.011 + radius + 0.02)
    palm = np.where(near_palm[:, None], PALM_NORMAL, 0.0)[:, None]
    good = net_force(np.concatenate([push, palm], axis=1)) < config.balance
    return _Setting(q[good], pos[good], used[good])


def _unit(v: np.ndarray) -> np.ndarray:
    """Unit vectors along v (..., 3)."""
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)


def _closest_link(kinematics: Kinematics, q: np.ndarray, pos: np.ndarray) -> np.ndarray:
    """(n,) distance of the object's centre to the nearest of points along the fingers [m]."""
    hand = kinematics.hand
    origins = kinematics.link_poses(q)[:, 1:, :3, 3]
    tips = kinematics.fingertips(q)
    per = origins.shape[1] // len(hand.fingers)
    points = [origins, tips]
    for f in range(len(hand.fingers)):
        chain = np.concatenate([origins[:, f * per:(f + 1) * per], tips[:, f:f + 1]], axis=1)
        points.append(0.5 * (chain[:, 1:] + chain[:, :-1]))
    points = np.concatenate(points, axis=1)
    return np.linalg.norm(points - pos[:, None], axis=-1).min(axis=1)
