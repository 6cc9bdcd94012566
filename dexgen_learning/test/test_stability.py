"""The long test of grasps."""

from dataclasses import replace

from dexgen_description import load_hand, load_object
from dexgen_learning.env.environment import EnvironmentConfig
from dexgen_learning.env.randomization import NONE
from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.grasps.stability import StabilityConfig, survival
from dexgen_learning.paths import SHIPPED
import numpy as np

HAND = load_hand('allegro_right')
CUBE = load_object('cube')


def grasps():
    """Twelve shipped grasps; every third one lets go."""
    found = GraspSet.load(SHIPPED / 'grasps' / HAND.name / 'cube.npz').take(np.arange(12))
    return replace(found, target=np.where(np.arange(12)[:, None] % 3 == 0, HAND.rest,
                                          found.target))


def test_what_lets_go_does_not_stand_the_test_and_has_no_second_trial():
    config = StabilityConfig(time=2.0, repeats=2, keep=1.0, lanes=5)
    share = survival(HAND, CUBE, grasps(), config, EnvironmentConfig(randomization=NONE))
    assert (share[::3] == 0.0).all()
    assert (share == 1.0).sum() >= 6
    assert set(share) <= {0.0, 0.5, 1.0}


def test_no_grasps_take_no_time():
    config = StabilityConfig(time=1.0, repeats=2, lanes=4)
    assert len(survival(HAND, CUBE, grasps().take(np.arange(0)), config)) == 0
