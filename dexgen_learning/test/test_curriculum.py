"""Nearer goals first, never inside the tolerance."""

from dexgen_description import load_hand, load_object
from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.grasps.metric import Metric
from dexgen_learning.paths import SHIPPED
from dexgen_learning.tasks import snapshot
from dexgen_learning.tasks.anygrasp import AnygraspConfig, AnygraspTask
from dexgen_learning.tasks.curriculum import CurriculumConfig
from dexgen_learning.tasks.goal import GoalConfig
import numpy as np
import pytest

HAND = load_hand('allegro_right')
CURRICULUM = CurriculumConfig(first=1.3, up=0.25, down=0.5)


def task(curriculum: CurriculumConfig, n: int = 24) -> AnygraspTask:
    grasps = GraspSet.load(SHIPPED / 'grasps' / HAND.name / 'cube.npz')
    config = AnygraspConfig(curriculum=curriculum)
    return AnygraspTask(HAND, [load_object('cube')], [grasps], n, config, seed=1)


def test_first_goals_are_nearer_but_outside_the_tolerance():
    near, far = task(CURRICULUM), task(CurriculumConfig())
    inside = GoalConfig().tolerance.feature_distance(Metric())
    assert near.distance.mean() < far.distance.mean()
    assert near.distance.min() >= CURRICULUM.first - 0.5 > inside - 0.5
    assert far.distance.min() >= GoalConfig().nearest - 0.5


def test_goals_move_away_with_success_and_back_with_misses():
    level = CURRICULUM.moved(np.array([0.0, 0.9, 0.2, 1.0]), np.array([1, 1, 0, 0], bool),
                             np.array([0, 0, 1, 1], bool))
    np.testing.assert_allclose(level, [0.25, 1.0, 0.0, 0.5])
    goal = GoalConfig()
    np.testing.assert_allclose(CURRICULUM.nearest(goal, np.array([0.0, 1.0])), [1.3, goal.nearest])


def test_a_reached_goal_raises_the_level_and_survives_a_snapshot():
    school = task(CURRICULUM, 3)
    sim, goals = school.env.sim, school.goals
    goals.q[:2], goals.target[:2] = sim.q[:2], sim.target[:2]
    goals.object_pos[:2], goals.object_quat[:2] = sim.object_pos[:2], sim.object_quat[:2]
    school.measure()
    outcome = school.step(np.zeros((3, 16)))
    np.testing.assert_allclose(school.level, 0.25 * outcome.success)
    assert outcome.success[:2].any()
    twin = task(CURRICULUM, 3)
    snapshot.put(twin, snapshot.take(school))
    np.testing.assert_array_equal(twin.level, school.level)


@pytest.mark.parametrize('first', [0.5, 9.0])
def test_a_curriculum_inside_the_tolerance_or_beyond_the_task_is_refused(first):
    with pytest.raises(ValueError, match='success tolerance .* or 0 for none'):
        task(CurriculumConfig(first=first), 2)
