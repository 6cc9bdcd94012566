"""MuJoCo Warp moves hands and objects as MuJoCo does; run on a core where there is no GPU."""

from dataclasses import replace
import importlib.util

from dexgen_description import load_hand, load_object
from dexgen_learning.env.disturbance import WristConfig
from dexgen_learning.env.environment import EnvironmentConfig, HandEnvironment
from dexgen_learning.env.randomization import NONE
from dexgen_learning.env.simulation import SimulationConfig
from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.paths import SHIPPED
from dexgen_learning.ppo.config import PpoConfig
from dexgen_learning.ppo.network import PolicyNetwork
from dexgen_learning.ppo.training import train, TrainConfig
from dexgen_learning.tasks.goal import GoalBook
import numpy as np
import pytest

HAND = load_hand('allegro_right')
CALM = EnvironmentConfig(randomization=NONE, wrist=WristConfig(speed=0.0))
pytestmark = pytest.mark.timeout(900)  # on first use Warp compiles for minutes
installed = pytest.mark.skipif(importlib.util.find_spec('mujoco_warp') is None,
                               reason='MuJoCo Warp is not installed')


def held(config: EnvironmentConfig, device: str, n: int = 4) -> HandEnvironment:
    """N cubes in shipped grasps."""
    cube, grasps = load_object('cube'), GraspSet.load(SHIPPED / 'grasps' / HAND.name / 'cube.npz')
    config = replace(config, simulation=SimulationConfig(device=device))
    env = HandEnvironment(HAND, [cube], n, config, seed=2)
    env.reset(np.arange(n), GoalBook([cube], [grasps]).start(np.arange(n)))
    return env


@pytest.mark.skipif(importlib.util.find_spec('mujoco_warp') is not None,
                    reason='MuJoCo Warp is installed')
def test_without_it_the_remedy_is_named():
    with pytest.raises(ValueError, match='make setup-gpu`, or leave out --device'):
        held(CALM, 'warp-cpu')


@installed
def test_it_moves_as_mujoco_does():
    here, there = held(CALM, 'cpu'), held(CALM, 'warp-cpu')
    start = here.sim.q.copy()
    wanted = here.sim.target + 0.1
    for _ in range(3):
        here.step(wanted)
        there.step(wanted)
    moved = np.abs(here.sim.q - start).max()
    assert moved > 0.05
    assert np.abs(here.sim.q - there.sim.q).max() < 0.1 * moved
    assert np.linalg.norm(here.sim.object_pos - there.sim.object_pos, axis=-1).max() < 2e-3


@installed
def test_each_simulation_has_its_own_mass_size_friction_and_gains():
    env = held(EnvironmentConfig(wrist=WristConfig(speed=0.0)), 'warp-cpu')
    group = env.sim.groups[0]
    device = {name: getattr(group.batch._m, name).numpy() for name in (
        'body_mass', 'geom_size', 'geom_friction', 'actuator_gainprm', 'body_subtreemass')}
    np.testing.assert_allclose(device['body_mass'][:, group.body], env.draw.object_mass, rtol=1e-6)
    np.testing.assert_allclose(device['body_subtreemass'][:, group.body], env.draw.object_mass,
                               rtol=1e-6)
    np.testing.assert_allclose(device['geom_friction'][:, 0, 0], env.draw.friction, rtol=1e-6)
    geom = group.object_geoms[0]
    np.testing.assert_allclose(device['geom_size'][:, geom, 0],
                               group.model.geom_size[geom, 0] * env.draw.object_scale, rtol=1e-6)
    np.testing.assert_allclose(device['actuator_gainprm'][:, 0, 0],
                               group.model.actuator_gainprm[0, 0] * env.draw.p_gain, rtol=1e-6)


@installed
def test_a_held_object_stays_held_and_one_left_alone_falls():
    env = held(CALM, 'warp-cpu')
    target = env.sim.target.copy()
    env.sim.groups[0].qpos[0, env.sim.groups[0].object_q.start] += 0.3
    for _ in range(5):
        env.step(target)
    assert env.dropped.tolist() == [True, False, False, False]
    falling = env.sim.object_vel[0, :3]
    np.testing.assert_allclose(falling, 0.5 * env.wrist.gravity[0], rtol=0.02, atol=0.02)


@installed
def test_not_a_number_stays_in_its_simulation():
    env, twin = held(CALM, 'warp-cpu'), held(CALM, 'warp-cpu')
    env.sim.groups[0].qvel[1, 0] = np.nan
    for each in (env, twin):
        each.step(each.sim.target.copy())
    assert env.failed.tolist() == [False, True, False, False]
    np.testing.assert_allclose(env.sim.q[[0, 2, 3]], twin.sim.q[[0, 2, 3]], atol=1e-5)


@installed
def test_a_policy_trains_and_resumes_on_it(tmp_path):
    pytest.importorskip('rsl_rl')
    config = TrainConfig(objects=('cube',), iterations=1, save_every=1, device='warp-cpu',
                         ppo=PpoConfig(environments=4, steps=2, hidden=(16,), mini_batches=1))
    train(config, tmp_path, SHIPPED / 'grasps')
    policy = train(replace(config, iterations=2), tmp_path, SHIPPED / 'grasps')
    header = PolicyNetwork.load(policy, HAND.name).config
    assert header['task']['environment']['simulation']['device'] == 'warp-cpu'
    assert header['iteration'] == 1
