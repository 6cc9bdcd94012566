"""Every row of the randomisation table changes what it should, and nothing else."""

from dataclasses import replace

from dexgen_description import load_hand, load_object
from dexgen_learning.env.disturbance import WristConfig
from dexgen_learning.env.environment import EnvironmentConfig, HandEnvironment, Start
from dexgen_learning.env.quaternion import IDENTITY
from dexgen_learning.env.randomization import draw, NONE, Randomization, Span
import numpy as np
import pytest

HAND = load_hand('allegro_right')
N = 8


def environment(**rows) -> HandEnvironment:
    """N hands with a cube far in front of the palm, one row of the table as given."""
    config = EnvironmentConfig(randomization=replace(NONE, **rows),
                               wrist=WristConfig(speed=0.0, random_start=False))
    env = HandEnvironment(HAND, [load_object('cube')], N, config, seed=3)
    env.reset(np.arange(N), Start(
        np.tile(HAND.rest, (N, 1)), np.tile(HAND.rest, (N, 1)),
        np.tile(HAND.palm_center + [0.3, 0.0, 0.0], (N, 1)), np.tile(IDENTITY, (N, 1))))
    return env


def stay(env: HandEnvironment, steps: int = 1) -> None:
    for _ in range(steps):
        env.step(np.tile(HAND.rest, (N, 1)))


def spread(values: np.ndarray) -> float:
    return float(np.ptp(values, axis=0).max())


def test_nothing_is_random_without_rows():
    env = environment()
    stay(env, 3)
    assert spread(env.sim.q) == 0.0 and spread(env.sim.object_pos) == 0.0
    assert spread(env.observed_history()[0]) == 0.0


def test_object_mass():
    env = environment(object_mass=Span(0.03, 0.25))
    group = env.sim.groups[0]
    mass = group.mass[:, group.body]
    assert spread(mass) > 0.02 and mass.min() >= 0.03 and mass.max() <= 0.25
    ratio = group.inertia[:, group.body, 0] / mass
    np.testing.assert_allclose(ratio, ratio[0])


def test_friction_of_object_and_hand():
    env = environment(friction=Span(0.5, 1.2))
    friction = env.sim.groups[0].friction[:, :, 0]
    assert spread(friction[:, 0]) > 0.05
    np.testing.assert_allclose(friction, friction[:, :1] * np.ones_like(friction))


def test_object_scale_moves_the_bounds_too():
    env = environment(object_scale=Span(0.95, 1.05))
    group = env.sim.groups[0]
    geom = group.object_geoms[0]
    scale = group.geom_size[:, geom] / group.model.geom_size[geom]
    assert spread(scale) > 0.01
    np.testing.assert_allclose(scale[:, 0], env.draw.object_scale)
    bounds = group.batch.expand('geom_rbound')[:, geom] / group.model.geom_rbound[geom]
    np.testing.assert_allclose(bounds, env.draw.object_scale, rtol=1e-6)


def test_initial_joint_noise():
    env = environment(initial_joint=Span(-0.05, 0.05))
    away = env.sim.q - HAND.rest
    assert spread(env.sim.q) > 0.02 and np.abs(away).max() <= 0.05 + 1e-9


def test_p_gain_changes_the_sag():
    env = environment(p_gain=Span(0.2, 2.0))
    stay(env, 10)
    sag = np.abs(env.sim.q - HAND.rest).max(axis=1)
    assert np.argmax(sag) == np.argmin(env.draw.p_gain)
    assert sag.max() > 1.5 * sag.min()


def test_d_gain_changes_the_approach():
    env = environment(d_gain=Span(0.3, 3.0))
    env.step(np.tile(HAND.rest, (N, 1)) + 0.3)
    assert np.argmin(env.draw.d_gain) != np.argmax(env.draw.d_gain)
    assert spread(env.sim.qd) > 0.01


@pytest.mark.parametrize('scale', [1.0, 2.0])
def test_random_force_accelerates_the_object(scale):
    env = environment(force_scale=(scale,), force_probability=1.0)
    stay(env)
    acceleration = env.kicks.force / env.draw.object_mass[:, None]
    assert 0.3 * scale < acceleration.std() < 2.0 * scale
    fall = env.sim.object_vel[:, :3] - 0.1 * env.wrist.gravity
    np.testing.assert_allclose(fall, 0.1 * acceleration, atol=2e-3)


def test_force_probability_and_decay():
    env = environment(force_scale=(2.0,), force_probability=0.2, force_decay=0.5)
    changed = 0
    for _ in range(50):
        before = env.kicks.force.copy()
        stay(env)
        changed += int((~np.isclose(env.kicks.force, 0.5 * before).all(axis=1)).sum())
    assert 0.1 < changed / (50 * N) < 0.3


def test_white_joint_noise():
    env = environment(joint_noise_white=0.025)
    stay(env)
    noise = env.observed_history()[0][:, -1] - env.sim.q
    assert 0.018 < noise.std() < 0.032
    assert spread(env.sim.q) == 0.0


def test_episode_joint_noise_is_constant_in_an_episode():
    env = environment(joint_noise_episode=0.005)
    stay(env)
    first = env.observed_history()[0][:, -1] - env.sim.q
    stay(env)
    second = env.observed_history()[0][:, -1] - env.sim.q
    assert 0.003 < first.std() < 0.008
    np.testing.assert_allclose(first, second, atol=1e-12)


def test_action_noise():
    env = environment(action_noise=0.05)
    stay(env)
    away = env.wanted - HAND.rest
    assert 0.006 < away.std() < 0.015


def test_observation_delay_shows_the_past():
    env = environment(observation_delay=3)
    stay(env, 2)
    env.step(np.tile(HAND.rest, (N, 1)) + 0.2)
    target = env.observed_history()[1][:, -1]
    late = env.draw.observation_delay > 0
    assert late.any() and not late.all()
    np.testing.assert_allclose(target[late], np.tile(HAND.rest, (int(late.sum()), 1)), atol=0.03)
    assert (np.abs(target[~late] - HAND.rest).max(axis=1) > 0.05).all()


def test_action_delay_moves_later():
    env = environment(action_delay=0.1)
    env.step(np.tile(HAND.rest, (N, 1)) + 0.3)
    moved = (env.sim.q - HAND.rest).max(axis=1)
    assert np.argmax(moved) != np.argmax(env.draw.action_delay)
    assert np.corrcoef(moved, env.draw.action_delay)[0, 1] < -0.8


def test_the_table_is_the_papers():
    rows = draw(Randomization(), np.random.default_rng(0), 4000, 16)
    assert 0.03 <= rows.object_mass.min() < 0.05 and 0.23 < rows.object_mass.max() <= 0.25
    assert rows.friction.min() >= 0.5 and rows.friction.max() <= 1.2
    assert set(np.unique(rows.force_scale)) == {1.0, 2.0}


def test_a_span_the_wrong_way_round_is_refused():
    with pytest.raises(ValueError, match='swap'):
        Span(2.0, 1.0)
