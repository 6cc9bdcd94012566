"""Tasks: goals, rewards, observations, experts."""

from dataclasses import replace

from dexgen_description import load_hand, load_object
from dexgen_learning.env.disturbance import WristConfig
from dexgen_learning.env.environment import EnvironmentConfig
from dexgen_learning.env.randomization import NONE
from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.paths import SHIPPED
from dexgen_learning.scoring.interval import poisson_interval, ratio_interval, time_between
from dexgen_learning.scoring.score import holding, interpolating, score
from dexgen_learning.tasks.anygrasp import AnygraspConfig, AnygraspTask
from dexgen_learning.tasks.reward import Effort, effort_reward, goal_reward, RewardWeights, STYLES
from dexgen_learning.tasks.wander import WanderTask
import numpy as np
import pytest

HAND = load_hand('allegro_right')
CALM = EnvironmentConfig(randomization=NONE, wrist=WristConfig(speed=0.0))


def task(n: int = 8, config: AnygraspConfig | None = None, seed: int = 0) -> AnygraspTask:
    grasps = GraspSet.load(SHIPPED / 'grasps' / HAND.name / 'cube.npz')
    return AnygraspTask(HAND, [load_object('cube')], [grasps], n, config, seed)


def test_interpolation_reaches_some_goals_in_the_calm_scene():
    school = task(16, AnygraspConfig(environment=CALM))
    reached = sum(int(school.step(np.zeros((16, 16))).success.sum()) for _ in range(40))
    assert reached >= 3


def test_a_reached_goal_is_replaced_by_one_outside_the_tolerance():
    school = task(4, AnygraspConfig(environment=CALM))
    sim, goals = school.env.sim, school.goals
    goals.q[:] = sim.q
    goals.object_pos[:], goals.object_quat[:] = sim.object_pos, sim.object_quat
    goals.target[:] = sim.target
    school.measure()
    outcome = school.step(np.zeros((4, 16)))
    assert outcome.success.all() and (outcome.reward > 3.0).all()
    assert (school.distance >= school.config.goal.nearest - 0.5).all()
    assert (school.goal_time == 0.0).all()


def test_a_drop_costs_and_starts_anew():
    school = task(3, AnygraspConfig(environment=CALM))
    group = school.env.sim.groups[0]
    group.qpos[1, group.object_q.start] += 0.3
    outcome = school.step(np.zeros((3, 16)))
    assert outcome.dropped.tolist() == [False, True, False] and outcome.reward[1] < -8.0
    assert not school.env.dropped.any() and school.env.time[1] == 0.0


def test_an_episode_ends_without_penalty():
    school = task(2, AnygraspConfig(environment=CALM, episode_s=0.3))
    outcomes = [school.step(np.zeros((2, 16))) for _ in range(3)]
    assert outcomes[-1].timeout.all() and not outcomes[-1].dropped.any()


def test_the_action_is_bounded():
    school = task(2, AnygraspConfig(environment=CALM))
    before = school.env.sim.target.copy()
    school.step(np.full((2, 16), 1e6))
    assert np.abs(school.env.sim.target - before).max() <= 0.2 + 1e-9


def test_observations_are_finite_and_the_same_for_a_seed():
    first, second = task(4, seed=3), task(4, seed=3)
    for school in (first, second):
        school.step(np.zeros((4, 16)))
    np.testing.assert_array_equal(first.actor_observation(), second.actor_observation())
    assert np.isfinite(first.critic_observation()).all()
    assert first.actor_observation().dtype == np.float32


def test_goal_reward_terms():
    weights = RewardWeights(progress=2.0, success=5.0, drop=-7.0)
    yes, no = np.array([True]), np.array([False])
    one, half = np.array([1.0]), np.array([0.5])
    assert goal_reward(weights, one, half, no, no) == pytest.approx(1.0)
    assert goal_reward(weights, one, half, yes, no) == pytest.approx(6.0)
    assert goal_reward(weights, one, half, no, yes) == pytest.approx(-7.0)


@pytest.mark.parametrize('term', ['tip_speed', 'action', 'torque', 'work'])
def test_each_effort_term_costs(term):
    none = RewardWeights(tip_speed=0, action=0, torque=0, work=0)
    ones = np.ones((1, 16))
    effort = Effort(np.full((1, 4), 0.1), ones, 0.5 * ones, np.ones(16), ones, 0.1)
    assert effort_reward(none, effort)[0] == 0.0
    assert effort_reward(replace(none, **{term: -1.0}), effort)[0] < -0.1


def test_styles_differ_in_how_they_pay_for_speed():
    assert STYLES['slow'].tip_speed < STYLES['default'].tip_speed < STYLES['fast'].tip_speed


def test_holding_beats_a_fast_interpolation_between_drops_and_scores_add_up():
    config = AnygraspConfig(environment=CALM)
    held = score(task(8, config), holding(), 0.5, 3.0)
    moved = score(task(8, config), interpolating(0.3), 0.5, 3.0)
    assert held.drops <= moved.drops and held.seconds == pytest.approx(24.0)
    assert moved.goals >= held.goals


def test_intervals():
    low, high = poisson_interval(10)
    assert low == pytest.approx(4.795, abs=0.01) and high == pytest.approx(18.39, abs=0.01)
    mean, (low, high) = time_between(100.0, 0)
    assert mean == low == pytest.approx(100.0 / 3.689, rel=1e-3) and high == float('inf')
    low, high = ratio_interval((100.0, 50), (100.0, 100))
    assert low < 2.0 < high


def wander_task(n: int = 12) -> WanderTask:
    grasps = GraspSet.load(SHIPPED / 'grasps' / HAND.name / 'cube.npz')
    return WanderTask(HAND, [load_object('cube')], [grasps], n, AnygraspConfig(environment=CALM))


def test_wandering_moves_free_fingers_farther_than_loaded_ones():
    school = wander_task(40)
    ids, far = np.arange(40), {True: [], False: []}
    for _ in range(10):
        loaded = school.loaded(ids)
        school.new_goals(ids)
        away = np.abs(school.goals.target - school.center.target)
        for f, finger in enumerate(HAND.fingers):
            joints = HAND.joint_indices(finger)
            for value in (True, False):
                far[value].append(away[np.ix_(loaded[:, f] == value, joints)].ravel())
    assert np.concatenate(far[True]).mean() < 0.5 * np.concatenate(far[False]).mean()


def test_a_hand_that_wanders_holds_the_object_longer_than_two_seconds():
    school = wander_task()
    drops = sum(int(school.step_target(school.servoed()).dropped.sum()) for _ in range(20))
    assert drops <= 6
    assert (np.linalg.norm(school.position_error, axis=-1) < 0.04).mean() > 0.8
