"""What tells which fingers press: trained on recorded contacts, and the one that ships."""

from dexgen_controller.arbitration import Arbitration
from dexgen_controller.checkpoint import load_checkpoint, shipped_checkpoint
from dexgen_controller.observation import stack_steps
from dexgen_controller.touch import feature_count, TouchEstimator
from dexgen_description import Kinematics, load_hand, load_object
from dexgen_learning.env.disturbance import WristConfig
from dexgen_learning.env.environment import EnvironmentConfig, HandEnvironment
from dexgen_learning.env.randomization import NONE
from dexgen_learning.env.touch import Touch
from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.paths import SHIPPED
from dexgen_learning.rollout.chunk import RolloutConfig
from dexgen_learning.rollout.collector import CollectorConfig
from dexgen_learning.rollout.dataset import Dataset
from dexgen_learning.rollout.rolling import rollout
from dexgen_learning.tasks.goal import GoalBook
from dexgen_learning.training.touch_training import touch_samples, train_touch
from dexgen_learning.training.training_config import TouchConfig
import numpy as np
import pytest

HAND = load_hand('allegro_right')
CONFIG = TouchConfig(steps=300, batch=128, width=32)


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp('data')
    rollout(RolloutConfig(objects=('cube',), transitions=2500, seed=3,
                          grasps=str(SHIPPED / 'grasps'),
                          collector=CollectorConfig(per_object=24, steps=60)), folder)
    return Dataset(folder)


def test_every_row_becomes_a_sample_in_the_order_of_its_trajectory(data):
    samples = touch_samples(data, CONFIG, 4)
    assert samples.features.shape == (len(data), feature_count(16))
    presses = (data.column('pressing')[:, None] >> np.arange(4)) & 1 > 0
    assert samples.presses.mean(axis=0) == pytest.approx(presses.mean(axis=0))
    assert not samples.aside.all()


def test_it_learns_and_numpy_agrees(data):
    samples = touch_samples(data, CONFIG, 4)
    weights, figures = train_touch(samples, CONFIG)
    told = TouchEstimator({k.removeprefix('touch.'): v for k, v in weights.items()})(
        samples.features)
    seen = ~samples.aside
    common = max(samples.presses.mean(), 1.0 - samples.presses.mean())
    assert ((told > 0.5) == samples.presses)[seen].mean() > common + 0.05
    assert figures['rows'] == samples.aside.sum()


@pytest.mark.parametrize('calm', [True, False])
def test_the_shipped_controller_tells_who_bears_load(calm):
    """Behind noise its network tells, from exact sensors the bends: only both know both scenes."""
    checkpoint, kinematics = load_checkpoint(shipped_checkpoint(HAND.name)), Kinematics(HAND)
    cube = load_object('cube')
    grasps = GraspSet.load(SHIPPED / 'grasps' / HAND.name / 'cube.npz')
    scene = EnvironmentConfig(randomization=NONE, wrist=WristConfig(speed=0.0))
    env = HandEnvironment(HAND, [cube], 64, scene if calm else EnvironmentConfig(), seed=5)
    touch, rows = Touch(env), np.arange(64)
    env.reset(rows, GoalBook([cube], [grasps]).start(rows))
    network = TouchEstimator(checkpoint.part('touch'))
    arbitration = Arbitration(checkpoint.hand, checkpoint.config, 64, network)
    right = pressing = 0.0
    for _ in range(30):
        env.step(grasps.target[rows])
        positions, targets = env.observed_history()
        here = kinematics.keypoints(env.sim.target)
        arbitration.share(stack_steps(kinematics, positions, targets), here, here, 3.0)
        held = env.palm_distance() < 0.06
        right += ((arbitration.loaded > 0.5) == touch.pressing())[held].mean() / 30
        pressing += touch.pressing()[held].mean() / 30
    assert right > 0.9 and right > pressing + 0.15
