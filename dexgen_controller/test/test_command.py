"""The command's reference and bound."""

from dexgen_controller.command import command_offset, reference_keypoints
from dexgen_description import Kinematics, load_hand
import numpy as np

HAND = load_hand('allegro_right')
KINEMATICS = Kinematics(HAND)


def test_commanding_the_applied_target_means_stay():
    targets = np.stack([HAND.rest, HAND.pregrasp])
    keypoints = KINEMATICS.keypoints(targets)
    offset = command_offset(keypoints, reference_keypoints(KINEMATICS, targets))
    assert np.abs(offset).max() == 0.0


def test_a_long_offset_is_shortened_and_keeps_its_direction():
    reference = np.zeros((5, 8, 3))
    keypoints = np.random.default_rng(0).normal(size=(5, 8, 3))
    offset = command_offset(keypoints, reference, bound=0.05)
    lengths = np.linalg.norm(offset, axis=-1)
    np.testing.assert_allclose(lengths, 0.05)
    np.testing.assert_allclose(np.cross(offset, keypoints), 0.0, atol=1e-12)


def test_a_short_offset_is_left_alone():
    keypoints = np.full((8, 3), 0.01)
    offset = command_offset(keypoints, np.zeros((8, 3)), bound=np.full(8, 0.05))
    np.testing.assert_array_equal(offset, keypoints)
