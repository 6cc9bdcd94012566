from dexgen_teleop.human_hand import FIST, HumanHand, LENGTHS, LOWER, OPEN, UPPER
from dexgen_teleop.landmarks import BONES, FINGERS, INDEX, TIPS, wrist_frame
import numpy as np
import pytest


def test_bones_keep_their_lengths_in_every_posture():
    angles = np.random.default_rng(0).uniform(LOWER, UPPER, (200, 5, 4))
    points = HumanHand().landmarks(angles)
    for f in range(len(FINGERS)):
        for i, (parent, child) in enumerate(BONES[4 * f + 1 : 4 * f + 4]):
            length = np.linalg.norm(points[:, child] - points[:, parent], axis=-1)
            assert np.allclose(length, LENGTHS[f, i])


@pytest.mark.parametrize('side', ['right', 'left'])
def test_landmarks_are_given_in_the_wrist_frame(side):
    for angles in (OPEN, FIST):
        assert np.allclose(wrist_frame(HumanHand(side).landmarks(angles), side), np.eye(4))


def test_fist_brings_the_tips_to_the_palm():
    opened, closed = (HumanHand().landmarks(angles)[list(TIPS[1:])] for angles in (OPEN, FIST))
    assert (opened[:, 2] > 0.14).all() and (closed[:, 2] < 0.07).all()
    assert (closed[:, 0] > 0.01).all()


@pytest.mark.parametrize('finger', FINGERS[1:])
def test_pinch_closes_and_keeps_the_other_fingers_away(finger):
    angles = HumanHand().pinch(finger)
    assert (angles >= LOWER - 1e-9).all() and (angles <= UPPER + 1e-9).all()
    points = HumanHand().landmarks(angles)
    gap = {
        other: np.linalg.norm(points[INDEX['thumb_tip']] - points[INDEX[f'{other}_tip']])
        for other in FINGERS[1:]
    }
    assert gap[finger] < 0.001
    assert all(gap[other] > 0.03 for other in gap if other != finger)


def test_thumb_is_no_pinching_finger():
    with pytest.raises(ValueError, match='index, middle, ring, little'):
        HumanHand().pinch('thumb')
