"""What is taken for an operator's hand: properties over any landmarks."""

from dexgen_description import load_hand
from dexgen_teleop.human_hand import HumanHand, LOWER, OPEN, UPPER
from dexgen_teleop.landmarks import wrist_frame
from dexgen_teleop.retargeting import load, operator_hand, RefusedHandError, Retargeter
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest
from transforms3d.euler import euler2mat

ALLEGRO = Retargeter(load_hand('allegro_right'), load('allegro_right'))
FINITE = st.floats(allow_nan=False, allow_infinity=False)
POSES = arrays(np.float64, (5, 4), elements=st.floats(0.0, 1.0))
HAND = HumanHand().landmarks(OPEN)


def followed_frame(points, stamp):
    """Joints of one frame, None where it is refused."""
    try:
        return ALLEGRO.retarget(points, stamp).joints
    except RefusedHandError:
        return None


def followed(frames):
    """Joints of the frames that are not refused; refusals are the only exception allowed."""
    ALLEGRO.reset()
    results = (followed_frame(points, i / 30.0) for i, points in enumerate(frames))
    joints = np.array([joints for joints in results if joints is not None])
    joints = joints.reshape(-1, len(ALLEGRO.hand.joint_names))
    assert np.isfinite(joints).all()
    assert (joints >= ALLEGRO.hand.lower).all()
    assert (joints <= ALLEGRO.hand.upper).all()
    return joints


def test_agrees_with_the_wrist_frame_of_the_landmarks():
    turn = euler2mat(0.3, -1.1, 2.0)
    for side in ('right', 'left'):
        points = HumanHand(side).landmarks(OPEN) @ turn.T + [0.1, 0.0, 0.5]
        pose = wrist_frame(points, side)
        operator = operator_hand(points, side)
        np.testing.assert_allclose(operator.rotation, pose[:3, :3], atol=1e-9)
        np.testing.assert_allclose(
            operator.points, (points - pose[:3, 3]) @ pose[:3, :3], atol=1e-9
        )


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, (21, 3), elements=FINITE))
def test_any_finite_landmarks_are_refused_or_give_limited_joints(points):
    followed([points, HAND, points])


@settings(max_examples=40, deadline=None)
@given(st.lists(POSES, min_size=1, max_size=4))
def test_any_human_hand_gives_limited_joints(shares):
    frames = [HumanHand().landmarks(LOWER + share * (UPPER - LOWER)) for share in shares]
    followed(frames)


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, (21, 3), elements=st.floats(-0.05, 0.05)))
def test_torn_hands_give_limited_joints(noise):
    followed([HAND, HAND + noise, HAND])


@settings(max_examples=30, deadline=None)
@given(arrays(bool, 21), st.sampled_from([np.nan, np.inf, -np.inf, 1e300]))
def test_unknown_landmarks_may_hold_anything(known, value):
    ALLEGRO.reset()
    torn = np.where(known[:, None], HAND, value)
    try:
        assert np.isfinite(ALLEGRO.retarget(torn, 0.0, known).joints).all()
    except RefusedHandError as error:
        assert error.reason == 'NO_PALM'


@pytest.mark.parametrize(
    ('points', 'reason'),
    [
        (np.full((21, 3), np.nan), 'NO_PALM'),
        (np.where(np.arange(21)[:, None] == 8, np.nan, HAND), None),
        (np.zeros((21, 3)), 'SIZE'),
        (np.full((21, 3), 0.3), 'SIZE'),
        (100.0 * HAND, 'SIZE'),
        (0.01 * HAND, 'SIZE'),
        (HAND * [1.0, 0.0, 1.0], 'SIZE'),
        (HAND + np.where(np.arange(21)[:, None] == 8, 0.5, 0.0), 'TORN'),
    ],
)
def test_refusals_name_their_reason(points, reason):
    if reason is None:
        assert not operator_hand(points, 'right').known[8]
        return
    with pytest.raises(RefusedHandError) as error:
        operator_hand(points, 'right')
    assert error.value.reason == reason


def test_a_known_landmark_that_is_not_finite_is_refused():
    with pytest.raises(RefusedHandError, match='finite'):
        operator_hand(np.where(np.arange(21)[:, None] == 8, np.inf, HAND), 'right', np.ones(21))


def test_a_mirrored_fist_is_refused():
    angles = OPEN.copy()
    angles[1:, 1] = 1.2
    with pytest.raises(RefusedHandError) as error:
        operator_hand(HumanHand('left').landmarks(angles), 'right')
    assert error.value.reason == 'MIRRORED'


def test_a_wrong_shape_or_side_is_named():
    with pytest.raises(ValueError, match='21, 3'):
        operator_hand(np.zeros((20, 3)), 'right')
    with pytest.raises(ValueError, match='side'):
        operator_hand(HAND, 'both')
