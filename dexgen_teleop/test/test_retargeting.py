"""The retargeting core: follows, stays inside its bounds, pinches, keeps fingers apart."""

from dataclasses import replace

from dexgen_description import Kinematics, load_hand
from dexgen_teleop.human_hand import FIST, HumanHand, OPEN
from dexgen_teleop.retargeting import (
    load,
    operator_hand,
    RefusedHandError,
    Retargeter,
    shipped,
)
from dexgen_teleop.retargeting.pinch import PinchCurve
from dexgen_teleop.retargeting_benchmark.figures import Surfaces
from dexgen_teleop.retargeting_benchmark.recording import operator_gaps, pinch_sequences
from dexgen_teleop.sources.script import Operator
import numpy as np
import pytest

RATE = 30.0


def follow(retargeter, frames):
    return [retargeter.retarget(points, i / RATE) for i, points in enumerate(frames)]


def settled(retargeter, angles, frames=40):
    points = HumanHand(retargeter.hand.side).landmarks(angles)
    return follow(retargeter, [points] * frames)[-1]


@pytest.fixture(scope='module', params=shipped())
def retargeter(request):
    return Retargeter(load_hand(request.param), load(request.param))


@pytest.fixture(scope='module')
def allegro():
    return Retargeter(load_hand('allegro_right'), load('allegro_right'))


def test_keypoints_are_those_of_the_joints(retargeter):
    retargeter.reset()
    kinematics = Kinematics(retargeter.hand)
    for result in follow(retargeter, [HumanHand(retargeter.hand.side).landmarks(FIST)] * 5):
        np.testing.assert_allclose(
            result.keypoints, kinematics.keypoints(result.joints), atol=1e-9
        )


def test_fingers_close_when_the_operator_closes(retargeter):
    hand = retargeter.hand
    retargeter.reset()
    opened = settled(retargeter, OPEN)
    retargeter.reset()
    closed = settled(retargeter, FIST)
    fingers = [i for i, f in enumerate(hand.fingers) if f != 'thumb']
    tips = hand.tip_indices[fingers]
    knuckles = opened.keypoints[hand.pip_indices[fingers]]
    reach = [np.linalg.norm(r.keypoints[tips] - knuckles, axis=1) for r in (opened, closed)]
    assert (opened.keypoints[tips, 2] - closed.keypoints[tips, 2] > 0.04).all()
    assert (reach[0] > 0.02).all()


def test_settled_fingertips_are_near_their_targets(allegro):
    allegro.reset()
    for angles in (OPEN, 0.5 * (OPEN + FIST)):
        result = settled(allegro, angles)
        error = np.linalg.norm(result.keypoints - result.targets, axis=1)
        assert error[allegro.hand.tip_indices].mean() < 0.012


def test_limits_velocity_and_acceleration_are_kept(retargeter):
    retargeter.reset()
    hand, dynamics = retargeter.hand, retargeter.config.dynamics
    operator = Operator(hand.side)
    frames = [operator.points(2.5 * i / RATE) for i in range(180)]
    q = np.array([result.joints for result in follow(retargeter, frames)])
    assert (q >= hand.lower).all()
    assert (q <= hand.upper).all()
    velocity = np.diff(q, axis=0) * RATE
    assert (np.abs(velocity) <= np.minimum(dynamics.velocity, hand.velocity_limit) + 1e-6).all()
    bound = np.minimum(dynamics.acceleration, hand.acceleration_limit)
    acceleration = np.abs(np.diff(velocity, axis=0)) * RATE
    assert (acceleration <= bound + 1e-3).mean() > 0.99  # room to brake before a limit wins


def test_no_finger_enters_another(retargeter):
    retargeter.reset()
    operator = Operator(retargeter.hand.side)
    frames = [operator.points(2.0 * i / RATE) for i in range(0, 260)]
    joints = np.array([result.joints for result in follow(retargeter, frames)])
    assert Surfaces(retargeter.hand).penetration(joints) < 1.0


@pytest.mark.parametrize('finger', ['index', 'middle', 'ring'])
def test_a_pinch_closes(allegro, finger):
    generator = np.random.default_rng(7)
    surfaces = Surfaces(allegro.hand)
    for sequence in pinch_sequences('right', finger, 3, RATE, generator):
        allegro.reset()
        joints = np.array([r.joints for r in follow(allegro, sequence.points)])
        pinched = operator_gaps(sequence.points, (finger,))[:, 0] < 0.025
        assert pinched.any()
        assert surfaces.pinch_gap(joints[pinched], finger).max() < 5.0
        assert surfaces.penetration(joints) < 1.0


def snap(retargeter, finger):
    """Gaps [mm] after an open hand pinches from one frame to the next."""
    human = HumanHand(retargeter.hand.side)
    retargeter.reset()
    follow(retargeter, [human.landmarks(OPEN)] * 20)
    closed = human.landmarks(human.pinch(finger))
    after = [retargeter.retarget(closed, (20 + i) / RATE).joints for i in range(8)]
    return Surfaces(retargeter.hand).pinch_gap(np.array(after), finger)


@pytest.mark.parametrize('finger', ['index', 'middle', 'ring'])
def test_a_pinch_between_two_frames_closes_fast_and_stays(allegro, finger):
    gaps = snap(allegro, finger)
    never_late = replace(allegro.config, pinch=replace(allegro.config.pinch, late=10.0))
    slower = snap(Retargeter(allegro.hand, never_late), finger)
    assert (gaps[2:] < 5.0).all()
    assert gaps[:3].sum() < slower[:3].sum() - 5.0


def test_a_pinch_is_late_only_while_the_operator_pinches_and_the_robot_does_not(allegro):
    curve = PinchCurve(allegro.hand, allegro.config)
    human, still = HumanHand(), 0.0
    far = np.full(3, 0.06)
    opened = curve(operator_hand(human.landmarks(OPEN), 'right'), still)
    pinch = human.landmarks(human.pinch('middle'))
    closed = curve(operator_hand(pinch, 'right'), still)
    known = np.ones(21, bool)
    known[4] = False  # the thumb's tip
    unknown = curve(operator_hand(np.where(known[:, None], pinch, np.nan), 'right', known), still)
    assert not curve.lateness(opened, far).any()
    assert curve.lateness(closed, far)[1] == pytest.approx(1.0)
    assert not curve.lateness(closed, closed.gaps).any()
    assert not curve.lateness(unknown, far).any()


def test_a_step_left_out_makes_no_difference(allegro):
    exact = Retargeter(allegro.hand, replace(allegro.config, tolerance=0.0))
    allegro.reset()
    operator = Operator('right')
    frames = [operator.points(2.0 * i / RATE) for i in range(90)]
    points = [[r.keypoints for r in follow(one, frames)] for one in (exact, allegro)]
    np.testing.assert_allclose(*points, atol=1e-3)


def test_a_pinch_switches_in_smoothly(allegro):
    allegro.reset()
    human = HumanHand()
    open_hand, pinch = human.landmarks(OPEN), human.landmarks(human.pinch('index'))
    closure = [
        allegro.retarget(open_hand + share * (pinch - open_hand), i / RATE).closure[0]
        for i, share in enumerate(np.linspace(0.0, 1.0, 60))
    ]
    assert closure[0] == 0.0
    assert closure[-1] == 1.0
    assert np.diff(closure).max() < 0.6


def test_left_mirrors_right():
    right = Retargeter(load_hand('allegro_right'), load('allegro_right'))
    left = Retargeter(load_hand('allegro_left'), load('allegro_left'))
    operator = Operator('right')
    for i in range(60):
        points = operator.points(i / RATE)
        mirrored = points * [-1.0, 1.0, 1.0]
        expected = right.retarget(points, i / RATE).keypoints * [1.0, -1.0, 1.0]
        np.testing.assert_allclose(
            left.retarget(mirrored, i / RATE).keypoints, expected, atol=1e-3
        )


def test_any_frame_of_the_camera_gives_the_same(allegro):
    points = HumanHand().landmarks(0.3 * FIST + 0.7 * OPEN)
    allegro.reset()
    first = allegro.retarget(points, 0.0).joints
    turn, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))
    turn *= np.linalg.det(turn)
    allegro.reset()
    second = allegro.retarget(points @ turn.T + [0.1, -0.2, 0.7], 0.0).joints
    np.testing.assert_allclose(first, second, atol=1e-6)


def test_a_pause_starts_afresh_and_a_short_one_does_not(allegro):
    opened, closed = HumanHand().landmarks(OPEN), HumanHand().landmarks(FIST)
    allegro.reset()
    start = follow(allegro, [opened] * 20)[-1].joints
    last = 19 / RATE
    short = allegro.retarget(closed, last + 0.1).joints
    assert (np.abs(short - start) <= 0.1 * allegro.config.dynamics.velocity + 1e-9).all()
    afresh = allegro.retarget(closed, last + 0.1 + 2.0).joints
    allegro.reset()
    np.testing.assert_allclose(afresh, allegro.retarget(closed, 0.0).joints, atol=1e-6)


def test_an_older_stamp_starts_afresh(allegro):
    points = HumanHand().landmarks(OPEN)
    allegro.reset()
    follow(allegro, [points] * 5)
    assert np.isfinite(allegro.retarget(points, -1.0).joints).all()


def test_an_unknown_finger_does_not_drag_the_others(allegro):
    points = HumanHand().landmarks(OPEN)
    allegro.reset()
    follow(allegro, [points] * 10)
    torn, known = points.copy(), np.ones(21, bool)
    torn[5 + 1 : 5 + 4], known[5 + 1 : 5 + 4] = np.nan, False
    result = allegro.retarget(torn, 10 / RATE, known)
    assert np.isfinite(result.joints).all()
    before = allegro.retarget(points, 11 / RATE)
    middle = allegro.hand.joint_indices('middle')
    assert np.abs(result.joints[middle] - before.joints[middle]).max() < 0.02


def test_refusal_leaves_the_state_alone(allegro):
    points = HumanHand().landmarks(OPEN)
    allegro.reset()
    follow(allegro, [points] * 10)
    with pytest.raises(RefusedHandError):
        allegro.retarget(np.zeros((21, 3)), 10 / RATE)
    after = allegro.retarget(points, 11 / RATE).joints
    allegro.reset()
    follow(allegro, [points] * 10)
    np.testing.assert_array_equal(after, allegro.retarget(points, 11 / RATE).joints)


def test_a_configuration_for_other_fingers_is_refused():
    config = load('allegro_right')
    fewer = {name: m for name, m in config.fingers.items() if name != 'ring'}
    with pytest.raises(ValueError, match='ring'):
        Retargeter(load_hand('allegro_right'), replace(config, fingers=fewer))
