"""The data set: the same bytes for a seed, safe to kill, checked, read as the model needs it."""

from dataclasses import replace
import json
from pathlib import Path
import subprocess
import sys
import time

from dexgen_controller.observation import stack_steps
from dexgen_description import Kinematics, load_hand
from dexgen_learning.paths import policy_file, SHIPPED
from dexgen_learning.rollout.chunk import chunk_kind, RolloutConfig
from dexgen_learning.rollout.collector import CollectorConfig
from dexgen_learning.rollout.crew import Processes, RayCluster
from dexgen_learning.rollout.dataset import Dataset
from dexgen_learning.rollout.record import row_type, SOURCES, trimmed
from dexgen_learning.rollout.rolling import rollout
from dexgen_learning.rollout.shards import entry_file, shard_file
import numpy as np
import pytest

HAND = load_hand('allegro_right')
CONFIG = RolloutConfig(objects=('cube',), transitions=900, seed=7, grasps=str(SHIPPED / 'grasps'),
                       collector=CollectorConfig(per_object=12, steps=50))


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp('data')
    rollout(CONFIG, folder)
    return folder


def digests(folder):
    return [s['sha256'] for s in json.loads((folder / 'index.json').read_text())['shards']]


def test_the_same_bytes_whatever_the_number_of_workers(folder, tmp_path):
    rollout(CONFIG, tmp_path, Processes(2))
    assert digests(folder) == digests(tmp_path)
    assert (folder / 'index.json').read_bytes() == (tmp_path / 'index.json').read_bytes()


def test_another_seed_is_other_data(folder, tmp_path):
    rollout(replace(CONFIG, seed=8, transitions=100), tmp_path)
    assert digests(folder)[0] != digests(tmp_path)[0]


def test_a_killed_run_goes_on_without_duplicate_or_torn_shard(folder, tmp_path):
    rollout(CONFIG, tmp_path)
    entry_file(tmp_path, 1).unlink()
    shard_file(tmp_path, 1).write_bytes(b'torn')
    (tmp_path / 'index.json').unlink()
    before = shard_file(tmp_path, 0).stat().st_mtime_ns
    rollout(CONFIG, tmp_path)
    assert digests(tmp_path) == digests(folder)
    assert shard_file(tmp_path, 0).stat().st_mtime_ns == before


def test_a_run_killed_for_good_goes_on_to_the_same_bytes(folder, tmp_path):
    code = (f'import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n'
            'from pathlib import Path; import test_rollout as t\n'
            f't.rollout(t.CONFIG, Path({str(tmp_path)!r}))')
    with subprocess.Popen([sys.executable, '-c', code]) as run:
        while not entry_file(tmp_path, 0).exists() and run.poll() is None:
            time.sleep(0.05)
        run.kill()
    assert entry_file(tmp_path, 0).exists()
    rollout(CONFIG, tmp_path)
    assert digests(tmp_path) == digests(folder)


def test_another_configuration_is_not_mixed_in(folder):
    with pytest.raises(ValueError, match='another configuration'):
        rollout(replace(CONFIG, seed=99), folder)


def test_missing_and_corrupt_shards_say_what_to_do(folder, tmp_path):
    rollout(CONFIG, tmp_path)
    file = shard_file(tmp_path, 0)
    data = bytearray(file.read_bytes())
    data[1000] ^= 1
    file.write_bytes(bytes(data))
    Dataset(tmp_path)
    with pytest.raises(ValueError, match='corrupt.*dexgen-learn rollout'):
        Dataset(tmp_path, verify=True)
    file.write_bytes(bytes(data[:-5]))
    with pytest.raises(ValueError, match='bytes'):
        Dataset(tmp_path)
    file.unlink()
    with pytest.raises(FileNotFoundError, match='missing'):
        Dataset(tmp_path)
    with pytest.raises(FileNotFoundError, match='no data set'):
        Dataset(tmp_path / 'nowhere')


def test_state_is_the_controllers(folder):
    data = Dataset(folder, verify=True)
    picks = data.windows()[:20]
    rows = data.rows(picks[:, None] + np.arange(-3, 1))
    expected = stack_steps(Kinematics(HAND), rows['q'], rows['target'])
    np.testing.assert_allclose(data.state(picks), expected, atol=1e-6)
    assert data.motion(picks, 2).shape == (20, 2, 8, 3)
    assert data.target_change(picks).shape == (20, 16)


def test_windows_stay_in_a_trajectory_and_learn_only_the_expert(folder):
    data = Dataset(folder)
    picks = data.windows(4, 2)
    rows = data.rows(picks[:, None] + np.arange(-3, 3))
    assert (np.diff(rows['step'].astype(int), axis=1) == 1).all()
    assert (rows['trajectory'] == rows['trajectory'][:, :1]).all()
    assert (rows['learn'][:, 3:5] == 1).all()
    assert 0 < len(picks) < len(data.windows(4, 2, learn_only=False)) < len(data)


def test_the_index_describes_the_rows(folder):
    index = json.loads((folder / 'index.json').read_text())
    assert index['row_bytes'] == row_type(HAND).itemsize and index['control_rate'] == 10.0
    assert index['config']['seed'] == 7 and index['hand'] == HAND.name
    assert Dataset(folder).index.dtype == row_type(HAND)


def test_what_presses_is_bent(folder):
    data = Dataset(folder)
    rows = data.rows(np.arange(len(data)))
    presses = (rows['pressing'][:, None] >> np.arange(4)) & 1 > 0
    assert 0.3 < presses.mean() < 0.98
    bend = np.abs(rows['target'] - rows['q'])
    most = np.stack([bend[:, HAND.joint_indices(f)].max(axis=1) for f in HAND.fingers], -1)
    assert most[presses].mean() > 1.5 * most[~presses].mean()


def test_the_time_before_a_drop_is_discarded():
    rows = np.zeros((60, 2), row_type(HAND))
    rows['q'][:, :, 0] = np.arange(60)[:, None]
    starts, dropped = np.zeros((60, 2), bool), np.zeros((60, 2), bool)
    starts[0] = True
    dropped[39, 0], starts[40, 0] = True, True
    kept = trimmed(rows, starts, dropped, lost_steps=20, shortest=8)
    first = kept[kept['trajectory'] == 0]
    assert len(first) == 20 and first['q'][-1, 0] == 19
    assert [int((kept['trajectory'] == k).sum()) for k in range(3)] == [20, 20, 60]


@pytest.mark.timeout(600)
def test_a_ray_cluster_that_loses_a_node_makes_the_same_bytes(folder, tmp_path, monkeypatch):
    pytest.importorskip('ray')
    monkeypatch.setenv('RAY_USAGE_STATS_ENABLED', '0')
    from ray.cluster_utils import Cluster
    cluster = Cluster(initialize_head=True, head_node_args={'num_cpus': 1})

    class UnluckyCluster(RayCluster):
        """A node dies when the first chunk has come and the others are under way."""

        lost = 0

        def __enter__(self):
            run = super().__enter__()

            def unlucky(config, numbers):
                for made in run(config, numbers):
                    yield made
                    if not self.lost:
                        cluster.remove_node(doomed)
                        self.lost += 1
            return unlucky

    try:
        doomed = cluster.add_node(num_cpus=1)
        cluster.add_node(num_cpus=1)
        crew = UnluckyCluster(cluster.address)
        rollout(replace(CONFIG, transitions=1500), tmp_path, crew)
    finally:
        cluster.shutdown()
    assert crew.lost == 1 and len(digests(tmp_path)) == 3
    assert digests(tmp_path)[:2] == digests(folder)


def test_without_a_cluster_the_remedy_is_named(tmp_path, monkeypatch):
    pytest.importorskip('ray')
    monkeypatch.delenv('RAY_ADDRESS', raising=False)
    with pytest.raises(ValueError, match='ray start --head'):
        rollout(CONFIG, tmp_path, RayCluster('auto'))


def test_the_kinds_of_chunks_have_their_shares():
    config = RolloutConfig(finger_share=0.2, precision_share=0.1, wander_share=0.3)
    kinds = [chunk_kind(config, k) for k in range(400)]
    shares = {kind: kinds.count(kind) / 400 for kind in set(kinds)}
    assert shares == pytest.approx(
        {'finger': 0.2, 'precision': 0.1, 'wander': 0.3, 'anygrasp': 0.4}, abs=0.02)


def test_the_shipped_policy_acts_in_the_data(tmp_path):
    config = replace(CONFIG, policies=('shipped',), finger_share=0.0, precision_share=0.0,
                     wander_share=0.0, transitions=400)
    rollout(config, tmp_path)
    sources = Dataset(tmp_path).column('source')
    assert (sources == SOURCES.index('policy')).mean() > 0.2
    with pytest.raises(FileNotFoundError, match='no policy ships for leap_right'):
        policy_file('shipped', 'leap_right')
