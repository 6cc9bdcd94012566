"""Wrist orientations, the gravity that they make, and their rate-limited turn."""

from dexgen_sim_bridge.wrist import (
    GRAVITY,
    gravity_in_hand,
    PALM_UP,
    turn_toward,
    unit_quaternion,
    wrist_orientation,
    WRISTS,
)
import numpy as np
import pytest


@pytest.mark.parametrize(
    ('name', 'side', 'gravity'),
    [
        ('palm_up', 'right', [-1, 0, 0]),
        ('operator', 'left', [-1, 0, 0]),
        ('palm_down', 'right', [1, 0, 0]),
        ('fingers_up', 'right', [0, 0, -1]),
        # The thumb is on the side of +y of a right hand and of -y of a left one; thumb up.
        ('sideways', 'right', [0, -1, 0]),
        ('sideways', 'left', [0, 1, 0]),
    ],
)
def test_gravity_of_each_named_orientation(name, side, gravity):
    found = gravity_in_hand(wrist_orientation(name, side))
    assert found == pytest.approx(GRAVITY * np.array(gravity), abs=1e-12)


@pytest.mark.parametrize('name', WRISTS)
@pytest.mark.parametrize('side', ['right', 'left'])
def test_every_orientation_is_a_unit_quaternion(name, side):
    assert np.linalg.norm(wrist_orientation(name, side)) == pytest.approx(1.0)


def test_an_unknown_orientation_lists_those_that_there_are():
    with pytest.raises(ValueError, match='palm_up, palm_down'):
        wrist_orientation('upside')


def test_gravity_is_batched():
    random = np.random.default_rng(0).normal(size=(4, 5, 4))
    random /= np.linalg.norm(random, axis=-1, keepdims=True)
    together = gravity_in_hand(random)
    assert together.shape == (4, 5, 3)
    assert np.allclose(np.linalg.norm(together, axis=-1), GRAVITY)
    assert np.allclose(together[2, 3], gravity_in_hand(random[2, 3]))


def test_a_turn_takes_the_short_way_at_its_rate_and_arrives():
    wanted = -wrist_orientation('palm_down')
    orientation, angles = PALM_UP, []
    for _ in range(400):
        before, orientation = orientation, turn_toward(orientation, wanted, 0.01)
        angles.append(2 * np.arccos(min(abs(before @ orientation), 1.0)))
    assert max(angles) <= 0.01 + 1e-6
    assert np.allclose(np.abs(orientation), np.abs(wanted))
    assert sum(angles) == pytest.approx(np.pi, abs=0.01)


@pytest.mark.parametrize('bad', [[0, 0, 0, 0], [np.nan, 0, 0, 1], [np.inf, 0, 0, 0]])
def test_what_is_no_rotation_is_refused(bad):
    with pytest.raises(ValueError, match='no rotation'):
        unit_quaternion(bad)


def test_quaternions_are_normalised():
    assert unit_quaternion([2.0, 0.0, 0.0, 0.0]) == pytest.approx([1.0, 0.0, 0.0, 0.0])
