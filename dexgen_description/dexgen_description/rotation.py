"""Rotations as 3x3 matrices: built once from the data files, applied in batches elsewhere."""
import numpy as np


def from_rpy(rpy: np.ndarray) -> np.ndarray:
    """Rotation matrix (3, 3) of URDF's roll, pitch, yaw [rad] about fixed axes: Rz Ry Rx."""
    roll, pitch, yaw = np.asarray(rpy, dtype=float)
    cr, sr, cp, sp, cy, sy = (
        np.cos(roll), np.sin(roll), np.cos(pitch), np.sin(pitch), np.cos(yaw), np.sin(yaw))
    return np.array([
        [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
        [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
        [-sp, cp * sr, cp * cr],
    ])


def to_rpy(matrix: np.ndarray) -> np.ndarray:
    """Roll, pitch, yaw (3,) [rad] of a rotation matrix (3, 3); the inverse of `from_rpy`."""
    pitch = np.arctan2(-matrix[2, 0], np.hypot(matrix[0, 0], matrix[1, 0]))
    if np.hypot(matrix[0, 0], matrix[1, 0]) < 1e-9:  # gimbal lock: yaw is free, take zero
        return np.array([np.arctan2(-matrix[1, 2], matrix[1, 1]), pitch, 0.0])
    return np.array([
        np.arctan2(matrix[2, 1], matrix[2, 2]), pitch, np.arctan2(matrix[1, 0], matrix[0, 0])])


def from_quaternion(quaternion: np.ndarray) -> np.ndarray:
    """Rotation matrices (..., 3, 3) of unit quaternions (..., 4) in the order (w, x, y, z)."""
    w, x, y, z = np.moveaxis(np.asarray(quaternion, dtype=float), -1, 0)
    return np.stack([
        np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)], -1),
        np.stack([2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)], -1),
        np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], -1),
    ], -2)


def to_quaternion(matrix: np.ndarray) -> np.ndarray:
    """Unit quaternion (4,), (w, x, y, z) with w >= 0, of a rotation matrix (3, 3).

    The largest component is found first, so that no division is by a small number.
    """
    trace = np.trace(matrix)
    squares = np.array([1 + trace, *(1 + 2 * np.diag(matrix) - trace)]) / 4
    largest = int(np.argmax(squares))
    skew = np.array([
        matrix[2, 1] - matrix[1, 2], matrix[0, 2] - matrix[2, 0], matrix[1, 0] - matrix[0, 1]])
    if largest == 0:
        quaternion = np.array([4 * squares[0], *skew])
    else:
        axis = largest - 1
        quaternion = np.array([skew[axis], *(matrix[axis] + matrix[:, axis])])
        quaternion[largest] = 4 * squares[largest]
    quaternion /= np.linalg.norm(quaternion)
    return quaternion if quaternion[0] >= 0 else -quaternion


def from_z_axis(axis: np.ndarray) -> np.ndarray:
    """A rotation matrix (3, 3) that carries the z axis onto the unit vector `axis` (3,)."""
    axis = np.asarray(axis, dtype=float) / np.linalg.norm(axis)
    other = np.eye(3)[int(np.argmin(np.abs(axis)))]
    x = np.cross(other, axis)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(axis, x), axis], axis=1)
