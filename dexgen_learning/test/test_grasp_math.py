"""Net force optimisation, feature metric, rotations and symmetric errors."""

from dexgen_description import load_object
from dexgen_learning.env import quaternion
from dexgen_learning.env.symmetry import rotation_error
from dexgen_learning.grasps.metric import Metric
from dexgen_learning.grasps.net_force import net_force, passes
from dexgen_learning.grasps.separation import Separation
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from scipy.optimize import nnls


def unit(rng, *shape):
    v = rng.normal(size=(*shape, 3))
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def test_opposite_normals_balance_and_a_single_one_does_not():
    assert passes(np.array([[0, 0, 1.0], [0, 0, -1.0]]))
    assert net_force(np.array([[0, 0, 1.0]])) == pytest.approx(1.0)
    assert not passes(np.array([[0, 0, 1.0], [0, 1.0, 0]]))


def test_a_zero_row_is_no_contact():
    assert net_force(np.array([[0, 0, 1.0], [0, 0, 0.0]])) == pytest.approx(1.0)


@pytest.mark.parametrize('contacts', [2, 3, 4])
def test_closed_form_agrees_with_nnls(contacts):
    rng = np.random.default_rng(contacts)
    for normals in unit(rng, 40, contacts):
        expected = min(
            nnls(np.delete(normals, i, 0).T, -normals[i])[1] for i in range(contacts))
        assert net_force(normals) == pytest.approx(expected, abs=1e-5)


def test_wrong_shape_is_named():
    with pytest.raises(ValueError, match='shape'):
        net_force(np.zeros((2, 2)))


def test_one_unit_each():
    metric = Metric()
    assert metric.distance(0.01, 0.0, 0.0) == pytest.approx(1.0)
    assert metric.distance(0.0, np.deg2rad(20), 0.0) == pytest.approx(1.0)
    assert metric.distance(0.0, 0.0, 0.12) == pytest.approx(1.0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_rotation_vector_round_trip(seed):
    rng = np.random.default_rng(seed)
    v = unit(rng) * rng.uniform(0, np.pi - 1e-3)
    back = quaternion.to_rotation_vector(quaternion.from_rotation_vector(v))
    np.testing.assert_allclose(back, v, atol=1e-9)


@pytest.mark.parametrize('name', ['cube', 'cuboid', 'cylinder', 'ellipsoid', 'sphere'])
def test_symmetric_error_agrees_with_the_description(name):
    rng = np.random.default_rng(1)
    model = load_object(name)
    a, b = quaternion.random(rng, (50,)), quaternion.random(rng, (50,))
    vector = rotation_error(model, a, b)
    np.testing.assert_allclose(np.linalg.norm(vector, axis=-1),
                               model.symmetry.rotation_error(a, b), atol=1e-6)
    turned = quaternion.multiply(quaternion.from_rotation_vector(vector), a)
    np.testing.assert_allclose(model.symmetry.rotation_error(turned, b), 0.0, atol=1e-5)


def test_quarter_turn_of_a_cube_is_no_error():
    quarter = quaternion.from_rotation_vector(np.array([0.0, 0.0, np.pi / 2]))
    error = rotation_error(load_object('cube'), quaternion.IDENTITY, quarter)
    np.testing.assert_allclose(error, 0.0, atol=1e-7)


def test_separation_keeps_grasps_apart():
    rng = np.random.default_rng(0)
    separation = Separation(load_object('cube'), 0.3)
    q, quat = rng.normal(size=(400, 16)) * 0.05, quaternion.random(rng, (400,))
    pos = rng.normal(size=(400, 3)) * 0.005
    first = separation.add(q, pos, quat)
    again = separation.add(q[first] + 1e-4, pos[first], quat[first])
    assert first.all() and not again.any()
