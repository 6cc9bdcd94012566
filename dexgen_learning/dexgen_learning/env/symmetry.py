"""Rotation errors as vectors that know the symmetry of the object."""

from functools import lru_cache

from dexgen_description import ObjectModel
import numpy as np

from dexgen_learning.env import quaternion


@lru_cache(maxsize=64)
def _group(kind: str, flat_rotations: bytes) -> np.ndarray:
    """The finite group as quaternions (N, 4)."""
    matrices = np.frombuffer(flat_rotations).reshape(-1, 3, 3)
    return np.stack([_from_matrix(m) for m in matrices])


def _from_matrix(m: np.ndarray) -> np.ndarray:
    """One rotation matrix as a quaternion (the largest eigenvector of Shepperd's matrix)."""
    (a, b, c), (d, e, f), (g, h, i) = m
    k = np.array([[a + e + i, h - f, c - g, d - b], [h - f, a - e - i, b + d, c + g],
                  [c - g, b + d, e - a - i, f + h], [d - b, c + g, f + h, i - a - e]])
    return np.linalg.eigh(k)[1][:, -1]


def rotation_error(object_model: ObjectModel, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The smallest rotation that turns the object from looking like a to looking like b.

    Args:
        object_model: whose symmetry counts.
        a: (..., 4) orientation.
        b: (..., 4) orientation, broadcast against a.

    Returns:
        (..., 3) rotation vector in the frame of the orientations [rad]; zero for a sphere.
    """
    symmetry = object_model.symmetry
    a, b = np.broadcast_arrays(a, b)
    if symmetry.kind == 'sphere':
        return np.zeros((*a.shape[:-1], 3))
    if symmetry.kind in ('axis', 'axis_flip'):
        return _axis_error(symmetry, a, b)
    group = _group(symmetry.kind, np.ascontiguousarray(symmetry.rotations, float).tobytes())
    relative = quaternion.multiply(quaternion.conjugate(a), b)
    scores = np.abs(relative @ quaternion.conjugate(group).T)
    best = group[np.argmax(scores, axis=-1)]
    turn = quaternion.multiply(quaternion.multiply(b, best), quaternion.conjugate(a))
    return quaternion.to_rotation_vector(turn)


def _axis_error(symmetry, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    start, end = quaternion.rotate(a, symmetry.axis), quaternion.rotate(b, symmetry.axis)
    along = np.sum(start * end, axis=-1, keepdims=True)
    if symmetry.kind == 'axis_flip':
        end, along = np.where(along < 0.0, -end, end), np.abs(along)
    cross = np.cross(start, end)
    sine = np.linalg.norm(cross, axis=-1, keepdims=True)
    return cross * (np.arctan2(sine, along) / np.maximum(sine, 1e-9))
