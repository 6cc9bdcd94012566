"""What a loaded finger loses of its grip is made good; what it gives on purpose is not."""

from dexgen_controller.grip import Grip, GripConfig
import numpy as np
import pytest

FINGER = [0, 0, 1]
LOADED = np.array([[1.0, 0.0]])
STILL = np.zeros(1)
HELD = np.array([[0.1, 0.05, 0.1]])


def grip(**changes) -> Grip:
    return Grip(FINGER, 10.0, 1, GripConfig(**changes))


def held(keeper: Grip, seconds: float = 5.0) -> np.ndarray:
    """Hold for a while; the last step's help."""
    for _ in range(round(10 * seconds)):
        kept = keeper.step(HELD, LOADED, STILL)
    return kept


def test_a_grip_that_stays_needs_no_help():
    np.testing.assert_allclose(held(grip()), 0.0, atol=1e-12)


def test_a_lost_bend_comes_back():
    keeper, target, position = grip(), HELD[0].copy(), np.zeros(3)
    held(keeper)
    position[:2] += 0.04  # the object yields: what pressed on it goes after it
    for _ in range(30):
        target = target + keeper.step((target - position)[None], LOADED, STILL)[0]
    np.testing.assert_allclose((target - position)[:2], HELD[0, :2], rtol=0.15)
    assert target[2] == HELD[0, 2]


def test_a_free_finger_gets_none():
    keeper = grip()
    held(keeper)
    assert keeper.step(0.0 * HELD, LOADED, STILL)[0, 2] == 0.0


def test_a_load_just_taken_up_is_not_helped_yet():
    keeper = grip()
    keeper.step(HELD, LOADED, STILL)
    first = np.abs(keeper.step(0.0 * HELD, LOADED, STILL)).max()
    settled = grip()
    held(settled)
    assert first < 0.2 * np.abs(settled.step(0.0 * HELD, LOADED, STILL)).max()


def test_a_grasp_that_is_moved_on_purpose_is_remembered_anew():
    kept, moved = grip(), grip()
    held(kept)
    held(moved)
    for _ in range(20):
        stays = kept.step(0.5 * HELD, LOADED, STILL)
        goes = moved.step(0.5 * HELD, LOADED, np.full(1, 0.2))
    assert np.abs(goes).max() < 0.1 * np.abs(stays).max()


def test_help_is_bounded_and_can_be_off():
    keeper = grip(bound=0.05)
    held(keeper)
    assert np.abs(keeper.step(-10.0 * HELD, LOADED, STILL)).max() <= 3.0 * 0.1 * 0.05 + 1e-12
    off = grip(gain=0.0)
    held(off)
    assert not off.step(0.0 * HELD, LOADED, STILL).any()


@pytest.mark.parametrize('hands', [None, np.array([True])])
def test_a_reset_forgets(hands):
    keeper = grip()
    held(keeper)
    keeper.reset(hands)
    assert not keeper.step(0.0 * HELD, LOADED, STILL).any()
