"""The grasp sets that come with the package."""

from dexgen_description import load_hand, load_object
from dexgen_learning.env.disturbance import WristConfig
from dexgen_learning.env.environment import EnvironmentConfig, HandEnvironment
from dexgen_learning.env.randomization import NONE
from dexgen_learning.grasps.grasp_set import GraspSet, KINDS
from dexgen_learning.grasps.kinds import kinds
from dexgen_learning.paths import SHIPPED
from dexgen_learning.tasks.goal import GoalBook
import numpy as np
import pytest

HAND = load_hand('allegro_right')
FOLDER = SHIPPED / 'grasps' / HAND.name
TRAINED = ('cube', 'cylinder', 'sphere', 'slab', 'rod', 'hammer')
HELD_OUT = ('cuboid', 'ellipsoid', 'capsule', 'pen', 'screwdriver', 'syringe')

SOFT = 0.03
"""How far a joint may have been pushed beyond its limit; the simulator's limits are soft [rad]."""


def shipped(name: str) -> GraspSet:
    return GraspSet.load(FOLDER / f'{name}.npz', HAND.name)


@pytest.mark.parametrize('name', TRAINED + HELD_OUT)
def test_a_set_is_whole(name):
    grasps = shipped(name)
    assert grasps.object_name == name and (FOLDER / f'{name}.npz').stat().st_size < 110_000
    assert len(grasps) >= 100 and len(grasps.edges) >= len(grasps)
    assert grasps.edges.max() < len(grasps) and (grasps.edge_success >= 0.5).all()
    assert (grasps.q >= HAND.lower - SOFT).all() and (grasps.q <= HAND.upper + SOFT).all()
    np.testing.assert_array_equal(kinds(HAND, grasps.contacts), grasps.kind)
    assert grasps.config['generation']['validation']['direction_s'] == 0.5


@pytest.mark.parametrize('name', HELD_OUT)
def test_grasps_of_held_out_objects_hold(name):
    grasps, model, n = shipped(name), load_object(name), 24
    rows = np.linspace(0, len(grasps) - 1, n).astype(int)
    env = HandEnvironment(HAND, [model], n, EnvironmentConfig(
        randomization=NONE, wrist=WristConfig(speed=0.0)), seed=0)
    env.reset(np.arange(n), GoalBook([model], [grasps]).start(rows))
    dropped = np.zeros(n, dtype=bool)
    for _ in range(15):
        env.step(grasps.target[rows])
        dropped |= env.dropped
    assert dropped.mean() < 0.1
    assert len(np.unique(grasps.kind)) >= len(KINDS) - 2


def test_data_are_made_from_few_grasps():
    assert sum(len(shipped(name)) for name in TRAINED) <= 5000
