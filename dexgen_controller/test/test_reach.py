"""Free fingers reach what they are asked for; the others keep the model's increments."""

from dataclasses import replace

from dexgen_controller.reach import Reach, STEP
from dexgen_description import Kinematics, load_hand
import numpy as np
import pytest

HAND = load_hand('allegro_right')
KINEMATICS = Kinematics(HAND)
RANDOM = np.random.default_rng(0)
NOTHING = np.zeros((1, 16))
POINTS = range(len(HAND.keypoint_names))
STILL = np.zeros((1, len(POINTS), 3))


def asked(change: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Targets (1, J), and keypoints (1, K, 3) of the targets moved by `change` (J,)."""
    targets = HAND.pregrasp[None].copy()
    return targets, KINEMATICS.keypoints(targets + change)


def test_a_free_finger_arrives_within_half_a_second():
    change = RANDOM.uniform(-0.4, 0.4, 16)
    targets, keypoints = asked(change)
    reach = Reach(KINEMATICS, 10.0, POINTS)
    for _ in range(5):
        targets = targets + reach(targets, keypoints, NOTHING, np.ones((1, 4)), STILL)
    assert np.abs(KINEMATICS.keypoints(targets) - keypoints).max() < 2e-3


def test_a_loaded_finger_keeps_the_models_increment():
    targets, keypoints = asked(np.full(16, 0.1))
    model = RANDOM.normal(size=(1, 16))
    free = np.array([[0.0, 1.0, 0.0, 0.0]])
    increment = Reach(KINEMATICS, 10.0, POINTS)(targets, keypoints, model, free, STILL)
    own = np.array([name.startswith(HAND.fingers[1]) for name in HAND.joint_names])
    np.testing.assert_array_equal(increment[0, ~own], model[0, ~own])
    own_points = [name.startswith(HAND.fingers[1]) for name in HAND.keypoint_names]
    left = (keypoints - KINEMATICS.keypoints(targets + increment * own))[0, own_points]
    asked_for = (keypoints - KINEMATICS.keypoints(targets))[0, own_points]
    assert np.linalg.norm(left) < 0.2 * np.linalg.norm(asked_for)


def test_a_share_mixes_both():
    targets, keypoints = asked(np.full(16, 0.1))
    model = np.full((1, 16), -0.1)
    reach = Reach(KINEMATICS, 10.0, POINTS)
    whole, half = (reach(targets, keypoints, model, np.full((1, 4), s), STILL) for s in (1.0, 0.5))
    np.testing.assert_allclose(half, 0.5 * (whole + model))


@pytest.mark.parametrize('rate', [10.0, 20.0])
def test_what_is_out_of_reach_is_approached_by_bounded_steps(rate):
    targets, keypoints = asked(np.zeros(16))
    reach = Reach(KINEMATICS, rate, POINTS)
    increment = reach(targets, keypoints + 0.5, NOTHING, np.ones((1, 4)), STILL)
    assert np.isfinite(increment).all()
    assert np.abs(increment).max() <= STEP * 10.0 / rate + 1e-12


def test_what_is_carried_is_added_to_the_models_increment():
    targets, keypoints = asked(np.zeros(16))
    model, points = RANDOM.normal(size=(1, 16)), list(HAND.tip_indices)
    change = RANDOM.uniform(-0.02, 0.02, 16)
    carried = KINEMATICS.keypoints(targets + change) - keypoints
    reach = Reach(KINEMATICS, 10.0, points)
    nobody = np.zeros((1, 4))
    increment = reach(targets, keypoints, model, nobody, carried[:, points])
    moved = KINEMATICS.keypoints(targets + increment - model) - keypoints
    assert np.abs(moved - carried)[:, points].max() < 1e-3
    still = reach(targets, keypoints, model, nobody, 0.0 * carried[:, points])
    np.testing.assert_array_equal(still, model)


def test_what_a_joint_at_its_limit_cannot_do_the_others_do():
    """One step from postures at limits, to where joints within them can be."""
    random = np.random.default_rng(2)
    postures = [HAND.lower + (HAND.upper - HAND.lower) * np.clip(share, 0.0, 1.0)
                for share in random.uniform(-0.5, 1.5, (2, 200, 16))]
    targets = postures[0]
    goal = targets + np.clip(postures[1] - targets, -0.25, 0.25)
    keypoints, reach = KINEMATICS.keypoints(goal), Reach(KINEMATICS, 10.0, POINTS)

    def left(steps):
        ended = np.clip(targets + steps, HAND.lower, HAND.upper)
        return np.linalg.norm(KINEMATICS.keypoints(ended) - keypoints, axis=-1).mean()

    still = 0.0 * keypoints
    mindful = reach(targets, keypoints, np.zeros((200, 16)), np.ones((200, 4)), still)
    wide = replace(HAND, lower=HAND.lower - 9.0, upper=HAND.upper + 9.0)
    reach = Reach(Kinematics(wide), 10.0, POINTS)
    blind = reach(targets, keypoints, np.zeros((200, 16)), np.ones((200, 4)), still)
    assert left(mindful) < 0.93 * left(blind)
