"""Grasps of any mesh file; objects that a hand cannot hold."""

import json

from dexgen_description import load_hand
from dexgen_learning.cli import main
from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.objects import load_any_object
from dexgen_learning.paths import find_grasps
import numpy as np
import pytest

HAND = load_hand('allegro_right')


def angle_bracket(path, size: float = 0.05):
    """A closed L-shaped mesh, which is not convex."""
    trimesh = pytest.importorskip('trimesh')
    outline = size * np.array([[0, 0], [1, 0], [1, 0.5], [0.5, 0.5], [0.5, 1], [0, 1]])
    n = len(outline)
    low = np.c_[outline, np.zeros(n)]
    caps = [[0, i, i + 1] for i in range(1, n - 1)]
    sides = [face for i in range(n) for face in (
        [i, (i + 1) % n, n + i], [(i + 1) % n, n + (i + 1) % n, n + i])]
    faces = [[a, c, b] for a, b, c in caps] + [[a + n, b + n, c + n] for a, b, c in caps] + sides
    mesh = trimesh.Trimesh(np.vstack([low, low + [0, 0, 0.7 * size]]), faces, process=False)
    mesh.export(path)
    return mesh


def test_a_mesh_that_is_not_convex_is_grasped_drawn_and_found_again(tmp_path, capsys):
    pytest.importorskip('coacd')
    file = tmp_path / 'bracket.stl'
    angle_bracket(file)
    assert len(load_any_object(str(file), HAND).geoms) >= 2
    main(['grasps', '--objects', str(file), '--folder', str(tmp_path), '--minutes', '1',
          '--config.generation.count', '2', '--config.generation.seeds', '2',
          '--config.generation.lanes', '48', '--config.generation.kind-share', '0',
          '--config.stability.time', '0', '--config.graph.lanes', '8',
          '--config.graph.time', '0.5'])
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert line['grasps'] == 2 and line['object'] == 'bracket'
    assert 0.0 < line['coverage']['orientations'] <= 1.0
    path = find_grasps(HAND.name, str(file), tmp_path)
    assert len(GraspSet.load(path, HAND.name)) == 2
    assert path.with_suffix('.png').stat().st_size > 10_000


@pytest.mark.parametrize(('change', 'message'), [
    ('open', 'not closed; close its holes'),
    ('large', 'too large for the hand'),
])
def test_useless_meshes_end_with_one_line(tmp_path, capsys, change, message):
    file = tmp_path / 'thing.stl'
    mesh = angle_bracket(file, 0.05 if change == 'open' else 0.25)
    if change == 'open':
        mesh.update_faces(np.arange(len(mesh.faces)) > 0)
        mesh.export(file)
    with pytest.raises(SystemExit) as ended:
        main(['grasps', '--objects', str(file), '--folder', str(tmp_path)])
    lines = capsys.readouterr().err.strip().splitlines()
    assert ended.value.code == 2 and len(lines) == 1 and message in lines[0]


def test_an_unknown_object_lists_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        main(['grasps', '--objects', 'teapot'])
    assert 'capsule, cube' in capsys.readouterr().err
