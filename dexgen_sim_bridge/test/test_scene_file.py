"""The saved scene: whole or absent, recent or ignored."""

from pathlib import Path

from dexgen_sim_bridge.scene_file import load_scene, save_scene, SavedScene, state_directory
import pytest


def test_what_is_saved_is_loaded(tmp_path):
    path = tmp_path / 'scene.json'
    save_scene(path, {'hand': 'allegro_right', 'qpos': [0.1, 0.2]}, time=1000.0)
    saved = load_scene(path, 1003.0, within=10.0)
    assert (saved['hand'], saved['qpos']) == ('allegro_right', [0.1, 0.2])
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize('time', [1010.0, 5000.0, 999.0])
def test_an_old_file_and_one_from_the_future_are_no_scene_to_resume(tmp_path, time):
    path = tmp_path / 'scene.json'
    save_scene(path, {}, time=1000.0)
    assert load_scene(path, time, within=10.0) is None


def test_no_file_is_no_scene(tmp_path):
    assert load_scene(tmp_path / 'scene.json', 0.0, 10.0) is None
    SavedScene(tmp_path, '/hand_bridge', 'cube').forget()


@pytest.mark.parametrize('content', [b'', b'{"version": 1', b'[]', b'{"version": 7}', b'\xff\xfe'])
def test_a_file_that_is_no_scene_is_named(tmp_path, content):
    path = tmp_path / 'scene.json'
    path.write_bytes(content)
    with pytest.raises(ValueError, match='no saved scene'):
        load_scene(path, 0.0, 10.0)


def test_where_the_state_lies(monkeypatch, tmp_path):
    assert state_directory('/a/b') == Path('/a/b')
    monkeypatch.setenv('ROS_HOME', str(tmp_path))
    assert state_directory() == tmp_path / 'dexgen'
    monkeypatch.delenv('ROS_HOME')
    assert state_directory() == Path.home() / '.ros' / 'dexgen'


class Restored:
    """A backend that keeps what it is given."""

    saved = None

    def restore(self, saved):
        self.saved = saved


def test_each_node_and_domain_has_a_file_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setenv('ROS_DOMAIN_ID', '7')
    scene, backend = SavedScene(tmp_path / 'new', '/lab/hand_bridge', 'cube'), Restored()
    assert not scene.resume(backend, 1000.0, 10.0)
    scene.save({'hand': 'allegro_right'}, 1000.0)
    assert scene.path == tmp_path / 'new' / 'lab_hand_bridge_7.json'
    assert scene.resume(backend, 1001.0, 10.0)
    assert backend.saved['hand'] == 'allegro_right'
    otherwise = SavedScene(tmp_path / 'new', '/lab/hand_bridge', 'sphere')
    assert not otherwise.resume(backend, 1001.0, 10.0)
    scene.forget()
    assert not scene.resume(backend, 1002.0, 10.0)
