"""Rotations there and back."""
from dexgen_description import rotation
import numpy as np
import pytest


def matrices():
    """Random turns, and the half and quarter turns where formulas divide by zero."""
    random = np.random.default_rng(5).uniform(-np.pi, np.pi, (500, 3))
    steps = np.array(np.meshgrid(*[np.arange(-2, 3)] * 3)).reshape(3, -1).T * np.pi / 2
    return [rotation.from_rpy(rpy) for rpy in np.vstack([random, steps])]


def test_rpy_turns_about_fixed_axes():
    roll, pitch, yaw = (rotation.from_rpy(0.3 * row) for row in np.eye(3))
    c, s = np.cos(0.3), np.sin(0.3)
    assert roll == pytest.approx(np.array([[1, 0, 0], [0, c, -s], [0, s, c]]))
    assert pitch == pytest.approx(np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]))
    assert yaw == pytest.approx(np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]))
    assert rotation.from_rpy([0.3, 0.3, 0.3]) == pytest.approx(yaw @ pitch @ roll)


def test_quaternions_and_rpy_lead_back_to_the_same_rotation():
    for matrix in matrices():
        quaternion = rotation.to_quaternion(matrix)
        assert np.linalg.norm(quaternion) == pytest.approx(1.0)
        assert quaternion[0] >= 0
        assert rotation.from_quaternion(quaternion) == pytest.approx(matrix, abs=1e-12)
        assert rotation.from_rpy(rotation.to_rpy(matrix)) == pytest.approx(matrix, abs=1e-9)


def test_the_z_axis_is_carried_onto_any_direction():
    for axis in [*np.eye(3), *-np.eye(3), np.array([1.0, 2.0, -3.0])]:
        matrix = rotation.from_z_axis(axis)
        assert matrix[:, 2] == pytest.approx(axis / np.linalg.norm(axis))
        assert matrix @ matrix.T == pytest.approx(np.eye(3), abs=1e-12)
        assert np.linalg.det(matrix) == pytest.approx(1.0)
