"""Pictures, films, the page and figures; what is not there is said in one line."""

import json

from dexgen_description import load_hand, load_object
from dexgen_learning.cli import main
from dexgen_learning.grasps.grasp_set import GraspSet, KINDS
from dexgen_learning.paths import SHIPPED
from dexgen_learning.rollout.chunk import RolloutConfig
from dexgen_learning.rollout.collector import CollectorConfig
from dexgen_learning.rollout.rolling import rollout
from dexgen_learning.scoring.score import holding
from dexgen_learning.show.figures import degrees, learning_curves, read_curves, smoothed
from dexgen_learning.show.frames import of_expert, of_grasps
from dexgen_learning.show.picture import Painter, View
from dexgen_sim_bridge.scene import build_scene
import numpy as np
import pytest

HAND = load_hand('allegro_right')
SET = GraspSet.load(SHIPPED / 'grasps' / HAND.name / 'cube.npz')


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('DEXGEN_CACHE', str(tmp_path))
    return tmp_path


def test_grasps_are_shown_one_of_each_type_in_turn():
    captions = [frame.caption for frame in of_grasps(SET, 6)]
    assert [caption.split()[1] for caption in captions] == list(KINDS[:6])


def test_an_expert_at_work_moves_the_hand():
    frames = list(of_expert(HAND, SET, holding(), 5))
    assert len(frames) == 5 and np.abs(frames[-1].q - frames[0].q).max() > 1e-3
    assert frames[0].object_name == 'cube'


def test_a_picture_shows_hand_and_object():
    frame = next(of_grasps(SET, 1))
    painter = Painter(build_scene(HAND, load_object('cube')), View(width=80, height=60))
    here = painter.draw(frame.qpos)
    away = frame.qpos.copy()
    away[16:19] += 5.0
    assert here.shape == (60, 80, 3) and np.ptp(here) > 100
    assert (here != painter.draw(away)).any(axis=-1).mean() > 0.01


@pytest.mark.parametrize(('what', 'name'), [('grasps', 'a.png'), ('interpolation', 'b.mp4')])
def test_show_writes_a_sheet_and_a_film(cache, what, name):
    main(['show', '--what', what, '--frames', '4', '--output', str(cache / name)])
    assert (cache / name).stat().st_size > 2000


def test_show_writes_a_data_set_and_its_statistics(cache):
    rollout(RolloutConfig(objects=('cube',), transitions=100, grasps=str(SHIPPED / 'grasps'),
                          collector=CollectorConfig(per_object=6, steps=30)),
            cache / 'data' / 'small')
    main(['show', '--what', 'data', '--data', 'small', '--frames', '3',
          '--output', str(cache / 'rows.png')])
    main(['figures', '--what', 'data', '--names', 'small', '--output', str(cache / 'data.png')])
    assert (cache / 'rows.png').exists() and (cache / 'data.png').stat().st_size > 5000


def test_the_page_shows_frames():
    pytest.importorskip('viser')
    from dexgen_learning.show.page import Page
    page = Page(HAND, 8769)
    try:
        page.play(of_grasps(SET, 2), rate=1000.0)
        assert page.text.content.startswith('cube tips_3')
        assert len(page._handles) == page.model.ngeom
    finally:
        page.server.stop()


def test_statistics_of_grasp_sets(tmp_path):
    main(['figures', '--what', 'grasps', '--names', 'cube', 'sphere',
          '--output', str(tmp_path / 'sets.svg')])
    assert (tmp_path / 'sets.svg').read_text().count('<path') > 50
    assert degrees(SET).sum() == len(SET.edges)


def test_learning_curves_come_from_the_run_itself(tmp_path):
    pytest.importorskip('tensorboard')
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter
    run = tmp_path / 'run'
    writer = EventFileWriter(str(run))
    for step in range(5):
        value = Summary.Value(tag='/goals_per_min', simple_value=2.0 * step)
        writer.add_event(Event(step=step, summary=Summary(value=[value])))
    writer.close()
    with pytest.raises(FileNotFoundError, match='dexgen-learn train'):
        learning_curves([run], tmp_path / 'none.png')
    (run / 'config.json').write_text(json.dumps({'ppo': {'environments': 10, 'steps': 3}}))
    np.testing.assert_allclose(read_curves(run)['/goals_per_min'][-1], [120.0, 8.0])
    learning_curves([run], tmp_path / 'curves.png')
    assert (tmp_path / 'curves.png').stat().st_size > 5000


def test_the_running_mean_has_no_bias():
    np.testing.assert_allclose(smoothed(np.full(5, 3.0)), 3.0)


@pytest.mark.parametrize(('arguments', 'message'), [
    (['show', '--what', 'grasps', '--object-name', 'pear', '--output', 'x.png'],
     'make one with `dexgen-learn grasps`'),
    (['show', '--what', 'policy', '--output', 'x.png', '--policy', 'none.npz'],
     'train one with `dexgen-learn train`'),
    (['show', '--what', 'data', '--data', 'none', '--output', 'x.png'], 'dexgen-learn rollout'),
    (['show', '--what', 'grasps', '--output', 'x.gif'], 'ends in .png or .mp4'),
    (['show', '--what', 'grasps', '--hand', 'leap_right', '--output', 'x.png'],
     'no grasp set at'),
    (['figures', '--what', 'grasps', '--names', 'cube', '--output', 'x.gif'], '.png or .svg'),
])
def test_what_is_not_there_is_said_in_one_line(cache, capsys, arguments, message):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    lines = capsys.readouterr().err.strip().splitlines()
    assert ended.value.code == 2 and len(lines) == 1 and message in lines[0]


def test_a_policy_of_another_hand_is_refused(cache, capsys):
    from dexgen_learning.ppo.network import PolicyNetwork
    PolicyNetwork((np.zeros((16, 4)),), (np.zeros(16),), np.zeros(4), np.ones(4), np.ones(16),
                  {'hand': 'leap_right'}).save(cache / 'policy.npz')
    with pytest.raises(SystemExit):
        main(['show', '--policy', str(cache / 'policy.npz'), '--output', 'x.png'])
    assert 'trained for the hand leap_right, not allegro_right' in capsys.readouterr().err
