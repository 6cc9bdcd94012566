"""Instances of unit meshes: they stand where the shapes of a description stand."""

from types import SimpleNamespace

from dexgen_description import hand_names, Kinematics, load_hand, load_object, object_names
from dexgen_session.page_shapes import instance_sets, shape_instances
import numpy as np
import pytest

IDENTITY = np.array([1.0, 0.0, 0.0, 0.0])


def shape(kind, size, pos=(0.0, 0.0, 0.0), quat=IDENTITY):
    return SimpleNamespace(type=kind, size=np.array(size), pos=np.array(pos), quat=np.array(quat))


def test_capsule_is_a_cylinder_with_two_caps_on_its_axis():
    turned = np.array([np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0])
    parts = shape_instances(shape('capsule', (0.01, 0.03), (0.0, 0.0, 0.1), turned), link=2)
    assert [part.kind for part in parts] == ['cylinder', 'sphere', 'sphere']
    caps = sorted(part.offset.round(9).tolist() for part in parts[1:])
    assert caps == [[0.0, -0.03, 0.1], [0.0, 0.03, 0.1]]
    assert all(part.link == 2 for part in parts)


def test_instances_follow_their_link():
    pose = np.eye(4)
    pose[:3, :3] = [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    pose[:3, 3] = (1.0, 2.0, 3.0)
    (group,) = instance_sets(shape_instances(shape('box', (1.0, 1.0, 1.0), (0.1, 0.0, 0.0)), 1))
    positions, wxyz = group.placed(np.stack([np.eye(4), pose]))
    np.testing.assert_allclose(positions, [[1.0, 2.1, 3.0]])
    np.testing.assert_allclose(np.abs(wxyz), [[np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5)]])


def test_unknown_shape_is_refused_with_the_allowed_ones():
    with pytest.raises(ValueError, match=r'torus.*allowed: sphere'):
        shape_instances(shape('torus', (1.0,)))


@pytest.mark.parametrize('name', hand_names())
def test_every_hand_can_be_drawn(name):
    hand = load_hand(name)
    poses = Kinematics(hand).link_poses(hand.rest)
    parts = [
        part
        for i, link in enumerate(hand.links)
        for one in link.shapes
        for part in shape_instances(one, i)
    ]
    placed = [group.placed(poses)[0] for group in instance_sets(parts)]
    assert np.isfinite(np.concatenate(placed)).all()


@pytest.mark.parametrize('name', object_names())
def test_every_object_can_be_drawn(name):
    assert instance_sets([p for one in load_object(name).geoms for p in shape_instances(one)])
