"""Candidates the paper's way: surface points, net force optimisation, inverse kinematics.

Two to four surface points whose inward pushes balance, a random pose of the object before the
palm, fingers assigned to the points by inverse kinematics, fingers that run through the object
refused; the conveyor then closes and tests as it does with every candidate.
"""

from dataclasses import dataclass

from dexgen_description import Hand, Kinematics, ObjectModel
import numpy as np

from dexgen_learning.env import quaternion
from dexgen_learning.grasps.conveyor import Candidates, concatenated
from dexgen_learning.grasps.net_force import DEFAULT_THRESHOLD, net_force
from dexgen_learning.grasps.reach import reach
from dexgen_learning.grasps.surface import Surface


@dataclass(frozen=True)
class AnalyticConfig:
    """The base grasps.

    Args:
        threshold: of the net force, in units of one push.
        center: mean of the object's centre relative to the palm centre [m],
            of a right hand; mirrored in y for a left one.
        offset: its standard deviation [m].
        span: largest distance of a point from where objects lie [m].
        miss: largest distance of a fingertip from its point after inverse kinematics [m].
        open: how far outside the surface the tips start [m].
        press: how far inside they are sent [m].
        tries: sets of points drawn for each candidate wanted, in a round.
    """

    threshold: float = DEFAULT_THRESHOLD
    center: tuple[float, float, float] = (0.03, -0.01, 0.015)
    offset: float = 0.015
    span: float = 0.06
    miss: float = 0.005
    open: float = 0.008
    press: float = 0.012
    tries: int = 16


@dataclass(frozen=True)
class Contacts:
    """Surface points assigned to fingers, in the hand frame.

    Args:
        points: (n, F, 3) [m].
        normals: (n, F, 3) outward.
        used: (n, F) bool, which fingers touch.
        pos: (n, 3) object position [m].
        quat: (n, 4) object orientation.
    """

    points: np.ndarray
    normals: np.ndarray
    used: np.ndarray
    pos: np.ndarray
    quat: np.ndarray

    def at(self, height: float | np.ndarray) -> np.ndarray:
        """Points (n, F, 3) this far outside the surface [m]."""
        return self.points + height * self.normals

    def take(self, rows: np.ndarray) -> 'Contacts':
        """Some of the rows."""
        return Contacts(*(getattr(self, f)[rows] for f in Contacts.__dataclass_fields__))


def propose(kinematics: Kinematics, object_model: ObjectModel, n: int, rng: np.random.Generator,
            config: AnalyticConfig | None = None) -> Candidates:
    """N candidates from balanced surface points."""
    config = config or AnalyticConfig()
    hand, surface = kinematics.hand, Surface(object_model)
    parts: list[Candidates] = []
    while not parts or sum(len(p) for p in parts) < n:
        contacts = balanced_contacts(hand, surface, config.tries * max(n, 4), rng, config)
        parts.append(_reached(kinematics, surface, contacts, rng, config))
    joined = concatenated(parts)
    return Candidates(*(getattr(joined, name)[:n] for name in Candidates.__dataclass_fields__))


def balanced_contacts(hand: Hand, surface: Surface, n: int, rng: np.random.Generator,
                      config: AnalyticConfig) -> Contacts:
    """Those of n random sets of points that pass net force optimisation, with random poses."""
    fingers = len(hand.fingers)
    points, normals = (a.reshape(n, fingers, 3) for a in surface.sample(n * fingers, rng))
    used = np.argsort(rng.random((n, fingers)), axis=1) < rng.integers(2, 5, size=(n, 1))
    used[:, hand.fingers.index('thumb')] = True
    push = -normals * used[..., None]
    good = net_force(push) < config.threshold
    quat = quaternion.random(rng, (n,))
    center = hand.palm_center + np.multiply(config.center, (1.0, mirror(hand), 1.0))
    pos = center + rng.normal(0.0, config.offset, size=(n, 3))
    placed = pos[:, None] + quaternion.rotate(quat[:, None], points)
    away = np.linalg.norm(placed - center, axis=-1)
    good &= np.all(~used | (away < config.span), axis=1)
    return Contacts(placed, quaternion.rotate(quat[:, None], normals), used, pos, quat).take(good)


def mirror(hand: Hand) -> float:
    """1 for a right hand, -1 for a left one: the sign of y."""
    return 1.0 if hand.side == 'right' else -1.0


def _reached(kinematics: Kinematics, surface: Surface, contacts: Contacts,
             rng: np.random.Generator, config: AnalyticConfig) -> Candidates:
    """Candidates of the sets that the fingers reach from outside."""
    hand, n = kinematics.hand, len(contacts.pos)
    start = np.clip(hand.pregrasp + rng.normal(0.0, 0.25, size=(n, len(hand.joint_names))),
                    hand.lower, hand.upper)
    height = hand.tip_radius[:, None]
    q, miss = reach(kinematics, start, contacts.at(height + config.open), contacts.used,
                    iterations=14)
    good = np.all(~contacts.used | (miss < config.miss), axis=1)
    good[good] = ~_runs_through(kinematics, surface, q[good], contacts.take(good))
    q, contacts = q[good], contacts.take(good)
    closed, _ = reach(kinematics, q, contacts.at(height - config.press), contacts.used,
                      iterations=6)
    return Candidates(q, q, closed, contacts.pos, contacts.quat, np.full(len(q), -1),
                      np.zeros(len(q), dtype=bool))


def _runs_through(kinematics: Kinematics, surface: Surface, q: np.ndarray,
                  contacts: Contacts) -> np.ndarray:
    """(n,) whether points along the fingers lie inside the object."""
    origins = kinematics.link_poses(q)[:, 1:, :3, 3]
    points = np.concatenate([origins, kinematics.fingertips(q)], axis=1)
    local = quaternion.rotate(quaternion.conjugate(contacts.quat)[:, None],
                              points - contacts.pos[:, None])
    flat = local.reshape(-1, 3)
    inside = np.zeros(len(flat), dtype=bool)
    for part in surface.parts:
        inside |= part.inside(flat)
    return inside.reshape(local.shape[:2]).any(axis=1)
