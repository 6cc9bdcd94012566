"""From a hand's data file to a `Hand`."""
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np

from dexgen_description import data_file, rotation
from dexgen_description.data_file import Node
from dexgen_description.hand import CollisionPair, Hand, Keypoint, Link, ROOT
from dexgen_description.shape_file import read_shapes

FINGERS = ('index', 'middle', 'ring', 'little', 'thumb')
DRIVE_KEYS = ('velocity', 'acceleration', 'torque', 'kp', 'kd', 'armature', 'damping')


def hand_names() -> tuple[str, ...]:
    """Names of the hands that ship with the package."""
    return data_file.shipped_names('hands')


@cache
def load_hand(name: str) -> Hand:
    """Load a hand that ships with the package; the result is shared and must not be changed.

    Args:
        name: one of `hand_names()`.

    Raises:
        ValueError: unknown name (lists the known ones) or a faulty data file.
    """
    if name not in hand_names():
        raise ValueError(f'unknown hand {name!r}; known: {", ".join(hand_names())}')
    return hand_from_node(data_file.read(data_file.shipped_file('hands', name)))


def read_hand(path: str | Path) -> Hand:
    """Load a hand from a data file of one's own.

    Raises:
        DataFileError: names the file, the key, the value and what is allowed.
    """
    return hand_from_node(data_file.read(Path(path)))


def hand_from_node(node: Node) -> Hand:
    """Build and check a `Hand`; see docs/hands.md for the keys."""
    fingers = node.texts('fingers', FINGERS)
    links, drives, limits = _read_links(node, fingers)
    keypoints = _read_keypoints(node.child('keypoints'), links, fingers)
    joint_names = tuple(drives)
    lower, upper = np.array(list(limits.values())).T
    drive = {key: np.array([values[key] for values in drives.values()]) for key in DRIVE_KEYS}
    postures = node.child('postures')
    hand = Hand(
        name=node.text('name'), side=node.text('side', ('right', 'left')), fingers=fingers,
        joint_names=joint_names, lower=lower, upper=upper,
        velocity_limit=drive['velocity'], acceleration_limit=drive['acceleration'],
        torque_limit=drive['torque'], kp=drive['kp'], kd=drive['kd'],
        armature=drive['armature'], damping=drive['damping'], links=links, keypoints=keypoints,
        tip_radius=np.array([_tip_radius(node, links, keypoints, f) for f in fingers]),
        rest=_read_posture(postures, 'rest', fingers, limits),
        pregrasp=_read_posture(postures, 'pregrasp', fingers, limits),
        palm_center=node.vector('palm_center', 3), friction=node.vector('friction', 3, low=0.0),
        collision_pairs=_read_pairs(node, links), source=node.texts('source'))
    postures.finish()
    node.finish()
    _freeze(hand)
    return hand


def _read_links(node: Node, fingers: tuple[str, ...]
                ) -> tuple[tuple[Link, ...], dict[str, dict], dict[str, tuple[float, float]]]:
    palm = node.child('palm')
    links = [Link(ROOT, -1, np.zeros(3), np.array([1.0, 0, 0, 0]), -1, np.zeros(3),
                  palm.number('mass', 1e-6), read_shapes(palm))]
    palm.finish()
    defaults = node.child('drive')
    default = {key: defaults.number(key, 0.0) for key in DRIVE_KEYS}
    defaults.finish()
    drives: dict[str, dict] = {}
    limits: dict[str, tuple[float, float]] = {}
    for item in node.children('links'):
        names = [link.name for link in links]
        name = item.text('name')
        if name in names or name.partition('_link_')[0] not in fingers:
            raise item.error('name', name, 'a new <finger>_link_<i>, finger one of '
                             + ', '.join(fingers))
        parent = item.text('parent', names)
        joint = name.replace('_link_', '_joint_')
        low, high = item.vector('range', 2)
        if not low < high:
            raise item.error('range', [low, high], 'lower below upper [rad]')
        axis = item.vector('axis', 3)
        if abs(np.linalg.norm(axis) - 1) > 1e-6:
            raise item.error('axis', axis.tolist(), 'a vector of length 1')
        matrix = rotation.from_rpy(item.vector('rpy', 3, default=[0.0, 0.0, 0.0]))
        links.append(Link(
            name, names.index(parent), item.vector('pos', 3), rotation.to_quaternion(matrix),
            len(drives), axis, item.number('mass', 1e-6), read_shapes(item)))
        limits[joint] = (low, high)
        drives[joint] = {key: item.number(key, 0.0, default=default[key]) for key in DRIVE_KEYS}
        item.finish()
    return tuple(links), drives, limits


def _read_keypoints(node: Node, links: tuple[Link, ...], fingers: tuple[str, ...]
                    ) -> tuple[Keypoint, ...]:
    names = [link.name for link in links]
    keypoints = []
    for finger, ending in product(fingers, ('pip', 'tip')):
        item = node.child(f'{finger}_{ending}')
        keypoints.append(Keypoint(
            f'{finger}_{ending}', names.index(item.text('link', names)), item.vector('pos', 3)))
        item.finish()
    node.finish()
    return tuple(keypoints)


def _tip_radius(node: Node, links: tuple[Link, ...], keypoints: tuple[Keypoint, ...],
                finger: str) -> float:
    """Radius of the round shape at the fingertip: the last shape of the tip's link."""
    tip = next(point for point in keypoints if point.name == f'{finger}_tip')
    shape = links[tip.link].shapes[-1]
    if shape.type not in ('sphere', 'capsule'):
        raise node.error(f'links[{links[tip.link].name}].shapes', shape.type,
                         'a sphere or capsule as last shape of a fingertip')
    return float(shape.size[0])


def _read_posture(node: Node, key: str, fingers: tuple[str, ...],
                  limits: dict[str, tuple[float, float]]) -> np.ndarray:
    """A posture given finger by finger, checked against the joint limits."""
    item = node.child(key)
    posture = {}
    for finger in fingers:
        joints = [name for name in limits if name.startswith(f'{finger}_')]
        values = item.vector(finger, len(joints))
        for joint, value in zip(joints, values, strict=True):
            low, high = limits[joint]
            if not low <= value <= high:
                raise item.error(finger, value, f'{joint} from {low:g} to {high:g} rad')
            posture[joint] = value
    item.finish()
    return np.array([posture[name] for name in limits])


def _read_pairs(node: Node, links: tuple[Link, ...]) -> tuple[CollisionPair, ...]:
    """Every shape of the `first` links against every shape of the `second` links."""
    by_name = {link.name: link for link in links}
    pairs = {}
    for item in node.children('self_collision'):
        margin = item.number('margin', 0.0, 0.05)
        for a, b in product(item.texts('first', by_name), item.texts('second', by_name)):
            if a == b:
                raise item.error('second', b, f'links other than {a}')
            for first, second in product(by_name[a].shape_names(), by_name[b].shape_names()):
                pairs[frozenset((first, second))] = CollisionPair(first, second, margin)
        item.finish()
    return tuple(pairs.values())


def _freeze(hand: Hand) -> None:
    """Make the arrays read-only: a loaded hand is shared by everyone in the process."""
    owners = [hand, *hand.links, *hand.keypoints, *(s for link in hand.links for s in link.shapes)]
    for owner in owners:
        for value in vars(owner).values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
