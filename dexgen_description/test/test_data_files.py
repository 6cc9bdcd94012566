"""Every shipped data file loads; a faulty one is refused, naming file, key and value."""
import re

from dexgen_description import (
    DataFileError,
    hand_names,
    Kinematics,
    load_hand,
    load_object,
    object_names,
    read_hand,
    read_object,
)
from dexgen_description.data_file import shipped_file
import numpy as np
import pytest
import yaml


@pytest.mark.parametrize('name', hand_names())
def test_a_shipped_hand_is_sound(name):
    hand = load_hand(name)
    joints = len(hand.joint_names)
    assert hand.name == name
    assert name.endswith(hand.side)
    assert len(set(hand.joint_names)) == joints == len(hand.links) - 1
    assert all(re.fullmatch(r'(index|middle|ring|little|thumb)_joint_\d', joint)
               for joint in hand.joint_names)
    for finger in hand.fingers:
        assert len(hand.joint_indices(finger)) >= 4
    for field in ('lower', 'upper', 'velocity_limit', 'acceleration_limit', 'torque_limit',
                  'kp', 'kd', 'armature', 'damping', 'rest', 'pregrasp'):
        assert getattr(hand, field).shape == (joints,), field
    for posture in (hand.rest, hand.pregrasp):
        assert np.all((hand.lower <= posture) & (posture <= hand.upper))
    assert np.all(hand.velocity_limit > 0)
    assert np.all(hand.torque_limit > 0)
    assert hand.keypoint_names == tuple(
        f'{finger}_{end}' for finger in hand.fingers for end in ('pip', 'tip'))
    shapes = {name for link in hand.links for name in link.shape_names()}
    assert all({pair.first, pair.second} <= shapes for pair in hand.collision_pairs)
    assert all(pair.margin >= 0 for pair in hand.collision_pairs)
    assert hand.source


@pytest.mark.parametrize('name', hand_names())
def test_the_fingers_are_free_of_each_other_at_rest_and_in_pregrasp(name):
    """With the margins that the file asks for."""
    from dexgen_description import hand_spec
    import mujoco
    hand = load_hand(name)
    model = hand_spec(hand).compile()
    data = mujoco.MjData(model)
    for posture in (hand.rest, hand.pregrasp):
        data.qpos[:] = posture
        mujoco.mj_kinematics(model, data)
        for pair in hand.collision_pairs:
            distance = mujoco.mj_geomDistance(
                model, data, model.geom(pair.first).id, model.geom(pair.second).id, 0.1, None)
            assert distance > pair.margin, pair


@pytest.mark.parametrize('name', hand_names())
def test_loaded_arrays_cannot_be_changed(name):
    with pytest.raises(ValueError, match='read-only'):
        load_hand(name).rest[0] = 1.0


@pytest.mark.parametrize('name', hand_names())
def test_keypoints_tell_the_posture(name):
    """At a bent posture, PIP and tip motions determine every joint: the Jacobian has full rank."""
    hand = load_hand(name)
    jacobian = Kinematics(hand).keypoint_jacobian(hand.pregrasp)
    joints = len(hand.joint_names)
    assert np.linalg.matrix_rank(jacobian.reshape(-1, joints), tol=1e-4) == joints


def test_unknown_names_are_answered_with_the_known_ones():
    with pytest.raises(ValueError, match="unknown hand 'paw'; known: .*allegro_right"):
        load_hand('paw')
    with pytest.raises(ValueError, match="unknown object 'teapot'; known: .*cube"):
        load_object('teapot')
    with pytest.raises(ValueError, match="no finger 'little'; it has: index, middle, ring, thumb"):
        load_hand('allegro_right').joint_indices('little')


def _edited(tmp_path, folder, name, edit):
    content = yaml.safe_load(shipped_file(folder, name).read_text())
    edit(content)
    file = tmp_path / 'mine.yaml'
    file.write_text(yaml.safe_dump(content))
    return file


@pytest.mark.parametrize(('edit', 'message'), [
    (lambda c: c.pop('palm'), 'palm: .a missing key. is not allowed'),
    (lambda c: c.update(side='up'), "side: 'up' is not allowed; allowed: one of right, left"),
    (lambda c: c.update(colour='red'), "colour: 'red' is not allowed; allowed: only the keys"),
    (lambda c: c['drive'].update(kp='stiff'), "drive.kp: 'stiff' is not allowed; .* a number"),
    (lambda c: c['drive'].update(kp=float('nan')), 'drive.kp: nan is not allowed'),
    (lambda c: c['drive'].update(kp=-1), 'drive.kp: -1 is not allowed; allowed: a number from 0'),
    (lambda c: c['links'][2].update(parent='elbow'), "index_link_2..parent: 'elbow' .* hand"),
    (lambda c: c['links'][2].update(range=[1.0, -1.0]), 'range: .* lower below upper'),
    (lambda c: c['links'][2].update(axis=[0, 0, 2]), 'axis: .* a vector of length 1'),
    (lambda c: c['links'][2].update(shapes=[]), 'shapes: .* one shape or more'),
    (lambda c: c['links'][2].update(name='index_link_1'), 'name: .* a new <finger>_link_<i>'),
    (lambda c: c['links'][2]['shapes'][0].update(type='cone'), "type: 'cone' .* one of sphere"),
    (lambda c: c['links'][3]['shapes'][0].update(to=[0, 0, 0]), 'to: .* or type sphere'),
    (lambda c: c['links'].append('joint'), 'links.16.: .joint. is not allowed'),
    (lambda c: c['keypoints'].pop('thumb_tip'), 'keypoints.thumb_tip: .a missing key.'),
    (lambda c: c['postures']['rest'].update(thumb=[9, 0, 0, 0]), 'rest.thumb: .* thumb_joint_0'),
    (lambda c: c['postures']['rest'].update(thumb=[0.5]), 'rest.thumb: .* list of 4'),
    (lambda c: c['self_collision'][0].update(second=['index_link_1']), 'links other than'),
    (lambda c: c['self_collision'][0].update(margin=1), 'margin: 1 .* from 0 to 0.05'),
])
def test_a_faulty_hand_file_is_refused(tmp_path, edit, message):
    file = _edited(tmp_path, 'hands', 'allegro_right', edit)
    with pytest.raises(DataFileError, match=message) as caught:
        read_hand(file)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(('edit', 'message'), [
    (lambda c: c.update(mass=0), 'mass: 0 is not allowed; allowed: a number from 0.0001 to 5'),
    (lambda c: c.update(symmetry='round'), "symmetry: 'round' .* one of none, sphere, axis"),
    (lambda c: c.update(axis=[0, 0, 0]), 'axis: .* not zero'),
    (lambda c: c['shapes'][0].update(size=[1, 2]), 'size: .* a list of 3 finite numbers'),
    (lambda c: c.update(friction=[-1, 0, 0]), 'friction: .* of at least 0'),
])
def test_a_faulty_object_file_is_refused(tmp_path, edit, message):
    file = _edited(tmp_path, 'objects', 'cube', edit)
    with pytest.raises(DataFileError, match=message):
        read_object(file)


def test_a_file_that_is_missing_or_no_yaml_is_refused(tmp_path):
    with pytest.raises(DataFileError, match='nowhere.yaml: cannot be read: .* a YAML file'):
        read_hand(tmp_path / 'nowhere.yaml')
    (tmp_path / 'bad.yaml').write_text('a: [1, 2')
    with pytest.raises(DataFileError, match='bad.yaml: cannot be read'):
        read_hand(tmp_path / 'bad.yaml')
    (tmp_path / 'list.yaml').write_text('[1, 2]')
    with pytest.raises(DataFileError, match='list.yaml: top level: .* a mapping'):
        read_object(tmp_path / 'list.yaml')


@pytest.mark.parametrize('name', hand_names())
def test_a_hand_file_of_ones_own_is_read_like_a_shipped_one(tmp_path, name):
    hand = read_hand(_edited(tmp_path, 'hands', name, lambda content: None))
    assert hand.joint_names == load_hand(name).joint_names


@pytest.mark.parametrize('name', object_names())
def test_an_object_file_of_ones_own_is_read_like_a_shipped_one(tmp_path, name):
    model = read_object(_edited(tmp_path, 'objects', name, lambda content: None))
    assert model.mass == load_object(name).mass
