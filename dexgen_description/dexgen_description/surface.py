"""Triangles of the shapes that other formats cannot name, and STL files of them."""
from pathlib import Path

import numpy as np

from dexgen_description.shape import Shape

_AROUND, _DOWN = 32, 16  # segments of an ellipsoid


def triangles(shape: Shape) -> np.ndarray:
    """Corners (N, 3, 3) [m] in the shape's own frame, counter-clockwise seen from outside.

    Raises:
        ValueError: not an ellipsoid, sphere or mesh; the others have names everywhere.
    """
    if shape.type == 'mesh':
        return shape.vertices[shape.faces]
    if shape.type not in ('ellipsoid', 'sphere'):
        raise ValueError(f'no triangles of a {shape.type}; allowed: ellipsoid, sphere, mesh')
    down = np.linspace(0.0, np.pi, _DOWN + 1)[:, None]
    around = np.linspace(0.0, 2 * np.pi, _AROUND + 1)
    grid = np.stack(np.broadcast_arrays(
        np.sin(down) * np.cos(around), np.sin(down) * np.sin(around), np.cos(down)), -1)
    grid = grid * shape.half_extents
    top_left, top_right = grid[:-1, :-1], grid[:-1, 1:]
    low_left, low_right = grid[1:, :-1], grid[1:, 1:]
    upper = np.stack([top_left[1:], low_right[1:], top_right[1:]], 2)
    lower = np.stack([top_left[:-1], low_left[:-1], low_right[:-1]], 2)
    return np.concatenate([upper.reshape(-1, 3, 3), lower.reshape(-1, 3, 3)])


def write_stl(path: Path, corners: np.ndarray) -> None:
    """Write triangles (N, 3, 3) [m] as a binary STL file."""
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    records = np.zeros(len(corners), dtype=[('f', '<f4', (4, 3)), ('attribute', '<u2')])
    records['f'][:, 0], records['f'][:, 1:] = normals, corners
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(80) + np.uint32(len(corners)).tobytes() + records.tobytes())
