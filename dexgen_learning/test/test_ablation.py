"""Ablations: every variant trains on its part of the data and runs in the evaluation."""

from dataclasses import replace

from dexgen_controller.checkpoint import load_checkpoint, random_touch
from dexgen_controller.model_config import model_config
from dexgen_controller.planner import MotionPlanner
from dexgen_controller.sampling_config import SamplingConfig
from dexgen_description import Kinematics, load_hand
import numpy as np
import pytest

pytest.importorskip('torch')

from dexgen_learning.cli import main
from dexgen_learning.evaluation.ablation import (
    Ablate,
    ablate,
    following_row,
    Narrowed,
    train_variant,
    Variant,
    VARIANTS,
)  # fmt: skip
from dexgen_learning.evaluation.dexgen_control import dexgen, DexGenControl
from dexgen_learning.evaluation.situation import Situation
from dexgen_learning.paths import SHIPPED
from dexgen_learning.rollout.chunk import RolloutConfig
from dexgen_learning.rollout.collector import CollectorConfig
from dexgen_learning.rollout.dataset import Dataset
from dexgen_learning.rollout.rolling import rollout
from dexgen_learning.training.samples import Batch
from dexgen_learning.training.training_config import TouchConfig, TrainingConfig

HAND = load_hand('allegro_right')
KINEMATICS = Kinematics(HAND)
COMMAND = Ablate(config=TrainingConfig(model='tiny', steps=3, batch=32, warm_up=1), windows=500)


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp('data')
    config = RolloutConfig(
        objects=('cube',), transitions=300, seed=3, grasps=str(SHIPPED / 'grasps'),
        collector=CollectorConfig(per_object=8, steps=50),
    )  # fmt: skip
    rollout(config, folder)
    return folder


def situation(count: int) -> Situation:
    targets = np.tile(HAND.pregrasp, (count, 1))
    history = np.tile(HAND.pregrasp, (count, 4, 1))
    return Situation(
        targets, targets, targets, KINEMATICS.keypoints(targets + 0.1), True,
        np.ones(count, bool), history, history, 0.1,
    )  # fmt: skip


def touch() -> tuple[dict, dict]:
    return random_touch(model_config('tiny'), 0), {}


@pytest.mark.parametrize('variant', [Variant('K 4', tips=True), Variant('past', history=2)])
def test_a_variant_trains_and_runs(variant, data, tmp_path):
    folder = train_variant(COMMAND, variant, tmp_path, data, touch)
    checkpoint = load_checkpoint(folder)
    assert checkpoint.config.keypoints == len(checkpoint.hand.keypoint_names)
    assert checkpoint.config.history == variant.history
    sampling = SamplingConfig(steps=2)
    control = DexGenControl(dexgen(1.0, sampling), MotionPlanner(checkpoint, sampling, 3),
                            KINEMATICS)  # fmt: skip
    wanted = control.wanted(situation(3))
    assert wanted.shape == (3, 16) and np.isfinite(wanted).all()
    assert train_variant(COMMAND, variant, tmp_path, data, touch) == folder


def test_training_alone_leaves_what_is_measured_later(data, tmp_path):
    command = replace(COMMAND, variants=('base', 'steps 4'), train_only=True,
                      touch=TouchConfig(steps=2, batch=16))
    assert ablate(command, tmp_path, data) == [{'variant': 'base'}, {'variant': 'steps 4'}]
    assert 'touch' in load_checkpoint(tmp_path / command.name / 'base' / 'checkpoint').facts


def test_sources_and_keypoints_are_left_out(data):
    sources = Dataset(data).column('source')

    class Everything:
        def rows(self, held_out):
            return np.arange(len(sources))

        def batch(self, rows):
            motion = np.tile(np.arange(8.0).repeat(3), (len(rows), 2)).astype(np.float32)
            return Batch(np.zeros(1), motion, np.zeros(1), np.zeros(1))

    first = int(sources[0])
    narrowed = Narrowed(Everything(), sources, [first], [1, 3], 8)
    rows = narrowed.rows(False)
    assert (sources[rows] != first).all()
    motion = narrowed.batch(np.arange(5)).motion.reshape(5, 2, 2, 3)
    assert (motion[..., 0, :] == 1.0).all() and (motion[..., 1, :] == 3.0).all()


def test_variants_are_named_once_and_unknown_ones_refused(data, tmp_path):
    names = [variant.name for variant in VARIANTS]
    assert len(set(names)) == len(names) and names[0] == 'base'
    with pytest.raises(ValueError, match='allowed: base, steps 8'):
        ablate(Ablate(variants=('K 5',)), tmp_path, data)


def test_it_is_a_command(capsys):
    with pytest.raises(SystemExit):
        main(['ablate', '--variants', 'K 5'])
    assert 'no variant K 5' in capsys.readouterr().err


def test_a_level_that_is_not_reached_is_no_figure():
    content = {'levels': [0.1, 0.3], 'matching_window': 1.0}
    assert following_row([], content) == {'at_0.1_s': None, 'at_0.3_s': None}
