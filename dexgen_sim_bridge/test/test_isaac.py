"""What can be known of Isaac Sim without it: arguments, scene table, topic names, the graph.

The calls into Isaac Sim themselves are not tested here or anywhere.
"""

import ast
import json
from pathlib import Path
import subprocess
import sys
from xml.etree import ElementTree

from dexgen_description import load_hand
from dexgen_sim_bridge.preset import load_preset
from dexgen_sim_bridge.scene import build_scene, SceneConfig
from dexgen_sim_bridge.wrist import wrist_orientation
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'isaac'))

import open_hand
import prepare
from ros_graph import NODES, ros_graph
from scene_table import FILE_NAME, read_scene, SceneError

FOLDER = Path(__file__).resolve().parents[1] / 'isaac'
ROOT = FOLDER.parents[1]
HAND = load_hand('allegro_right')


@pytest.fixture
def folder(tmp_path):
    """Return a folder with the scene of a hand that holds an ellipsoid, palm down."""
    words = ['--hand', 'allegro_right', '--object', 'ellipsoid', '--wrist', 'palm_down']
    assert prepare.main([str(tmp_path / 'scene'), *words]) == 0
    return tmp_path / 'scene'


def test_joints_are_those_of_the_urdf_with_the_drives_of_the_description(folder):
    scene = read_scene(folder)
    root = ElementTree.parse(folder / scene.hand_urdf).getroot()
    revolute = [joint.get('name') for joint in root.iter('joint') if joint.get('type') != 'fixed']
    assert tuple(scene.joints) == HAND.joint_names and set(revolute) == set(HAND.joint_names)
    drives = list(scene.joints.values())
    assert [drive.kp for drive in drives] == HAND.kp.tolist()
    assert [drive.torque for drive in drives] == HAND.torque_limit.tolist()
    # One degree off pulls with a degree's share of kp, whatever the unit of the angle.
    degrees = [drive.stiffness for drive in drives]
    assert np.array(degrees) == pytest.approx(HAND.kp * np.radians(1.0))
    starts = np.array([drive.start for drive in drives])
    assert np.all((starts >= HAND.lower) & (starts <= HAND.upper))


def test_gravity_is_that_of_our_own_scene(folder):
    scene = read_scene(folder)
    config = SceneConfig(wrist=wrist_orientation('palm_down'))
    model = build_scene(HAND, None, config)
    assert scene.gravity * np.array(scene.gravity_direction) == pytest.approx(model.opt.gravity)


def test_the_object_stands_before_the_palm_and_its_meshes_are_there(folder):
    scene = read_scene(folder)
    ahead = np.array(scene.object_position) - HAND.palm_center
    assert ahead[0] > 0.0 and not ahead[1:].any()
    root = ElementTree.parse(folder / scene.object_urdf).getroot()
    files = [mesh.get('filename') for mesh in root.iter('mesh')]
    assert files and all(Path(name.removeprefix('file://')).is_file() for name in files)


def test_topics_are_those_of_the_preset(folder):
    scene, preset = read_scene(folder), load_preset('isaac_sim', HAND)
    assert (scene.state_topic, scene.command_topic) == (preset.state.topic, preset.command.topic)
    assert preset.command.type == 'joint_state'
    values = dict(ros_graph(scene.state_topic, scene.command_topic, '/hand/root').values)
    assert values['publish.inputs:topicName'] == 'joint_states'
    assert values['subscribe.inputs:topicName'] == 'joint_command'
    assert values['drive.inputs:robotPath'] == '/hand/root'


def test_the_graph_joins_nodes_that_it_has_and_feeds_each_input_once():
    graph = ros_graph('a', 'b', '/hand')
    ends = [end for pair in graph.connections for end in pair]
    assert {end.split('.')[0] for end in [*ends, *dict(graph.values)]} == set(NODES)
    assert all('.outputs:' in source and '.inputs:' in to for source, to in graph.connections)
    inputs = [to for _, to in graph.connections] + list(dict(graph.values))
    assert len(set(inputs)) == len(inputs)
    assert {'publish.inputs:execIn', 'subscribe.inputs:execIn', 'drive.inputs:execIn'} <= set(ends)


def test_joint_states_come_at_the_rate_that_the_bridge_needs(folder):
    scene = read_scene(folder)
    preset = load_preset('isaac_sim', HAND)
    assert scene.physics_rate % scene.message_rate == 0
    assert scene.message_rate >= preset.command.rate
    assert 2.0 / scene.message_rate < preset.state.silence


def test_gains_of_an_identified_drive_are_taken(tmp_path):
    drive = tmp_path / 'drive.yaml'
    drive.write_text('drive: {kp: 1.5, delay: 0.03}')
    prepare.main([str(tmp_path / 'scene'), '--drive', str(drive)])
    scene = read_scene(tmp_path / 'scene')
    assert {joint.kp for joint in scene.joints.values()} == {1.5}
    assert [joint.kd for joint in scene.joints.values()] == HAND.kd.tolist()
    assert scene.object_urdf == ''


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['--hand', 'octopus'], 'allegro_right'),
        (['--object', 'teapot'], 'cube'),
        (['--wrist', 'operator'], 'palm_up'),
        (['--drive', '/nowhere.yaml'], 'no drive file'),
    ],
)
def test_arguments_that_do_not_fit_list_what_does(tmp_path, capsys, words, said):
    with pytest.raises(SystemExit) as ended:
        prepare.main([str(tmp_path / 'scene'), *words])
    assert ended.value.code == 2 and said in capsys.readouterr().err


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        (lambda data: {**data, 'version': 0}, 'another version'),
        (lambda data: {**data, 'hand_urdf': 'gone.urdf'}, 'gone.urdf'),
        (lambda data: {**data, 'colour': 'red'}, 'no scene table'),
        (lambda data: [], 'no scene table'),
    ],
)
def test_a_table_that_does_not_fit_is_refused(folder, change, said):
    path = folder / FILE_NAME
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(SceneError, match=said):
        read_scene(folder)


def run_script(*words) -> subprocess.CompletedProcess:
    command = [sys.executable, FOLDER / 'open_hand.py', *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_without_isaac_sim_the_script_says_in_one_line_what_it_needs(folder, tmp_path):
    done = run_script(folder, '--headless')
    assert done.returncode == 2 and done.stderr.count('\n') == 1 and 'python.sh' in done.stderr
    done = run_script(tmp_path / 'nothing')
    assert done.returncode == 2 and 'write one with prepare.py' in done.stderr


def test_the_scripts_arguments():
    options = open_hand.arguments(['build/isaac', '--headless', '--seconds', '5'])
    assert options == open_hand.argparse.Namespace(
        folder=Path('build/isaac'), headless=True, seconds=5.0
    )


def imported(file: Path) -> set[str]:
    """Every module that a file imports, at whatever depth."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_what_isaac_sims_python_reads_needs_nothing_of_ours_and_the_other_way_round():
    ours = {'open_hand', 'ros_graph', 'scene_table', 'prepare'}
    for name in ('open_hand', 'ros_graph', 'scene_table'):
        modules = imported(FOLDER / f'{name}.py')
        assert not any(module.startswith(('dexgen', 'numpy', 'yaml')) for module in modules), name
    for file in ROOT.glob('dexgen_*/dexgen_*/**/*.py'):
        modules = {module.split('.')[0] for module in imported(file)}
        assert not modules & (ours | {'isaacsim', 'omni', 'pxr'}), file
