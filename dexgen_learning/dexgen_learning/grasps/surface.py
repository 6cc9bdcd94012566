"""Points on the surface of an object, with outward normals."""

from dataclasses import dataclass

from dexgen_description import ObjectModel, Shape
import numpy as np

from dexgen_learning.env import quaternion


@dataclass(frozen=True)
class Triangles:
    """A triangulated convex shape in the object's frame: corners (M, 3, 3) [m]."""

    corners: np.ndarray

    @property
    def normals(self) -> np.ndarray:
        """(M, 3) outward unit normals times twice the area."""
        a, b, c = np.moveaxis(self.corners, 1, 0)
        return np.cross(b - a, c - a)

    def inside(self, points: np.ndarray, margin: float = 1e-6) -> np.ndarray:
        """(n,) whether points (n, 3) lie inside by more than the margin [m]."""
        normal = self.normals
        area = np.linalg.norm(normal, axis=-1, keepdims=True)
        normal = normal[area[:, 0] > 1e-12] / area[area[:, 0] > 1e-12]
        base = self.corners[area[:, 0] > 1e-12, 0]
        height = points @ normal.T - np.sum(base * normal, axis=-1)
        return np.all(height < -margin, axis=-1)


def triangulated(shape: Shape) -> Triangles:
    """The triangles of one shape, placed in the object's frame."""
    import trimesh
    make = trimesh.creation
    size = shape.size
    if shape.type == 'mesh':
        mesh = trimesh.Trimesh(shape.vertices, shape.faces, process=False)
    elif shape.type == 'box':
        mesh = make.box(2.0 * size)
    elif shape.type == 'capsule':
        mesh = make.capsule(2.0 * size[1], size[0], count=(16, 8))
        mesh.apply_translation(-mesh.bounds.mean(axis=0))
    elif shape.type == 'cylinder':
        mesh = make.cylinder(size[0], 2.0 * size[1], sections=24)
    else:
        mesh = make.icosphere(2, 1.0)
        mesh.apply_scale(size if shape.type == 'ellipsoid' else size[0])
    corners = np.asarray(mesh.triangles)
    return Triangles(quaternion.rotate(shape.quat, corners) + shape.pos)


class Surface:
    """Samples the surface of an object; points inside another of its shapes do not count."""

    def __init__(self, object_model: ObjectModel) -> None:
        """Triangulate the shapes."""
        self.parts = [triangulated(shape) for shape in object_model.geoms]
        self._corners = np.concatenate([part.corners for part in self.parts])
        self._owner = np.repeat(np.arange(len(self.parts)), [len(p.corners) for p in self.parts])
        normals = np.concatenate([part.normals for part in self.parts])
        area = np.linalg.norm(normals, axis=-1)
        self._normals = normals / np.maximum(area, 1e-15)[:, None]
        self._share = area / area.sum()

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """N points (n, 3) [m] spread evenly over the surface and their outward normals (n, 3)."""
        points, normals = np.zeros((0, 3)), np.zeros((0, 3))
        while len(points) < n:
            face = rng.choice(len(self._share), size=2 * n, p=self._share)
            u, v = rng.random((2, 2 * n, 1))
            flip = u + v > 1.0
            u, v = np.where(flip, 1.0 - u, u), np.where(flip, 1.0 - v, v)
            a, b, c = np.moveaxis(self._corners[face], 1, 0)
            fresh = a + u * (b - a) + v * (c - a)
            free = np.ones(2 * n, dtype=bool)
            for k, part in enumerate(self.parts):
                free &= (self._owner[face] == k) | ~part.inside(fresh)
            points = np.concatenate([points, fresh[free]])
            normals = np.concatenate([normals, self._normals[face[free]]])
        return points[:n], normals[:n]
