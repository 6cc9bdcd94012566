"""Exported data sets, loaded by lerobot itself."""

import io
from pathlib import Path
from types import ModuleType

from dexgen_session.bag.reader import BagReader
from dexgen_session.export.frames import FrameSource
from dexgen_session.export.lerobot_format import IMAGE_KEY, write_lerobot
import numpy as np
from PIL import Image
import pytest
from recorded import write_session

SHADES = (20, 70, 120, 170, 220)


@pytest.fixture(scope='module')
def lerobot(tmp_path_factory) -> ModuleType:
    """Return lerobot's module of data sets, kept off the network and out of the home folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('HF_HUB_OFFLINE', '1')
        patch.setenv('HF_HOME', str(tmp_path_factory.mktemp('cache')))
        yield pytest.importorskip(
            'lerobot.datasets.lerobot_dataset',
            reason='lerobot is not installed (docs/record.md says which version was tried)',
        )


@pytest.fixture(scope='module')
def session(tmp_path_factory) -> Path:
    """Return a bag of two engage spans, of 2 s and of 1.5 s, with pictures."""
    pytest.importorskip('av', reason='av is an optional dependency of exports')
    folder = tmp_path_factory.mktemp('session') / 'bag'
    return write_session(folder, images=[grey(shade) for shade in SHADES])


@pytest.fixture(scope='module')
def exported(lerobot, session, tmp_path_factory) -> Path:
    """Return a data set of the session."""
    folder = tmp_path_factory.mktemp('exported') / 'data'
    frames = source(session)
    assert write_lerobot(frames, frames, folder) == 105
    return folder


def grey(shade: int) -> bytes:
    """Return a JPEG of one shade."""
    stream = io.BytesIO()
    Image.new('RGB', (64, 48), (shade,) * 3).save(stream, 'jpeg')
    return stream.getvalue()


def source(bag: Path) -> FrameSource:
    return FrameSource(BagReader(bag), 30.0)


def test_every_item_is_the_frame_that_was_written(lerobot, session, exported):
    data = lerobot.LeRobotDataset('dexgen/session', root=exported)
    assert (len(data), data.num_episodes, data.fps) == (105, 2, 30)
    assert data.meta.robot_type == 'allegro_right'
    for number, frame in enumerate(source(session)):
        item = data[number]
        assert (item['index'], item['frame_index']) == (number, frame.index)
        assert item['episode_index'] == frame.episode and item['task'] == frame.task
        assert item['timestamp'] == pytest.approx(frame.time, abs=1e-5)
        for name, values in frame.values.items():
            assert item[name].shape == (data.meta.shapes[name] if len(values) > 1 else ())
            np.testing.assert_array_equal(item[name].reshape(-1), values)
        assert item[IMAGE_KEY].shape == (3, 48, 64)
        shade = 255 * float(item[IMAGE_KEY].mean())
        assert shade == pytest.approx(np.mean(Image.open(io.BytesIO(frame.image))), abs=6)


def test_what_is_told_of_the_data_is_so(lerobot, session, exported):
    meta = lerobot.LeRobotDatasetMetadata('dexgen/session', root=exported)
    frames = list(source(session))
    assert meta.tasks.to_dict()['task_index'] == {'cube in the hand': 0, 'turn the cube': 1}
    assert [entry['tasks'] for entry in meta.episodes] == [
        ['cube in the hand', 'turn the cube'],
        ['cube in the hand'],
    ]
    assert [entry['length'] for entry in meta.episodes] == [60, 45]
    for name in frames[0].values:
        values = np.stack([frame.values[name] for frame in frames])
        told = meta.stats[name]
        assert told['count'] == 105
        np.testing.assert_allclose(told['mean'], values.mean(0), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(told['std'], values.std(0), rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(told['q01'], np.quantile(values, 0.01, 0), atol=1e-4)
        np.testing.assert_allclose(told['q99'], np.quantile(values, 0.99, 0), atol=1e-4)


def test_it_is_trained_from_in_batches_with_windows(lerobot, exported):
    torch = pytest.importorskip('torch', reason='lerobot brings torch')
    data = lerobot.LeRobotDataset(
        'dexgen/session',
        root=exported,
        delta_timestamps={'action': [0.0, 1 / 30], 'observation.state': [-1 / 30, 0.0]},
    )
    seen = []
    for batch in torch.utils.data.DataLoader(data, batch_size=16, shuffle=True):
        seen += batch['index'].tolist()
        assert batch['action'].shape == (len(batch['index']), 2, 2)
        assert batch[IMAGE_KEY].shape[1:] == (3, 48, 64)
    assert sorted(seen) == list(range(105))
    assert data[0]['observation.state_is_pad'].tolist() == [True, False]
    assert data[59]['action_is_pad'].tolist() == [False, True]


def test_one_episode_is_loaded_alone(lerobot, exported):
    data = lerobot.LeRobotDataset('dexgen/session', root=exported, episodes=[1])
    assert len(data) == 45 and data[0]['index'] == 60
    assert data[0]['task'] == 'cube in the hand'
