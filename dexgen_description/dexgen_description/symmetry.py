"""Rotations that leave an object as it is, and orientation errors that know about them."""
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np

from dexgen_description import rotation

SYMMETRY_KINDS = ('none', 'sphere', 'axis', 'axis_flip', 'cube', 'box', 'square_box')


@dataclass(frozen=True)
class Symmetry:
    """The group of rotations about the object's centre under which it looks the same.

    Attributes:
        kind: one of `SYMMETRY_KINDS`: none at all; sphere (every rotation); axis (every rotation
            about `axis`); axis_flip (the same, and either end up); cube (24 rotations); box (half
            turns about three axes, 4 rotations); square_box (8, the quarter turns about `axis`).
        axis: (3,) unit vector in the object's frame.
        rotations: (N, 3, 3) the finite group; for a continuous one its finite part.
    """

    kind: str
    axis: np.ndarray
    rotations: np.ndarray

    def rotation_error(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Smallest angle (...) [rad] that turns an object from one look to the other.

        Args:
            first: (..., 4) orientation (w, x, y, z).
            second: (..., 4) orientation (w, x, y, z), broadcast against `first`.
        """
        turns = rotation.from_quaternion(first), rotation.from_quaternion(second)
        if self.kind == 'sphere':
            return np.zeros(np.broadcast_shapes(turns[0].shape, turns[1].shape)[:-2])
        if self.kind in ('axis', 'axis_flip'):
            a, b = turns[0] @ self.axis, turns[1] @ self.axis
            along = (a * b).sum(-1)
            if self.kind == 'axis_flip':
                along = np.abs(along)
            return np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), along)
        relative = np.swapaxes(turns[0], -1, -2) @ turns[1]
        traces = np.einsum('...ij,nij->...n', relative, self.rotations)
        return np.arccos(np.clip((traces.max(-1) - 1) / 2, -1.0, 1.0))


def make_symmetry(kind: str, axis: np.ndarray = (0.0, 0.0, 1.0)) -> Symmetry:
    """Build a symmetry of one of the `SYMMETRY_KINDS`.

    Raises:
        ValueError: unknown kind; lists the known ones.
    """
    if kind not in SYMMETRY_KINDS:
        raise ValueError(f'unknown symmetry {kind!r}; known: {", ".join(SYMMETRY_KINDS)}')
    axis = np.asarray(axis, dtype=float) / np.linalg.norm(axis)
    cube = np.stack([m for m in _signed_permutations() if np.linalg.det(m) > 0])
    if kind == 'cube':
        group = cube
    elif kind == 'box':
        group = cube[np.abs(np.einsum('nii->ni', cube)).sum(-1) == 3]
    elif kind == 'square_box':
        group = cube[np.abs(np.einsum('i,nij,j->n', axis, cube, axis)) > 0.999]
    else:
        group = np.eye(3)[None]
    return Symmetry(kind, axis, group)


def _signed_permutations() -> list[np.ndarray]:
    return [np.eye(3)[list(order)] * np.array(signs)[:, None]
            for order in permutations(range(3)) for signs in product((1, -1), repeat=3)]
