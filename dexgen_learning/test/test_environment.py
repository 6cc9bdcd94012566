"""Physics and determinism of the batched environment."""

from dataclasses import replace

from dexgen_description import load_hand, load_object
from dexgen_learning.env.disturbance import Wrist, WristConfig
from dexgen_learning.env.environment import EnvironmentConfig, HandEnvironment, Start
from dexgen_learning.env.quaternion import IDENTITY
from dexgen_learning.env.randomization import NONE
from dexgen_learning.env.simulation import SimulationConfig
from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.paths import SHIPPED
import mujoco
import numpy as np
import pytest

HAND = load_hand('allegro_right')
CALM = EnvironmentConfig(randomization=NONE, wrist=WristConfig(speed=0.0))


def held(n: int, config: EnvironmentConfig, seed: int = 0, rows=None) -> HandEnvironment:
    """N cubes held in shipped grasps."""
    grasps = GraspSet.load(SHIPPED / 'grasps' / HAND.name / 'cube.npz', HAND.name)
    rows = np.arange(n) if rows is None else rows
    env = HandEnvironment(HAND, [load_object('cube')], n, config, seed)
    env.reset(np.arange(n), Start(grasps.q[rows], grasps.target[rows], grasps.object_pos[rows],
                                  grasps.object_quat[rows]))
    return env


def run(env: HandEnvironment, steps: int) -> np.ndarray:
    target = env.sim.target.copy()
    dropped = np.zeros(env.n, dtype=bool)
    for _ in range(steps):
        env.step(target)
        dropped |= env.dropped
    return dropped


def test_a_held_object_stays_held():
    assert not run(held(12, CALM), 30).any()


def test_a_held_object_does_not_creep():
    env = held(12, CALM)
    run(env, 30)
    before = env.sim.object_pos.copy()
    run(env, 50)
    moved = np.linalg.norm(env.sim.object_pos - before, axis=-1)
    assert np.median(moved) < 1e-3  # creeping contacts let it slide by 5 mm in these 5 s


def test_same_seed_same_bytes():
    states = []
    for _ in range(2):
        env = held(6, EnvironmentConfig(), seed=5)
        run(env, 10)
        states.append(env.sim.groups[0].batch.state.tobytes()
                      + env.observed_history()[0].tobytes())
    assert states[0] == states[1]


def test_threads_do_not_change_a_byte():
    states = []
    for threads in (1, 2):
        config = replace(EnvironmentConfig(), simulation=SimulationConfig(threads=threads))
        env = held(6, config, seed=5)
        run(env, 5)
        states.append(env.sim.groups[0].batch.state.tobytes())
    assert states[0] == states[1]


def test_another_seed_is_another_run():
    a, b = held(4, EnvironmentConfig(), 1), held(4, EnvironmentConfig(), 2)
    run(a, 3)
    run(b, 3)
    assert not np.allclose(a.sim.q, b.sim.q)


def test_energy_of_a_hand_at_rest_does_not_grow():
    env = HandEnvironment(HAND, [load_object('cube')], 1, CALM, 0)
    env.reset(np.arange(1), Start(HAND.rest[None], HAND.rest[None],
                                  HAND.palm_center[None] + [0.5, 0, 0], IDENTITY[None]))
    run(env, 20)
    model = env.sim.groups[0].batch.get_model(0)
    model.opt.enableflags |= mujoco.mjtEnableBit.mjENBL_ENERGY
    energies = []
    for _ in range(20):
        run(env, 1)
        data = env.sim.groups[0].batch.get_data(0)
        energies.append(0.5 * float(np.sum(data.qvel[:16]**2)))
    assert max(energies) < 1e-10


def test_not_a_number_in_one_environment_harms_no_other():
    env, twin = held(4, CALM), held(4, CALM)
    env.sim.groups[0].qpos[2, 3] = np.nan
    target = twin.sim.target.copy()
    for _ in range(3):
        env.step(target)
        twin.step(target)
    others = [0, 1, 3]
    assert env.failures >= 1
    np.testing.assert_array_equal(env.sim.q[others], twin.sim.q[others])
    assert np.isfinite(env.sim.q).all()


def test_a_failed_environment_counts_as_dropped_until_reset():
    env = held(3, CALM)
    env.sim.groups[0].qvel[1, 0] = np.inf
    env.step(env.sim.target.copy())
    assert env.failed.tolist() == [False, True, False] and env.dropped[1]
    q = np.tile(HAND.rest, (1, 1))
    env.reset(np.array([1]), Start(q, q, HAND.palm_center[None], IDENTITY[None]))
    assert not env.failed.any() and np.isfinite(env.sim.q).all()


def test_an_object_far_away_is_dropped():
    env = held(2, CALM)
    group = env.sim.groups[0]
    group.qpos[0, group.object_q.start] += 0.2
    env.step(env.sim.target.copy())
    assert env.dropped.tolist() == [True, False]


def test_targets_obey_the_gate():
    env = held(3, CALM)
    before = env.sim.target.copy()
    env.step(np.tile(HAND.upper + 5.0, (3, 1)))
    limits = env.sim.limits
    assert (env.sim.target <= limits.upper + 1e-9).all() and env.sim.clamped.all()
    assert (np.abs(env.sim.target - before) <= limits.velocity * 0.1 + 1e-9).all()


def test_the_wrist_turns_gravity_smoothly():
    wrist, rng = Wrist(64, WristConfig(speed=0.3)), np.random.default_rng(0)
    wrist.reset(np.arange(64), rng)
    before = wrist.gravity.copy()
    wrist.step(0.1, rng)
    turned = np.arccos(np.clip(np.sum(before * wrist.gravity, -1) / 9.81**2, -1, 1))
    assert 0.0 < turned.max() < 0.15
    np.testing.assert_allclose(np.linalg.norm(wrist.gravity, axis=-1), 9.81, rtol=1e-6)


def test_fictitious_accelerations_of_a_turning_hand():
    wrist = Wrist(1, WristConfig(speed=0.0))
    wrist.velocity[:] = [0.0, 0.0, 2.0]
    arm, still = np.array([[0.3, 0.0, 0.0]]), np.zeros((1, 3))
    np.testing.assert_allclose(wrist.inertial_acceleration(arm, still), [[1.2, 0.0, 0.0]])
    np.testing.assert_allclose(wrist.inertial_acceleration(still, np.array([[0.5, 0.0, 0.0]])),
                               [[0.0, -2.0, 0.0]])
    wrist.velocity[:], wrist.acceleration[:] = 0.0, [0.0, 0.0, 1.0]
    np.testing.assert_allclose(wrist.inertial_acceleration(arm, still), [[0.0, -0.3, 0.0]])


def test_inertial_forces_are_an_option():
    falls = []
    for inertial in (False, True):
        config = replace(CALM, wrist=WristConfig(speed=1.0, inertial_forces=inertial))
        env = held(4, config, seed=4)
        group = env.sim.groups[0]
        group.qpos[:, group.object_q.start] += 0.5
        env.sim.read()
        start = env.sim.object_pos.copy()
        env.step(env.sim.target.copy())
        falls.append(env.sim.object_vel[:, :3].copy())
    expected = env.dt * env.wrist.inertial_acceleration(start, np.zeros_like(start))
    assert np.abs(expected).max() > 0.02
    np.testing.assert_allclose(falls[1] - falls[0], expected, atol=0.002)


def test_the_control_rate_is_a_setting():
    ends = []
    for rate in (10.0, 20.0):
        env = held(3, replace(CALM, simulation=SimulationConfig(control_rate=rate)))
        target = env.sim.target + 0.1
        for _ in range(round(0.4 * rate)):
            env.step(target)
        assert env.dt == 1.0 / rate and np.allclose(env.time, 0.4)
        ends.append(env.sim.q.copy())
    assert np.abs(ends[0] - ends[1]).max() < 0.02


def test_a_rate_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match='whole number'):
        SimulationConfig(control_rate=30.0).substeps  # noqa: B018
