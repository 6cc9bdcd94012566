"""One checkpoint for both hands."""

from dexgen_controller.mirror import find_mirror
from dexgen_controller.observation import stack_steps
from dexgen_description import Kinematics, load_hand
import numpy as np
import pytest

RIGHT, LEFT = (Kinematics(load_hand(f'allegro_{side}')) for side in ('right', 'left'))


def test_the_left_hand_in_a_mirror_is_a_right_hand():
    mirror = find_mirror(LEFT, RIGHT, 4)
    random = np.random.default_rng(0)
    postures = random.uniform(LEFT.hand.lower, LEFT.hand.upper, (20, 4, 16))
    targets = postures + 0.05 * random.normal(size=postures.shape)
    np.testing.assert_allclose(
        LEFT.keypoints(postures) * mirror.points,
        RIGHT.keypoints(postures * mirror.joints),
        atol=1e-12,
    )
    np.testing.assert_allclose(
        stack_steps(LEFT, postures, targets) * mirror.state,
        stack_steps(RIGHT, postures * mirror.joints, targets * mirror.joints),
        atol=1e-6,
    )


def test_a_hand_that_is_no_mirror_image_is_refused():
    with pytest.raises(ValueError, match='no mirror image'):
        find_mirror(RIGHT, RIGHT, 4)
