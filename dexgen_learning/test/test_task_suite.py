"""The task suite: ways through grasps, the operator, the judge, whole trials."""

from dexgen_controller.checkpoint import random_checkpoint, save_checkpoint
from dexgen_controller.model_config import model_config
from dexgen_description import Kinematics, load_hand, load_object
from dexgen_learning.evaluation.dexgen_control import dexgen
from dexgen_learning.evaluation.laboratory import EvaluationConfig, Laboratory
from dexgen_learning.evaluation.rivals import Hold, Raw
from dexgen_learning.evaluation.tasks.course import Course
from dexgen_learning.evaluation.tasks.judge import Judge
from dexgen_learning.evaluation.tasks.manoeuvre import TASKS
from dexgen_learning.evaluation.tasks.operator import LATE, Operator, tip_shift, WRONG
from dexgen_learning.evaluation.tasks.route import Leg, Routes, TURN
from dexgen_learning.evaluation.tasks.row import flat, task_row
from dexgen_learning.evaluation.tasks.trials import Score, TaskJob
from dexgen_learning.tasks.anygrasp import AnygraspTask
import numpy as np
import pytest

HAND = load_hand('allegro_right')
KINEMATICS = Kinematics(HAND)
UP = np.array([0.0, 0.0, 1.0])


@pytest.fixture(scope='module')
def laboratory(tmp_path_factory) -> Laboratory:
    folder = tmp_path_factory.mktemp('controller')
    save_checkpoint(random_checkpoint(model_config('tiny'), HAND), folder)
    return Laboratory(EvaluationConfig(checkpoint=str(folder), size='quick', steps=2))


def still(laboratory: Laboratory, name: str, count: int = 4) -> AnygraspTask:
    task = laboratory.task([name], count)
    task.book.assign(task.goals, np.arange(count), task.start_row)
    task.measure()
    return task


def test_routes_lead_to_what_the_stage_asks_for(laboratory):
    grasps = laboratory.grasps('cube')
    routes = Routes(HAND, load_object('cube'), grasps)
    random = np.random.default_rng(0)
    for row, (leg,) in routes.starts(('reorient',), 5, random):
        assert TURN[0] <= routes._difference.rotation[row, leg.rows[-1]] <= TURN[1]
        hops = np.array([row, *leg.rows])
        assert routes._difference.position[hops[:-1], hops[1:]].max() < 0.05
    row, (first, second) = routes.starts(('regrasp', 'align'), 1, random)[0]
    assert second.rows == (first.rows[-1],)


def test_tips_are_off_by_what_is_asked():
    q = np.tile(HAND.pregrasp, (2, 1))
    move = np.random.default_rng(0).normal(size=(2, 4, 3))
    move *= 0.005 / np.linalg.norm(move, axis=-1, keepdims=True)
    shifted = KINEMATICS.fingertips(q + tip_shift(KINEMATICS, q, move)) - KINEMATICS.fingertips(q)
    assert (shifted * move).sum() / (move * move).sum() > 0.8


def test_the_operator_is_late_smooth_and_some_millimetres_wrong(laboratory):
    task = still(laboratory, 'cube')
    operator = Operator(task, [0, 0, 1, 1], seed=1)
    commands = np.stack([operator.command() for _ in range(40)])
    assert np.abs(np.diff(commands, axis=0)).max() < 0.25
    errors = KINEMATICS.fingertips(task.env.sim.q + operator._error())
    off = np.linalg.norm(errors - KINEMATICS.fingertips(task.env.sim.q), axis=-1)
    assert 0.6 * WRONG[0] < off.mean() < 1.4 * WRONG[1]


def test_what_the_operator_sees_is_old(laboratory):
    task = still(laboratory, 'cube')
    operator = Operator(task, [0] * 4, seed=1)
    operator._size[:] = 0.0
    task.goals.q += 0.5
    first = [operator.command() for _ in range(4)]
    start = task.env.sim.target
    late = round(LATE / task.env.dt)
    np.testing.assert_allclose(first[late - 1], np.clip(start, HAND.lower, HAND.upper))
    assert np.abs(first[late + 1] - start).max() > 1e-3


def test_trials_of_one_number_have_the_same_errors(laboratory):
    task = still(laboratory, 'cube')
    operator = Operator(task, [0, 1, 0, 1], seed=1)
    operator._task.env.sim.q[:] = HAND.pregrasp
    error = operator._error()
    np.testing.assert_allclose(error[0], error[2])
    assert np.abs(error[0] - error[1]).max() > 1e-3


def test_the_judge_sees_turns_and_what_is_reached(laboratory):
    task = still(laboratory, 'cube')
    judge = Judge(task, UP)
    assert judge.done(np.full(4, 'reorient')).all()
    assert not judge.done(np.full(4, 'turn')).any()
    half = 0.5 * 0.6
    task.env.sim.object_quat[:] = [1.0, 0.0, 0.0, 0.0]
    judge.begin(np.arange(4))
    task.env.sim.object_quat[:] = [np.cos(half), 0.0, 0.0, np.sin(half)]
    assert judge.turned() == pytest.approx(np.full(4, 0.6))
    assert judge.done(np.full(4, 'turn')).all()


def test_a_course_goes_from_grasp_to_grasp_and_ends(laboratory):
    task = still(laboratory, 'cube')
    here = [int(row) for row in task.start_row]
    legs = [[Leg('reorient', (row, row)), Leg('turn', (row,))] for row in here]
    course = Course(task, legs, UP)
    alive = np.array([True, True, True, False])
    course.advance(alive)
    assert course.stage.tolist() == [0, 0, 0, 0]
    course.advance(alive)
    assert course.stage.tolist() == [1, 1, 1, 0]
    assert course.mode.tolist() == ['precision_rotation'] * 3 + ['default']
    assert np.abs(task.goals.target[:3] - task.env.sim.target[:3]).max() > 1e-3
    assert not course.finished.any()


def test_every_task_names_an_object_and_a_wrist_that_there_is(laboratory):
    for task in TASKS.values():
        assert load_object(task.object_name).name == task.object_name
        assert task.wrist in ('palm_up', 'palm_down', 'sideways')
    assert len(TASKS) == 10


def test_all_controls_play_the_same_trials(laboratory):
    controls = (Raw(), Hold(), dexgen(1.0, laboratory.sampling))
    raw, hold, ours = TaskJob('regrasp_ball', controls).perform(laboratory)
    assert hold.success == 0.0
    assert 0.3 < hold.time_to_fall <= 1.0
    assert raw.success > 0.0
    assert ours.family == 'dexgen' and 0.0 <= ours.time_to_fall <= 1.0


def test_the_best_rival_has_most_successes_then_falls_last():
    scores = [
        Score('raw', 'raw', (0.2,), 0.5),
        Score('a', 'shrink', (0.4,), 0.6),
        Score('b', 'shrink', (0.4,), 0.7),
        Score('dexgen 1', 'dexgen', (0.9, 0.6), 0.9),
    ]
    row = task_row(scores)
    assert row['best_control']['control'] == 'b'
    assert row['dexgen']['success'] == 0.6
    assert flat(row)['dexgen: stages'] == '0.90, 0.60'
    assert task_row(scores[:3])['dexgen'] is None
