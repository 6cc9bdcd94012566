"""Exported data sets, loaded as their formats document it."""

import csv
import gc
import io
import json
from pathlib import Path
import tracemalloc
from types import SimpleNamespace

from dexgen_session.bag.reader import BagReader, TopicFacts
from dexgen_session.export.csv_format import write_csv
from dexgen_session.export.frames import FrameSource, image_topic
from dexgen_session.export.lerobot_format import LeRobotWriter, write_lerobot
from dexgen_session.export.zarr_format import write_zarr
import numpy as np
import pytest
from recorded import JOINTS, write_bag, write_session

RATE = 30.0


@pytest.fixture(scope='module')
def session(tmp_path_factory) -> Path:
    """Return a bag of two engage spans, of 2 s and of 1.5 s."""
    return write_session(tmp_path_factory.mktemp('session') / 'bag')


def source(bag: Path, rate: float = RATE) -> FrameSource:
    return FrameSource(BagReader(bag), rate)


def test_frames_lie_in_the_engage_spans_at_the_rate(session):
    frames = list(source(session))
    assert [sum(f.episode == e for f in frames) for e in (0, 1)] == pytest.approx([60, 45], abs=1)
    first = [f.values['observation.state'][0] for f in frames if f.episode == 0]
    assert first[0] == pytest.approx(1.0, abs=0.011) and first[-1] == pytest.approx(2.97, abs=0.02)
    assert [f.time for f in frames[:3]] == pytest.approx([0.0, 1 / 30, 2 / 30])


def test_a_frame_holds_the_newest_message_of_each_stream_by_name(session):
    for frame in source(session, rate=7.0):
        time = frame.values['observation.object'][0]
        assert frame.values['action'] == pytest.approx([time + 10.0, 10.0 - time], abs=1e-5)
        assert 0.0 <= frame.values['observation.state'][0] - time < 0.034
        assert frame.values['observation.keypoint_command'] == pytest.approx([time, 1.0, 2.0])


def test_the_last_annotation_names_the_task_else_the_object(session):
    tasks = [(f.episode, f.task) for f in source(session)]
    assert tasks[0] == (0, 'cube in the hand') and tasks[40] == (0, 'turn the cube')
    assert tasks[-1] == (1, 'cube in the hand')


def test_a_bag_without_what_is_needed_is_refused(tmp_path):
    write_bag(tmp_path / 'bag')
    with pytest.raises(ValueError, match='no messages of /joint_target.*/joint_states'):
        source(tmp_path / 'bag')


def test_csv_has_a_column_for_each_number(session, tmp_path):
    frames = source(session)
    assert write_csv(frames, frames, tmp_path / 'out') == 105
    with (tmp_path / 'out' / 'frames.csv').open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 105 and rows[0]['task'] == 'cube in the hand'
    assert float(rows[10][f'action.{JOINTS[0]}']) == pytest.approx(11.333, abs=0.04)
    description = json.loads((tmp_path / 'out' / 'frames.json').read_text())
    assert description['hand'] == 'allegro_right' and description['rate'] == RATE


def peak_of_writing(write, bag, folder, count):
    """Peak of the memory that an export of about so many frames takes [bytes]."""
    frames = source(bag, rate=300.0)
    gc.collect()
    tracemalloc.start()
    assert write(frames, frames, folder) == pytest.approx(count, abs=300)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize(('write', 'needs'), [
    (write_csv, 'csv'), (write_zarr, 'zarr'), (write_lerobot, 'pyarrow'),
])  # fmt: skip
def test_memory_does_not_grow_with_the_bag(tmp_path, write, needs):
    pytest.importorskip(needs, reason='an optional dependency of exports')
    peaks = []
    for seconds in (8.0, 40.0):
        bag = write_session(tmp_path / f'{seconds:g}', spans=((0.0, seconds),), end=seconds)
        # The smaller of two: what a library compiles once and keeps is not the bag's.
        peaks.append(min(
            peak_of_writing(write, bag, tmp_path / f'{seconds:g} {turn}', 300 * seconds)
            for turn in range(2)
        ))  # fmt: skip
    # One number kept of each of the 9,600 further frames would be more.
    assert peaks[1] < 1.25 * peaks[0] + 250_000


def test_zarr_is_a_replay_buffer_of_diffusion_policy(session, tmp_path):
    zarr = pytest.importorskip('zarr', reason='zarr is an optional dependency of exports')
    frames = source(session)
    write_zarr(frames, frames, tmp_path / 'out')
    root = zarr.open_group(str(tmp_path / 'out'), mode='r')
    ends = root['meta/episode_ends'][:]
    assert ends.tolist() == [60, 105]
    assert all(array.shape[0] == 105 for _, array in root['data'].arrays())
    expected = np.stack([f.values['action'] for f in source(session)])
    np.testing.assert_array_equal(root['data/action'][:], expected)
    assert root.attrs['columns']['action'] == list(JOINTS)
    assert root.attrs['tasks'] == ['turn the cube', 'cube in the hand']


class LeRobotReader:
    """Loads a LeRobot data set of layout v3.0 as its documentation says."""

    def __init__(self, folder: Path):
        from pyarrow import parquet

        self.folder, self._read = folder, parquet.read_table
        self.info = json.loads((folder / 'meta' / 'info.json').read_text())
        self.stats = json.loads((folder / 'meta' / 'stats.json').read_text())
        files = sorted((folder / 'meta' / 'episodes').glob('*/*.parquet'))
        self.episodes = [row for file in files for row in self._read(file).to_pylist()]

    def episode(self, number: int) -> dict[str, np.ndarray]:
        """Columns of one episode."""
        entry = self.episodes[number]
        path = self.info['data_path'].format(
            chunk_index=entry['data/chunk_index'], file_index=entry['data/file_index']
        )
        table = self._read(self.folder / path)
        rows = [row for row in table.to_pylist() if row['episode_index'] == number]
        return {name: np.array([row[name] for row in rows]) for name in table.column_names}


def test_lerobot_data_set_is_loaded_by_its_documented_layout(session, tmp_path):
    pytest.importorskip('pyarrow', reason='pyarrow is an optional dependency of exports')
    frames = source(session)
    assert write_lerobot(frames, frames, tmp_path / 'out') == 105
    data = LeRobotReader(tmp_path / 'out')
    info = data.info
    assert (info['codebase_version'], info['fps']) == ('v3.0', 30)
    assert (info['total_episodes'], info['total_frames'], info['total_tasks']) == (2, 105, 2)
    assert info['splits'] == {'train': '0:2'} and info['robot_type'] == 'allegro_right'
    assert info['features']['action'] == {'dtype': 'float32', 'shape': [2], 'names': list(JOINTS)}
    expected = np.stack([f.values['action'] for f in source(session)])
    for number, entry in enumerate(data.episodes):
        columns = data.episode(number)
        rows = slice(entry['dataset_from_index'], entry['dataset_to_index'])
        assert len(columns['index']) == entry['length'] == rows.stop - rows.start
        np.testing.assert_array_equal(columns['index'], np.arange(rows.start, rows.stop))
        np.testing.assert_array_equal(columns['frame_index'], np.arange(entry['length']))
        np.testing.assert_allclose(columns['timestamp'], columns['frame_index'] / 30.0, atol=1e-5)
        np.testing.assert_array_equal(columns['action'], expected[rows])
        assert set(columns) == {n for n, f in info['features'].items() if f['dtype'] != 'video'}
        for name, values in columns.items():
            width = info['features'][name]['shape'][0]
            assert values.shape == ((entry['length'], width) if width > 1 else (entry['length'],))
        np.testing.assert_allclose(entry['stats/action/mean'], expected[rows].mean(0), rtol=1e-5)
    assert [entry['tasks'] for entry in data.episodes] == [
        ['cube in the hand', 'turn the cube'], ['cube in the hand'],
    ]
    np.testing.assert_allclose(data.stats['action']['std'], expected.std(0), rtol=1e-4)
    np.testing.assert_allclose(data.stats['action']['max'], expected.max(0))


def test_lerobot_tasks_are_an_index_for_pandas(session, tmp_path):
    parquet = pytest.importorskip('pyarrow.parquet', reason='pyarrow is optional')
    frames = source(session)
    write_lerobot(frames, frames, tmp_path / 'out')
    table = parquet.read_table(tmp_path / 'out' / 'meta' / 'tasks.parquet')
    assert json.loads(table.schema.metadata[b'pandas'])['index_columns'] == ['task']
    assert table.to_pylist() == [
        {'task_index': 0, 'task': 'cube in the hand'},
        {'task_index': 1, 'task': 'turn the cube'},
    ]


def test_lerobot_episodes_move_to_a_new_file_when_one_is_full(session, tmp_path):
    pytest.importorskip('pyarrow', reason='pyarrow is an optional dependency of exports')
    frames = source(session)
    writer = LeRobotWriter(frames, tmp_path / 'out', data_file_mb=0.001)
    for frame in frames:
        writer.add(frame)
    writer.finish()
    data = LeRobotReader(tmp_path / 'out')
    assert [entry['data/file_index'] for entry in data.episodes] == [0, 1]
    assert len(data.episode(1)['action']) == 45


@pytest.mark.parametrize(
    ('given', 'chosen'),
    [
        ({'/camera/image/compressed': 3, '/a/compressed': 3}, '/camera/image/compressed'),
        ({'/color/compressed': 3, '/camera/image/compressed': 0}, '/color/compressed'),
        ({'/aligned_depth/compressedDepth': 3}, ''),
        ({}, ''),
    ],
)
def test_the_pictures_are_those_of_the_operators_camera(given, chosen):
    kind = 'sensor_msgs/msg/CompressedImage'
    facts = {topic: TopicFacts(kind, '', count) for topic, count in given.items()}
    assert image_topic(SimpleNamespace(topics=facts)) == chosen


def picture(brightness: int, kind: str) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.new('RGB', (64, 48), (brightness,) * 3).save(stream, kind)
    return stream.getvalue()


@pytest.mark.parametrize('kind', ['jpeg', 'png'])
def test_recorded_images_become_a_video_with_a_frame_for_each_row(tmp_path, kind):
    av = pytest.importorskip('av')
    pytest.importorskip('pyarrow', reason='pyarrow is an optional dependency of exports')
    bag = write_session(tmp_path / 'bag', images=[picture(b, kind) for b in (20, 120, 220)])
    frames = source(bag)
    count = write_lerobot(frames, frames, tmp_path / 'out')
    data = LeRobotReader(tmp_path / 'out')
    key = 'observation.images.operator'
    assert data.info['features'][key]['shape'] == [48, 64, 3]
    path = data.info['video_path'].format(video_key=key, chunk_index=0, file_index=0)
    with av.open(str(tmp_path / 'out' / path)) as video:
        shades = [int(f.to_ndarray(format='gray').mean()) for f in video.decode(video=0)]
    assert len(shades) == count
    assert {round(shade / 100) for shade in shades} == {0, 1, 2}
    assert data.episodes[1][f'videos/{key}/from_timestamp'] == pytest.approx(60 / 30)
    for figures in (data.stats[key], image_figures(data.episodes[0], key)):
        assert np.shape(figures['mean']) == (3, 1, 1) and figures['count'][0] >= 2
        assert 0.05 < np.min(figures['min']) < 0.5 < np.max(figures['max']) < 0.9


def image_figures(episode: dict, key: str) -> dict:
    return {name: episode[f'stats/{key}/{name}'] for name in ('min', 'max', 'mean', 'count')}
