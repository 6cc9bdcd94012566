"""What following costs: hands that explore, samples with a known future, a network for it."""

from dataclasses import replace

from dexgen_controller.checkpoint import load_checkpoint, random_checkpoint, save_checkpoint
from dexgen_controller.model_config import model_config
from dexgen_controller.planner import MotionPlanner
from dexgen_controller.risk import risk_feature_count, RiskEstimator
from dexgen_controller.sampling_config import SamplingConfig
from dexgen_description import load_hand
import numpy as np
import pytest

torch = pytest.importorskip('torch')

from dexgen_learning.risk import command as module  # noqa: E402
from dexgen_learning.risk.command import train_risk_command, TrainRisk  # noqa: E402
from dexgen_learning.risk.rollout import Explorer, RiskRollout  # noqa: E402
from dexgen_learning.risk.training import (  # noqa: E402
    DISCOUNT,
    HORIZON,
    risk_samples,
    RiskConfig,
    RiskSamples,
    train_risk,
)

COUNT = risk_feature_count(16, 4)


def test_a_row_counts_once_its_future_is_known(tmp_path):
    ends = np.zeros((60, 3), int)
    ends[50, 0], ends[50, 1] = 1, 2
    file = tmp_path / 'part.npz'
    features = np.arange(180).reshape(60, 3, 1).astype(np.float16)
    np.savez(file, features=features, shares=np.zeros((60, 3)), ends=ends)
    samples = risk_samples([file])
    of = {float(f[0]): s for f, s in zip(samples.features, samples.soon, strict=True)}
    dropped = {step: of.get(3.0 * step) for step in range(60)}
    assert dropped[50] == 1.0 and dropped[47] == pytest.approx(DISCOUNT**3)
    assert dropped[51] is None
    timed = [step for step in range(60) if 3.0 * step + 1 in of]
    assert timed == list(range(50 - HORIZON)) and of[1.0] == 0.0
    still = [step for step in range(60) if 3.0 * step + 2 in of]
    assert still == list(range(60 - HORIZON))


def test_it_learns_what_a_share_costs_and_numpy_agrees():
    random = np.random.default_rng(0)
    features = random.normal(size=(20_000, 6)).astype(np.float32)
    shares = random.random(20_000).astype(np.float32)
    true = 1.0 / (1.0 + np.exp(2.0 - features[:, 0] - 3.0 * shares * (features[:, 1] > 0.0)))
    soon = (random.random(20_000) < true).astype(np.float32)
    samples = RiskSamples(features, shares, soon, np.arange(20_000) % 10 == 0)
    weights, figures = train_risk(samples, RiskConfig(passes=30.0, batch=500, width=32))
    assert figures['loss'] < figures['loss_shuffled_shares'] - 0.02
    assert figures['loss'] < figures['loss_constant'] - 0.05
    known = RiskEstimator({k.removeprefix('risk.'): v for k, v in weights.items()})
    dear = np.array([[0.0, 1.0, 0, 0, 0, 0], [0.0, -1.0, 0, 0, 0, 0]], np.float32)
    (stay, full), (other, free) = known.risk(dear, np.array([0.0, 1.0]))
    assert full - stay > 0.3 and abs(free - other) < 0.15


def test_an_explorer_permits_every_share_and_asks_what_is_known():
    explorer = Explorer(3000, 0, 10.0, None)
    share = explorer(np.zeros((3000, COUNT)), np.zeros(3000), 3.0)
    assert 0.25 < (share == 0.0).mean() < 0.42 and 0.25 < (share >= 0.5).mean() < 0.42

    class Known:
        def best(self, features, worth):
            assert worth.shape == (len(features),) and worth.min() > 0.0
            return np.zeros(len(features))

    asked = Explorer(3000, 0, 10.0, Known())(np.zeros((3000, COUNT)), np.zeros(3000), 3.0)
    assert (asked == 0.0).mean() > 0.65


@pytest.fixture(scope='module')
def controller(tmp_path_factory):
    made = random_checkpoint(model_config('tiny'), load_hand('allegro_right'))
    return save_checkpoint(made, tmp_path_factory.mktemp('controller'))


def test_rounds_make_a_controller_that_knows_risk_and_go_on(controller, tmp_path, monkeypatch):
    command = TrainRisk(checkpoint=str(controller), policy='servo', objects=('cube',),
                        per_object=12, steps=60, rounds=2, workers=1)
    folder = train_risk_command(command, tmp_path)
    made = load_checkpoint(folder)
    assert made.part('risk')['mean'].shape == (COUNT,)
    assert made.facts['risk']['rollouts'] == 2
    planner = MotionPlanner(made, SamplingConfig(steps=1, backend='torch'), 1)
    points = np.zeros((1, made.config.keypoints, 3))
    planner.plan(np.zeros((1, made.config.state_size)), points, points, 3.0)
    assert planner.arbitration.permitted.shape == (1,)
    written = {file: file.stat().st_mtime_ns for file in tmp_path.glob('round-*.npz')}
    assert len(written) == 2
    train_risk_command(command, tmp_path)
    assert written == {file: file.stat().st_mtime_ns for file in tmp_path.glob('round-*.npz')}
    again = load_checkpoint(folder).part('risk')
    for name, value in made.part('risk').items():
        np.testing.assert_array_equal(again[name], value)
    with pytest.raises(ValueError, match=r"'steps': \(60, 61\).*another --name"):
        train_risk_command(replace(command, steps=61), tmp_path)


def test_the_same_seed_explores_the_same(controller, tmp_path):
    rollout = RiskRollout(str(controller), 'servo', ('cube',), 12, 8, 5)
    one, other = (np.load(rollout.perform(tmp_path / f'{i}.npz')) for i in range(2))
    for name in ('features', 'shares', 'ends'):
        np.testing.assert_array_equal(one[name], other[name])


def test_a_hand_without_a_controller_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(module, 'shipped_checkpoint', lambda hand: None)
    with pytest.raises(FileNotFoundError, match='leap_right.*--checkpoint'):
        train_risk_command(TrainRisk(hand='leap_right'), tmp_path)
