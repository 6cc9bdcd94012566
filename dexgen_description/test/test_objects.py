"""Objects: sizes, inertia, symmetry, MuJoCo and URDF models."""
from xml.etree import ElementTree

from dexgen_description import (
    add_object,
    hand_spec,
    load_hand,
    load_object,
    object_names,
    object_urdf,
    rotation,
)
from dexgen_description.symmetry import make_symmetry, SYMMETRY_KINDS
import mujoco
import numpy as np
import pytest


def compiled(model):
    """The object alone, its mass properties worked out by MuJoCo from the shapes."""
    spec = mujoco.MjSpec()
    body = add_object(spec, model)
    body.explicitinertial = False
    volume = _mujoco_volume(model)
    weight = sum(shape.density * v for shape, v in zip(model.geoms, volume, strict=True))
    for geom, shape in zip(body.geoms, model.geoms, strict=True):
        geom.density = model.mass * shape.density / weight
    return spec.compile()


def _mujoco_volume(model):
    volumes = []
    for shape in model.geoms:
        spec = mujoco.MjSpec()
        geom = spec.worldbody.add_body().add_geom(
            type=getattr(mujoco.mjtGeom, f'mjGEOM_{shape.type.upper()}'), density=1.0)
        geom.size[:len(shape.size)] = shape.size
        volumes.append(spec.compile().body_mass[1])
    return volumes


@pytest.mark.parametrize('name', object_names())
def test_inertia_agrees_with_mujocos_own(name):
    model = load_object(name)
    inertia = model.inertia
    other = compiled(model)
    body = other.body('object')
    assert body.mass[0] == pytest.approx(model.mass)
    assert body.ipos == pytest.approx(inertia.center, abs=1e-9)
    assert np.sort(body.inertia) == pytest.approx(
        np.linalg.eigvalsh(inertia.tensor), rel=1e-6)
    assert inertia.center == pytest.approx(np.zeros(3), abs=1e-9)


@pytest.mark.parametrize('name', object_names())
def test_the_size_is_the_bounding_box(name):
    """Measured with MuJoCo's axis-aligned boxes of the geoms."""
    model = load_object(name)
    built = compiled(model)
    data = mujoco.MjData(built)
    mujoco.mj_kinematics(built, data)
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for i in range(built.ngeom):
        turn = data.geom_xmat[i].reshape(3, 3)
        center, half = built.geom_aabb[i, :3], built.geom_aabb[i, 3:]
        corners = data.geom_xpos[i] + (center + half * np.array(np.meshgrid(
            *[[-1, 1]] * 3)).reshape(3, -1).T) @ turn.T
        low, high = np.minimum(low, corners.min(0)), np.maximum(high, corners.max(0))
    assert model.size == pytest.approx(high - low, abs=1e-4)


def test_the_basic_objects_are_a_few_centimetres():
    for name in ('sphere', 'cube', 'cuboid', 'cylinder', 'ellipsoid'):
        assert 0.03 <= load_object(name).size.min() <= load_object(name).size.max() <= 0.09
        assert 0.03 <= load_object(name).mass <= 0.25


def test_size_scale_mass_and_friction_are_parameters():
    small = load_object('cube', size=0.04)
    assert small.size == pytest.approx([0.04] * 3)
    assert small.mass == pytest.approx(load_object('cube').mass * (0.04 / 0.055) ** 3)
    cuboid = load_object('cuboid', scale=0.5)
    assert cuboid.size == pytest.approx(load_object('cuboid').size / 2)
    assert load_object('cuboid', size=0.06, scale=1.5).size.max() == pytest.approx(0.09)
    heavy = load_object('cube', mass=0.2, friction=0.6)
    assert heavy.inertia.mass == heavy.mass == 0.2
    assert heavy.friction == pytest.approx([0.6, 0.005, 0.0001])
    tool = load_object('hammer', size=0.1)
    assert tool.inertia.center == pytest.approx(np.zeros(3), abs=1e-9)


@pytest.mark.parametrize(('change', 'message'), [
    ({'size': 2.0}, 'longest extent 2 m is not allowed; allowed: 0.005 to 0.3 m'),
    ({'scale': 0.0}, 'longest extent 0 m'),
    ({'size': float('nan')}, 'longest extent nan m'),
    ({'mass': -1.0}, 'mass -1.0 is not allowed'),
    ({'friction': 99.0}, 'friction 99.0 is not allowed'),
])
def test_a_size_mass_or_friction_out_of_range_is_refused(change, message):
    with pytest.raises(ValueError, match=f'object cube: {message}'):
        load_object('cube', **change)


@pytest.mark.parametrize('name', object_names())
def test_hand_and_object_compile_together(name):
    spec = hand_spec(load_hand('allegro_right'))
    add_object(spec, load_object(name), (0.1, 0.02, 0.03), (0.0, 1.0, 0.0, 0.0))
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    assert model.joint('object_joint').type[0] == mujoco.mjtJoint.mjJNT_FREE
    assert data.body('object').xpos == pytest.approx([0.1, 0.02, 0.03])
    assert data.body('object').xquat == pytest.approx([0, 1, 0, 0])
    assert data.body('hand').xpos == pytest.approx(np.zeros(3))


@pytest.mark.parametrize('name', object_names())
def test_the_urdf_has_the_same_mass_and_extent(name, tmp_path):
    model = load_object(name)
    text = object_urdf(model, tmp_path)
    root = ElementTree.fromstring(text)
    for mesh in root.iter('mesh'):  # MuJoCo takes plain paths, rviz and others take URIs
        mesh.set('filename', mesh.get('filename').removeprefix('file://'))
    free = ElementTree.SubElement(ElementTree.SubElement(root, 'mujoco'), 'compiler')
    free.set('fusestatic', 'false')
    free.set('strippath', 'false')
    built = mujoco.MjModel.from_xml_string(ElementTree.tostring(root, encoding='unicode'))
    inertial = root.find('link/inertial')
    assert float(inertial.find('mass').get('value')) == model.mass
    moments = inertial.find('inertia')
    tensor = [[float(moments.get('i' + ''.join(sorted(a + b)))) for a in 'xyz'] for b in 'xyz']
    assert np.array(tensor) == pytest.approx(model.inertia.tensor)
    radius = np.linalg.norm(built.geom_aabb[:, 3:], axis=1).max()
    assert radius <= np.linalg.norm(model.size / 2) * 1.01
    assert 'box' not in {g.tag for g in root.iter() if model.name in ('ellipsoid', 'sphere')}


def test_an_ellipsoid_without_a_mesh_folder_is_its_box():
    root = ElementTree.fromstring(object_urdf(load_object('ellipsoid')))
    size = root.find('link/collision/geometry/box').get('size')
    assert list(map(float, size.split())) == pytest.approx([0.046, 0.054, 0.07])


def turned(count=200):
    quaternions = np.random.default_rng(3).normal(size=(count, 4))
    return quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True)


@pytest.mark.parametrize(('kind', 'order'), [
    ('none', 1), ('box', 4), ('square_box', 8), ('cube', 24)])
def test_finite_symmetries_are_groups(kind, order):
    rotations = make_symmetry(kind).rotations
    assert len(rotations) == order
    assert np.linalg.det(rotations) == pytest.approx(np.ones(order))
    for a in rotations:
        for b in rotations:
            assert any(np.allclose(a @ b, c) for c in rotations)


@pytest.mark.parametrize('kind', SYMMETRY_KINDS)
def test_rotation_error_is_a_distance_between_looks(kind):
    symmetry = make_symmetry(kind)
    first, second = turned(), turned()[::-1]
    error = symmetry.rotation_error(first, second)
    assert error.shape == (200,)
    assert np.all((error >= 0) & (error <= np.pi))
    assert error == pytest.approx(symmetry.rotation_error(second, first), abs=1e-7)
    assert symmetry.rotation_error(first, first) == pytest.approx(np.zeros(200), abs=1e-6)
    assert symmetry.rotation_error(first, -first) == pytest.approx(np.zeros(200), abs=1e-6)
    plain = make_symmetry('none').rotation_error(first, second)
    assert np.all(error <= plain + 1e-7)
    for turn in symmetry.rotations:
        same = np.array([rotation.to_quaternion(rotation.from_quaternion(q) @ turn)
                         for q in first[:20]])
        assert symmetry.rotation_error(first[:20], same) == pytest.approx(np.zeros(20), abs=1e-6)


def test_rotation_error_of_known_turns():
    def about(axis, angle):
        return np.array([np.cos(angle / 2), *(np.sin(angle / 2) * np.array(axis))])
    same, z, x = about((0, 0, 1), 0.0), about((0, 0, 1), 1.2), about((1, 0, 0), 0.4)
    expected = {'none': (1.2, 0.4), 'sphere': (0, 0), 'axis': (0, 0.4), 'axis_flip': (0, 0.4),
                'cube': (np.pi / 2 - 1.2, 0.4), 'box': (1.2, 0.4),
                'square_box': (np.pi / 2 - 1.2, 0.4)}
    for kind, errors in expected.items():
        symmetry = make_symmetry(kind)
        found = [symmetry.rotation_error(same, z), symmetry.rotation_error(same, x)]
        assert found == pytest.approx(errors, abs=1e-9), kind
    flipped = about((1, 0, 0), np.pi)
    assert make_symmetry('axis').rotation_error(same, flipped) == pytest.approx(np.pi)
    assert make_symmetry('axis_flip').rotation_error(same, flipped) == pytest.approx(0, abs=1e-9)


def test_an_unknown_symmetry_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match="unknown symmetry 'odd'; known: none, sphere"):
        make_symmetry('odd')


@pytest.mark.parametrize('name', object_names())
def test_the_stated_symmetry_is_real(name):
    """Turning the shapes by the group, or about the axis, leaves the inertia as it is."""
    model = load_object(name)
    tensor = model.inertia.tensor
    turns = list(model.symmetry.rotations)
    if model.symmetry.kind.startswith('axis') or model.symmetry.kind == 'sphere':
        half = np.array([np.cos(0.35), *(np.sin(0.35) * model.symmetry.axis)])
        turns.append(rotation.from_quaternion(half))
    for turn in turns:
        assert turn @ tensor @ turn.T == pytest.approx(tensor, abs=1e-10)
