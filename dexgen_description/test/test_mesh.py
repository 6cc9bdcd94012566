"""Mesh files as objects: closed ones work, others are refused with one clear line."""
from dexgen_description import add_object, load_mesh, load_object, MeshError
from dexgen_description.surface import triangles, write_stl
import mujoco
import numpy as np
import pytest

trimesh = pytest.importorskip('trimesh')


def test_a_convex_mesh_keeps_its_volume_and_inertia(tmp_path):
    mesh = trimesh.creation.box((0.04, 0.05, 0.06))
    mesh.apply_translation((0.1, 0.2, 0.3))
    mesh.export(tmp_path / 'brick.stl')
    brick = load_object(str(tmp_path / 'brick.stl'), mass=0.1)
    box = load_object('cuboid')
    assert brick.name == 'brick'
    assert len(brick.geoms) == 1
    assert brick.size == pytest.approx([0.04, 0.05, 0.06], abs=1e-6)
    expected = 0.1 / 12 * np.diag([0.05**2 + 0.06**2, 0.04**2 + 0.06**2, 0.04**2 + 0.05**2])
    assert brick.inertia.tensor == pytest.approx(expected, rel=1e-4, abs=1e-10)
    assert brick.inertia.center == pytest.approx(np.zeros(3), abs=1e-7)
    assert box.mass == brick.mass


def test_a_mesh_that_is_not_convex_is_decomposed(tmp_path):
    pytest.importorskip('coacd')
    outline = np.array([[0, 0], [0.06, 0], [0.06, 0.02], [0.02, 0.02], [0.02, 0.08], [0, 0.08]])
    mesh = _prism(outline, 0.02)
    mesh.export(tmp_path / 'angle.obj')
    angle = load_mesh(tmp_path / 'angle.obj')
    assert 2 <= len(angle.geoms) <= 16
    assert angle.size == pytest.approx([0.06, 0.08, 0.02], abs=2e-3)
    spec = mujoco.MjSpec()
    add_object(spec, angle)
    model = spec.compile()
    assert model.ngeom == len(angle.geoms)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    notch = np.array([0.045, 0.06, 0.01]) - mesh.center_mass
    spec.worldbody.add_geom(name='probe', type=mujoco.mjtGeom.mjGEOM_SPHERE,
                            size=[0.005, 0, 0], pos=notch)
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    gaps = [mujoco.mj_geomDistance(model, data, i, model.geom('probe').id, 1.0, None)
            for i in range(model.ngeom) if i != model.geom('probe').id]
    assert min(gaps) > 0.01  # the notch stays open, which one hull would fill


def _prism(outline, height):
    """A closed prism over a polygon (counter-clockwise, first corner sees all others)."""
    n = len(outline)
    low = np.c_[outline, np.zeros(n)]
    vertices = np.vstack([low, low + [0, 0, height]])
    caps = [[0, i, i + 1] for i in range(1, n - 1)]
    sides = [face for i in range(n) for face in (
        [i, (i + 1) % n, n + i], [(i + 1) % n, n + (i + 1) % n, n + i])]
    faces = ([[a, c, b] for a, b, c in caps] + [[a + n, b + n, c + n] for a, b, c in caps]
             + sides)
    return trimesh.Trimesh(vertices, faces, process=False)


def test_a_mesh_in_millimetres_is_brought_to_size(tmp_path):
    trimesh.creation.icosphere(radius=30.0).export(tmp_path / 'ball.ply')
    with pytest.raises(MeshError, match='ball.ply: 60 x 60 x 60 m is too large .* scale 0.001'):
        load_mesh(tmp_path / 'ball.ply')
    for ball in (load_mesh(tmp_path / 'ball.ply', scale=0.001),
                 load_object(str(tmp_path / 'ball.ply'), size=0.06)):
        assert ball.size == pytest.approx([0.06] * 3, rel=1e-3)
        assert ball.mass == pytest.approx(500 * 4 / 3 * np.pi * 0.03**3, rel=0.03)


def test_an_open_mesh_is_refused(tmp_path):
    mesh = trimesh.creation.box((0.05, 0.05, 0.05))
    mesh.update_faces(np.arange(len(mesh.faces)) > 0)
    mesh.export(tmp_path / 'open.stl')
    with pytest.raises(MeshError, match='open.stl: the mesh is not closed; close its holes'):
        load_mesh(tmp_path / 'open.stl')


def test_an_inside_out_mesh_is_turned_around(tmp_path):
    mesh = trimesh.creation.box((0.05, 0.05, 0.05))
    mesh.invert()
    mesh.export(tmp_path / 'inverted.stl')
    tensor = load_mesh(tmp_path / 'inverted.stl', mass=0.1).inertia.tensor
    assert np.diag(tensor) == pytest.approx([0.1 / 6 * 0.05**2] * 3, rel=1e-4)


@pytest.mark.parametrize(('name', 'content', 'message'), [
    ('gone.stl', None, 'no such file'),
    ('junk.stl', b'not a mesh', 'cannot be read as a mesh|holds no triangles'),
    ('empty.obj', b'', 'cannot be read as a mesh|holds no triangles'),
    ('speck.stl', 0.001, 'too small for the hand'),
    ('plank.stl', 0.25, 'too large for the hand'),
])
def test_a_useless_file_is_refused_in_one_line(tmp_path, name, content, message):
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        trimesh.creation.box((content, content, content)).export(path)
    with pytest.raises(MeshError, match=f'{name}.*({message})'):
        load_object(str(path))


def test_stl_files_hold_the_closed_surface(tmp_path):
    shape = load_object('ellipsoid').geoms[0]
    write_stl(tmp_path / 'egg.stl', triangles(shape))
    egg = trimesh.load(tmp_path / 'egg.stl', force='mesh')
    assert egg.is_watertight
    assert egg.volume == pytest.approx(4 / 3 * np.pi * 0.023 * 0.027 * 0.035, rel=0.03)
    with pytest.raises(ValueError, match='no triangles of a box; allowed: ellipsoid'):
        triangles(load_object('cube').geoms[0])
