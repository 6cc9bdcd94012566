"""Primitive shapes: what links and objects are made of, with their volume and inertia."""
from dataclasses import dataclass, replace

import numpy as np

from dexgen_description import rotation

SHAPE_TYPES = ('sphere', 'box', 'capsule', 'cylinder', 'ellipsoid', 'mesh')


@dataclass(frozen=True)
class Shape:
    """One collision shape, placed in the frame of its link or object.

    Attributes:
        type: one of `SHAPE_TYPES`.
        size: [m], MuJoCo's convention: sphere (radius,), box half extents (3,), capsule and
            cylinder (radius, half length along z; a capsule's without its caps), ellipsoid
            semi-axes (3,), mesh half extents of its bounding box (3,).
        pos: (3,) centre [m].
        quat: (4,) orientation (w, x, y, z).
        density: relative to the other shapes of the same body; only ratios matter.
        vertices: (N, 3) [m], only of a mesh: a convex piece, centred on its bounding box.
        faces: (M, 3) vertex indices, only of a mesh, counter-clockwise seen from outside.
    """

    type: str
    size: np.ndarray
    pos: np.ndarray
    quat: np.ndarray
    density: float = 1.0
    vertices: np.ndarray | None = None
    faces: np.ndarray | None = None

    @property
    def half_extents(self) -> np.ndarray:
        """(3,) half of the bounding box [m] in the shape's own frame."""
        if self.type == 'sphere':
            return np.repeat(self.size[0], 3)
        if self.type in ('capsule', 'cylinder'):
            cap = self.size[0] if self.type == 'capsule' else 0.0
            return np.array([self.size[0], self.size[0], self.size[1] + cap])
        return np.array(self.size)

    @property
    def bounding_half_extents(self) -> np.ndarray:
        """(3,) half of the bounding box [m] in the frame of the link or object."""
        matrix = rotation.from_quaternion(self.quat)
        if self.type == 'mesh':
            return np.abs(self.vertices @ matrix.T).max(0)
        if self.type in ('sphere', 'ellipsoid'):
            return np.linalg.norm(matrix * self.half_extents, axis=1)
        if self.type == 'capsule':
            return self.size[0] + np.abs(matrix[:, 2]) * self.size[1]
        if self.type == 'cylinder':
            across = np.linalg.norm(matrix[:, :2], axis=1) * self.size[0]
            return across + np.abs(matrix[:, 2]) * self.size[1]
        return np.abs(matrix) @ self.half_extents

    def scaled(self, scale: float) -> 'Shape':
        """The same shape `scale` times as large about the frame's origin."""
        vertices = None if self.vertices is None else self.vertices * scale
        return replace(self, size=self.size * scale, pos=self.pos * scale, vertices=vertices)


def capsule_between(start: np.ndarray, end: np.ndarray, radius: float, density: float = 1.0
                    ) -> Shape:
    """The capsule of `radius` [m] whose two cap centres are `start` and `end` (3,) [m]."""
    start, end = np.asarray(start, dtype=float), np.asarray(end, dtype=float)
    length = float(np.linalg.norm(end - start))
    matrix = rotation.from_z_axis(end - start)
    return Shape('capsule', np.array([radius, length / 2]), (start + end) / 2,
                 rotation.to_quaternion(matrix), density)
