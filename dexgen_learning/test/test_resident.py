"""Samples out of the device's memory are those of the memory-mapped shards."""

from dexgen_controller.checkpoint import load_checkpoint
from dexgen_controller.model_config import CONFIGS
from dexgen_description import Kinematics, load_hand
from dexgen_learning.paths import SHIPPED
from dexgen_learning.rollout.chunk import RolloutConfig
from dexgen_learning.rollout.collector import CollectorConfig
from dexgen_learning.rollout.dataset import Dataset
from dexgen_learning.rollout.rolling import rollout
import numpy as np
import pytest

pytest.importorskip('torch')

from dexgen_learning.training.command import (
    train_controller_command,
    TrainController,
)
from dexgen_learning.training.processes import Process
from dexgen_learning.training.recorded import EPISODE, RecordedSource, WHITE
from dexgen_learning.training.resident import recorded_source, ResidentSource
from dexgen_learning.training.trainer import Trainer
from dexgen_learning.training.training_config import TouchConfig, TrainingConfig

HAND = load_hand('allegro_right')
KINEMATICS = Kinematics(HAND)
TINY = CONFIGS['tiny']
CONFIG = TrainingConfig(model='tiny', steps=3, batch=32, resident=True)


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp('data')
    rollout(RolloutConfig(objects=('cube',), transitions=300, grasps=str(SHIPPED / 'grasps'),
                          collector=CollectorConfig(per_object=4, steps=60)), folder)
    return Dataset(folder)


def test_without_noise_they_are_the_same_numbers(data):
    mapped = RecordedSource(KINEMATICS, data, TINY, noise=0.0)
    resident = ResidentSource(KINEMATICS, data, TINY, noise=0.0, device='cpu')
    rows = mapped.rows(False)
    np.testing.assert_array_equal(rows, resident.rows(False))
    for mine, theirs in zip(resident.batch(rows), mapped.batch(rows), strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs)


def test_the_noise_is_the_sensors_and_stays(data):
    clean = ResidentSource(KINEMATICS, data, TINY, noise=0.0, device='cpu')
    noisy = ResidentSource(KINEMATICS, data, TINY, device='cpu')
    rows = clean.rows(False)
    joints = slice(12, 28)
    both = (s.batch(rows).state.numpy().reshape(len(rows), 4, -1) for s in (noisy, clean))
    difference = np.subtract(*both)
    assert difference[..., joints].std() == pytest.approx(np.hypot(WHITE, EPISODE), rel=0.1)
    assert not difference[..., 28:44].any()
    np.testing.assert_array_equal(noisy.batch(rows).state, noisy.batch(rows).state)
    np.testing.assert_allclose(noisy.batch(rows).motion, clean.batch(rows).motion)


def test_the_command_makes_a_checkpoint_with_touch(data, tmp_path):
    command = TrainController(config=CONFIG, touch=TouchConfig(steps=2, batch=16))
    made = train_controller_command(command, tmp_path, data.index.folder)
    checkpoint = load_checkpoint(made)
    assert checkpoint.part('touch') and checkpoint.facts['touch'] == {'rows': 0}
    assert checkpoint.facts['training']['steps_done'] == 3


def test_it_trains(data, tmp_path):
    source = recorded_source(KINEMATICS, data, TINY, TrainingConfig(resident=True, device='cpu'))
    assert isinstance(source, ResidentSource)
    reports = []
    Trainer(TINY, CONFIG, source, tmp_path, Process(0, 1, 'cpu')).train(reports.append)
    assert reports[-1].step == 3 and np.isfinite(list(reports[-1].losses.values())).all()
