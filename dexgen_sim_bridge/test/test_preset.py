"""Presets and joint maps: every one that ships, and every fault of one of your own."""

from dexgen_description import load_hand
from dexgen_sim_bridge.joint_map import JointMap
from dexgen_sim_bridge.preset import (
    load_preset,
    parse_preset,
    preset_names,
    PresetError,
    real_limits,
)
import numpy as np
import pytest

HAND = load_hand('allegro_right')
GOOD = 'command: {topic: cmd, type: joint_state}\nstate: {topic: joint_states}\n'


def hand_of(name):
    return load_hand('leap_right') if name == 'leap' else HAND


def test_the_six_peers_ship():
    assert preset_names() == (
        'allegro_v4', 'allegro_v5', 'isaac_sim', 'leap', 'ros2_control_forward',
        'ros2_control_trajectory',
    )  # fmt: skip


@pytest.mark.parametrize('name', preset_names())
def test_every_preset_maps_every_joint_there_and_back(name):
    preset = load_preset(name, hand_of(name))
    positions = np.random.default_rng(0).normal(size=16)
    peers = preset.joints.to_peer(positions)
    assert preset.joints.from_peer(peers) == pytest.approx(positions)
    assert preset.description and preset.command.rate >= 10.0


@pytest.mark.parametrize(
    ('name', 'peer', 'ours', 'value'),
    [
        ('allegro_v4', 'ah_joint13', 'middle_joint_3', 0.5),
        ('allegro_v5', 'joint_12_0', 'thumb_joint_0', 0.5),
        ('leap', 'motor_0', 'index_joint_1', 0.5 + 3.14159),
        ('leap', 'motor_9', 'ring_joint_0', 0.5 + 3.14159),
        ('isaac_sim', 'ring_joint_2', 'ring_joint_2', 0.5),
    ],
)
def test_joints_that_their_drivers_document(name, peer, ours, value):
    hand = hand_of(name)
    preset = load_preset(name, hand)
    positions = np.zeros(16)
    positions[hand.joint_names.index(ours)] = 0.5
    column = preset.joints.peer_names.index(peer)
    assert preset.joints.to_peer(positions)[column] == pytest.approx(value)


def test_a_map_turns_signs_and_shifts_zeros():
    joints = JointMap.build(('a', 'b'), {'B': 'b', 'A': 'a'}, {'b': -1}, {'a': 0.5})
    assert joints.to_peer(np.array([1.0, 2.0])).tolist() == [-2.0, 1.5]
    assert joints.from_peer(np.array([-2.0, 1.5])).tolist() == [1.0, 2.0]
    assert joints.rates_from_peer(np.array([3.0, 4.0])).tolist() == [4.0, -3.0]
    assert joints.columns(['x', 'A', 'B']).tolist() == [2, 1]
    assert joints.columns(['x', 'y']) is None
    with pytest.raises(ValueError, match='missing A'):
        joints.columns(['B'])
    assert not joints.identical


def test_the_same_names_in_another_order_are_identical():
    assert JointMap.build(('a', 'b')).identical
    assert JointMap.build(('a', 'b'), {'b': 'b', 'a': 'a'}).identical
    assert not JointMap.build(('a', 'b'), {'B': 'b', 'a': 'a'}).identical
    assert not JointMap.build(('a', 'b'), offset=0.1).identical


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('[]', 'not a mapping'),
        ('{', 'parsing'),
        ('state: {topic: a}', "'command' is missing"),
        (GOOD + 'colour: red', 'unknown keys colour'),
        (GOOD + 'drive: {speed: 3}', 'unknown keys speed'),
        (GOOD + 'hands: [shadow_right]', "not for 'allegro_right'"),
        (GOOD + 'joints: {a: elbow}', 'elbow'),
        (GOOD + 'joints: {a: index_joint_0}', 'are not mapped'),
        (GOOD + 'sign: {index_joint_0: 2}', 'must be 1 or -1'),
        (GOOD + 'sign: {elbow: -1}', 'elbow'),
        (GOOD + 'drive: {kp: [1, 2]}', 'one for each'),
        (GOOD + 'drive: {velocity: -1}', 'above 0'),
        ('command: {topic: cmd, type: morse}', 'joint_state, float64_multi_array'),
        ('command: {topic: cmd, type: joint_state, rate: 0}', 'above 0'),
        (GOOD.replace('}\n', ', silence: .nan}\n', 2), 'unknown keys silence'),
    ],
)
def test_a_faulty_preset_says_what_is_wrong(text, said):
    with pytest.raises(PresetError, match='mine') as raised:
        parse_preset('mine', text, HAND)
    assert said in str(raised.value)


def test_an_unknown_preset_lists_those_that_there_are():
    with pytest.raises(PresetError, match='mujoco, allegro_v4, allegro_v5'):
        load_preset('robot', HAND)
    with pytest.raises(PresetError, match='no preset file'):
        load_preset('/nowhere/robot.yaml', HAND)
    with pytest.raises(PresetError, match='leap_right'):
        load_preset('leap', HAND)


def test_a_preset_of_your_own_is_read_from_its_file(tmp_path):
    path = tmp_path / 'mine.yaml'
    path.write_text(GOOD + 'drive: {velocity: 2.0, acceleration: 1.0e+9, kp: 1.5, delay: 0.02}')
    preset = load_preset(str(path), HAND)
    assert preset.name == 'mine' and preset.joints.identical
    assert preset.drive.kp == (1.5,) * 16 and preset.drive.delay == 0.02
    limits = real_limits(HAND, preset.drive, 0.02)
    assert np.all(limits.velocity == 2.0)
    assert np.array_equal(limits.acceleration, HAND.acceleration_limit)
