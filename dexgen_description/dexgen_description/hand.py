"""A robot hand as data: links, joints, keypoints, drives, postures, self-collision pairs."""
from dataclasses import dataclass

import numpy as np

from dexgen_description.inertia import Inertia, of_shapes
from dexgen_description.shape import Shape

ROOT = 'hand'


@dataclass(frozen=True)
class Link:
    """A rigid body of the hand and the revolute joint that carries it.

    Attributes:
        name: link name; the root is `hand`.
        parent: index of the parent in `Hand.links`, -1 for the root.
        pos: (3,) origin in the parent's frame [m], at joint angle zero.
        quat: (4,) orientation in the parent's frame (w, x, y, z), at joint angle zero.
        joint: index into `Hand.joint_names`, -1 for the root.
        axis: (3,) unit axis of the joint in the link's own frame.
        mass: [kg].
        shapes: collision shapes in the link's frame.
    """

    name: str
    parent: int
    pos: np.ndarray
    quat: np.ndarray
    joint: int
    axis: np.ndarray
    mass: float
    shapes: tuple[Shape, ...]

    @property
    def inertia(self) -> Inertia:
        """Inertia of the link's mass spread evenly over its shapes."""
        return of_shapes(self.shapes, self.mass)

    def shape_names(self) -> tuple[str, ...]:
        """Names of the collision shapes in the built models: `<link>_shape_<i>`."""
        return tuple(f'{self.name}_shape_{i}' for i in range(len(self.shapes)))


@dataclass(frozen=True)
class Keypoint:
    """A named point fixed to a link: `pos` (3,) [m] in the frame of `Hand.links[link]`."""

    name: str
    link: int
    pos: np.ndarray


@dataclass(frozen=True)
class CollisionPair:
    """Two shapes (their names) that may touch, to be kept `margin` [m] apart by a retargeter."""

    first: str
    second: str
    margin: float


@dataclass(frozen=True)
class Hand:
    """One robot hand. J joints, K keypoints, F fingers; arrays follow `joint_names`.

    Attributes:
        name: as in `hand_names()`.
        side: 'right' or 'left'.
        fingers: (F,) names, index first and thumb last.
        joint_names: (J,) `<finger>_joint_<i>`.
        lower, upper: (J,) joint limits [rad].
        velocity_limit: (J,) [rad/s].
        acceleration_limit: (J,) [rad/s^2].
        torque_limit: (J,) [N m].
        kp, kd: (J,) gains of the position drive [N m/rad, N m s/rad].
        armature: (J,) rotor inertia seen at the joint [kg m^2].
        damping: (J,) passive viscous friction [N m s/rad].
        links: parents before children, the root first.
        keypoints: (K,) a finger's PIP and tip follow each other.
        tip_radius: (F,) radius of the fingertip around its end [m].
        rest: (J,) relaxed open posture [rad].
        pregrasp: (J,) slightly curled posture that catches an object [rad].
        palm_center: (3,) where an object is put, hand frame [m].
        friction: sliding, torsional [m] and rolling [m] friction of the hand's surface.
        collision_pairs: shapes of different fingers, or finger and palm, that may touch.
        source: where the figures come from, one line each.
    """

    name: str
    side: str
    fingers: tuple[str, ...]
    joint_names: tuple[str, ...]
    lower: np.ndarray
    upper: np.ndarray
    velocity_limit: np.ndarray
    acceleration_limit: np.ndarray
    torque_limit: np.ndarray
    kp: np.ndarray
    kd: np.ndarray
    armature: np.ndarray
    damping: np.ndarray
    links: tuple[Link, ...]
    keypoints: tuple[Keypoint, ...]
    tip_radius: np.ndarray
    rest: np.ndarray
    pregrasp: np.ndarray
    palm_center: np.ndarray
    friction: np.ndarray
    collision_pairs: tuple[CollisionPair, ...]
    source: tuple[str, ...]

    @property
    def link_names(self) -> tuple[str, ...]:
        """Names of the links, the root `hand` first."""
        return tuple(link.name for link in self.links)

    @property
    def keypoint_names(self) -> tuple[str, ...]:
        """Names of the keypoints: `<finger>_pip` and `<finger>_tip` of each finger."""
        return tuple(point.name for point in self.keypoints)

    @property
    def pip_indices(self) -> np.ndarray:
        """(F,) indices of the PIP joints among the keypoints, in the order of `fingers`."""
        return self._keypoint_indices('pip')

    @property
    def tip_indices(self) -> np.ndarray:
        """(F,) indices of the fingertips among the keypoints, in the order of `fingers`."""
        return self._keypoint_indices('tip')

    def joint_indices(self, finger: str) -> np.ndarray:
        """Indices of one finger's joints, from the palm outward.

        Raises:
            ValueError: no such finger; lists those that there are.
        """
        if finger not in self.fingers:
            raise ValueError(f'{self.name} has no finger {finger!r}; it has: '
                             f'{", ".join(self.fingers)}')
        return np.array([
            i for i, name in enumerate(self.joint_names) if name.startswith(f'{finger}_')])

    def _keypoint_indices(self, ending: str) -> np.ndarray:
        names = self.keypoint_names
        return np.array([names.index(f'{finger}_{ending}') for finger in self.fingers])
