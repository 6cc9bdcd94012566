"""Configuration files, calibration, bounds, wrist filter and input mappings."""

from dataclasses import replace

from dexgen_description import hand_names, load_hand
from dexgen_teleop.human_hand import FIST, HumanHand, OPEN
from dexgen_teleop.landmarks import INDEX
from dexgen_teleop.retargeting import load, Retargeter, shipped
from dexgen_teleop.retargeting.bounds import JointBounds
from dexgen_teleop.retargeting.calibration import apply, calibrate, save
from dexgen_teleop.retargeting.input_mapping import load_input, shipped_inputs
from dexgen_teleop.retargeting.wrist import palm_orientation, WristFilter, WristFilterConfig
import numpy as np
import pytest


def test_a_configuration_ships_for_every_hand():
    assert shipped() == tuple(sorted(hand_names()))


def test_unknown_hands_and_keys_are_named(tmp_path):
    with pytest.raises(ValueError, match='allegro_right'):
        load('claw')
    path = tmp_path / 'other.yaml'
    path.write_text('hand: allegro_right\nfingers: {}\nwrist: [0, 0, 0]\nspeed: 3\n')
    with pytest.raises(ValueError, match='speed'):
        load('allegro_right', str(path))
    path.write_text('hand: allegro_left\nfingers: {}\nwrist: [0, 0, 0]\n')
    with pytest.raises(ValueError, match="is for the hand 'allegro_left'"):
        load('allegro_right', str(path))
    with pytest.raises(FileNotFoundError):
        load('allegro_right', str(tmp_path / 'none.yaml'))


def test_values_out_of_range_are_refused():
    config = load('allegro_right')
    with pytest.raises(ValueError, match='open'):
        replace(config.pinch, closed=0.05, open=0.04)
    with pytest.raises(ValueError, match='pinch.response'):
        replace(config.pinch, response=1.5)
    with pytest.raises(ValueError, match='farthest_lead'):
        replace(config.pinch, farthest_lead=0.0)
    with pytest.raises(ValueError, match='persistence'):
        replace(config.dynamics, persistence=1.5)
    with pytest.raises(ValueError, match='scale'):
        config.with_scales({'index': 9.0})
    with pytest.raises(ValueError, match='little'):
        config.with_scales({'little': 1.0})
    with pytest.raises(ValueError, match='elbow'):
        JointBounds(load_hand('allegro_right'), replace(config, limits={'elbow': [0.0, 1.0]}))


@pytest.mark.parametrize('lateness', [np.zeros(3), np.ones(3)])
def test_bounds_leave_room_to_brake(lateness):
    hand, config = load_hand('allegro_right'), load('allegro_right')
    bounds = JointBounds(hand, config)
    q, velocity, dt = hand.rest.copy(), np.zeros_like(hand.rest), 1.0 / 30.0
    for _ in range(60):  # full speed toward the upper limits
        _, highest = bounds(q, velocity, dt, lateness)
        velocity, q = (highest - q) / dt, highest
    np.testing.assert_allclose(q, bounds.upper, atol=1e-2)
    assert (q <= bounds.upper).all()


def test_only_the_joints_of_a_late_pinch_get_more_acceleration():
    hand, config = load_hand('allegro_right'), load('allegro_right')
    bounds, still, dt = JointBounds(hand, config), np.zeros_like(hand.rest), 0.01
    middle = 0.5 * (hand.lower + hand.upper)
    late = np.array([finger == 'ring' for finger in hand.fingers if finger != 'thumb'], float)
    low, high = bounds(middle, still, dt, late)
    usual = np.minimum(config.dynamics.acceleration, hand.acceleration_limit)
    closing = np.minimum(config.pinch.closing_acceleration, hand.acceleration_limit)
    joints = np.concatenate([hand.joint_indices('ring'), hand.joint_indices('thumb')])
    allowed = usual.copy()
    allowed[joints] = closing[joints]
    assert (closing > usual).all()
    np.testing.assert_allclose((high - middle) / dt**2, allowed)
    np.testing.assert_allclose((middle - low) / dt**2, allowed)


def calibration_frames(scale):
    human = HumanHand('right', scale)
    poses = [OPEN, FIST, OPEN, human.pinch('index'), OPEN, human.pinch('ring')]
    return [
        human.landmarks(a + share * (b - a))
        for a, b in zip(poses, poses[1:], strict=False)
        for share in np.linspace(0.0, 1.0, 12)
    ]


def test_calibration_follows_the_operators_size(tmp_path):
    hand, config = load_hand('allegro_right'), load('allegro_right')
    small, large = (calibrate(hand, config, calibration_frames(s)) for s in (0.85, 1.15))
    assert all(small.scales[f] > large.scales[f] for f in hand.fingers)
    assert large.error[1] < 0.5 * large.error[0]
    save(small, tmp_path / 'deep' / 'scales.yaml')
    applied = apply(config, tmp_path / 'deep' / 'scales.yaml')
    assert {f: m.scale for f, m in applied.fingers.items()} == small.scales
    Retargeter(hand, applied).retarget(calibration_frames(0.85)[0], 0.0)
    with pytest.raises(ValueError, match='allegro_left'):
        apply(load('allegro_left'), tmp_path / 'deep' / 'scales.yaml')


def test_calibration_wants_a_moving_hand():
    hand, config = load_hand('allegro_right'), load('allegro_right')
    with pytest.raises(ValueError, match='30'):
        calibrate(hand, config, [np.zeros((21, 3))] * 50)
    with pytest.raises(ValueError, match='moved by'):
        calibrate(hand, config, [HumanHand().landmarks(OPEN)] * 50)


def test_wrist_filter_limits_the_rate_and_arrives():
    wrist = WristFilter(WristFilterConfig(rate_limit=1.0))
    start, end = np.array([1.0, 0, 0, 0]), np.array([np.sqrt(0.5), 0, np.sqrt(0.5), 0])
    last = wrist(start, 0.0)
    np.testing.assert_array_equal(last, start)
    for i in range(1, 120):
        command = wrist(-end if i % 2 else end, i / 30.0)  # both signs are the same rotation
        angle = 2.0 * np.arccos(min(1.0, abs(command @ last)))
        assert angle <= 1.0 / 30.0 + 1e-6
        last = command
    assert abs(last @ end) > 1.0 - 1e-4
    np.testing.assert_array_equal(wrist(start, 100.0), start)  # after a pause: afresh


def test_wrist_filter_calms_a_still_hand():
    generator = np.random.default_rng(0)
    wrist, turns = WristFilter(), []
    for i in range(300):
        q = np.concatenate(([1.0], generator.normal(0.0, 0.01, 3)))
        turns.append(wrist(q / np.linalg.norm(q), i / 30.0)[1:])
    assert np.std(turns[50:]) < 0.006


def test_a_raised_hand_points_up():
    facing = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])
    w, x, y, z = palm_orientation(facing)
    fingers = np.array([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])
    np.testing.assert_allclose(fingers, [0.0, 0.0, 1.0], atol=1e-9)


@pytest.mark.parametrize('name', shipped_inputs())
def test_shipped_inputs_name_every_landmark(name):
    mapping = load_input(name)
    assert set(mapping.landmarks) == set(INDEX)
    points, known = mapping.points(np.random.default_rng(0).normal(size=(len(mapping.names), 3)))
    assert points.shape == (21, 3)
    assert known.all()
    with pytest.raises(ValueError, match='poses came'):
        mapping.points(np.zeros((3, 3)))


def test_an_input_mapping_orders_turns_and_scales(tmp_path):
    path = tmp_path / 'device.yaml'
    path.write_text(
        'topic: device\ntype: pose_array\nside: left\nscale: 0.001\n'
        'rotation_rpy: [3.141592653589793, 0, 0]\nnames: [tip, root]\n'
        'landmarks: {wrist: root, index_tip: tip}\n'
    )
    points, known = load_input(str(path)).points(np.array([[1.0, 2.0, 3.0], [np.nan, 0.0, 0.0]]))
    np.testing.assert_allclose(points[INDEX['index_tip']], [0.001, -0.002, -0.003], atol=1e-12)
    assert known.tolist() == [i == INDEX['index_tip'] for i in range(21)]


@pytest.mark.parametrize(
    ('line', 'match'),
    [
        ('type: glove', 'pose_array'),
        ('side: both', 'right'),
        ('names: [a, a]', 'twice'),
        ('landmarks: {thumb: root}', 'thumb_tip'),
        ('landmarks: {wrist: palm}', 'palm'),
        ('colour: red', 'colour'),
    ],
)
def test_a_faulty_input_mapping_is_named(tmp_path, line, match):
    lines = {
        'topic': 'topic: t',
        'type': 'type: pose_array',
        'side': 'side: right',
        'names': 'names: [root]',
        'landmarks': 'landmarks: {wrist: root}',
    }
    lines[line.split(':')[0]] = line
    path = tmp_path / 'faulty.yaml'
    path.write_text('\n'.join(lines.values()))
    with pytest.raises(ValueError, match=match):
        load_input(str(path))


def test_an_absent_input_mapping_lists_the_shipped():
    with pytest.raises(ValueError, match='quest_right'):
        load_input('none')
