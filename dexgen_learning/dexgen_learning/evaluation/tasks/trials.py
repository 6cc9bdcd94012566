"""Trials of a task: every control plays the same ones, side by side."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from dexgen_description import load_object
from dexgen_sim_bridge.wrist import wrist_orientation
import numpy as np

from dexgen_learning.env.disturbance import WristConfig
from dexgen_learning.env.environment import EnvironmentConfig
from dexgen_learning.evaluation.dexgen_control import Learned
from dexgen_learning.evaluation.laboratory import Laboratory
from dexgen_learning.evaluation.run import shares
from dexgen_learning.evaluation.situation import Control, Situation
from dexgen_learning.evaluation.tasks.course import Course
from dexgen_learning.evaluation.tasks.manoeuvre import Manoeuvre, TASKS
from dexgen_learning.evaluation.tasks.operator import Operator
from dexgen_learning.evaluation.tasks.route import Routes
from dexgen_learning.tasks.anygrasp import AnygraspConfig, AnygraspTask


class Score(NamedTuple):
    """How a control did in a task.

    Attributes:
      control, family: names.
      stages: share of the trials in which each stage, and all before it, were done.
      time_to_fall: mean share of the episode until the object fell; 1 where the task was done or
        the object never fell.
    """

    control: str
    family: str
    stages: tuple[float, ...]
    time_to_fall: float

    @property
    def success(self) -> float:
        """Share of the trials in which the last stage was done."""
        return self.stages[-1]


@dataclass(frozen=True)
class TaskJob:
    """One task by several controls.

    Attributes:
      name: of TASKS.
      controls: what is evaluated.
    """

    name: str
    controls: tuple[Control | Learned, ...]

    def perform(self, laboratory: Laboratory) -> list[Score]:
        """A score for each control."""
        manoeuvre, count = TASKS[self.name], laboratory.size.trials
        task = _environments(laboratory, manoeuvre, count * len(self.controls))
        random = np.random.default_rng(laboratory.seed)
        routes = Routes(laboratory.hand, task.book.objects[0], task.book.sets[0])
        starts = routes.starts(manoeuvre.stages, count, random)
        rows = shares(task, len(self.controls))
        trial = np.arange(task.n) % count
        task.env.reset(np.arange(task.n), task.book.start(np.array([s[0] for s in starts])[trial]))
        axis = task.book.objects[0].symmetry.axis
        course = Course(task, [starts[k][1] for k in trial], _axis(axis))
        operator = Operator(task, trial, laboratory.seed)
        controls = [laboratory.control(spec, count) for spec in self.controls]
        fallen = _play(task, course, operator, list(zip(controls, rows, strict=True)), manoeuvre)
        return [
            Score(
                control.name,
                control.family,
                tuple(float((course.stage[own] > k).mean()) for k in range(course.stages)),
                float((fallen[own] / manoeuvre.seconds).mean()),
            )
            for control, own in zip(controls, rows, strict=True)
        ]


def _axis(axis) -> np.ndarray:
    return np.array([0.0, 0.0, 1.0]) if axis is None else np.asarray(axis, float)


def _environments(laboratory: Laboratory, manoeuvre: Manoeuvre, count: int) -> AnygraspTask:
    """The school's randomisation; the wrist at rest, no kicks, as on a table."""
    quat = wrist_orientation(manoeuvre.wrist, laboratory.hand.side)
    wrist = WristConfig(speed=0.0, random_start=False, start=tuple(quat))
    table = replace(laboratory.protocol.randomization(), force_probability=0.0)
    config = AnygraspConfig(environment=EnvironmentConfig(randomization=table, wrist=wrist))
    model, grasps = load_object(manoeuvre.object_name), laboratory.grasps(manoeuvre.object_name)
    return AnygraspTask(laboratory.hand, [model], [grasps], count, config, laboratory.seed)


def _play(task, course: Course, operator: Operator, shared, manoeuvre: Manoeuvre) -> np.ndarray:
    """When the object fell in each trial, (n,) [s]; the whole time where it did not."""
    env = task.env
    grasp = env.sim.target.copy()
    alive = np.ones(task.n, bool)
    fallen = np.full(task.n, manoeuvre.seconds)
    fresh = np.ones(task.n, bool)
    for step in range(round(manoeuvre.seconds / env.dt)):
        raw = operator.command()
        positions, targets = env.observed_history()
        whole = Situation(
            env.sim.target.copy(), grasp, raw, env.kinematics.keypoints(raw), False, fresh,
            positions, targets, env.dt, course.mode,
        )  # fmt: skip
        wanted = np.empty_like(raw)
        for control, rows in shared:
            wanted[rows] = control.wanted(whole.take(rows))
        task.step_target(wanted, auto=False, limit=None)
        fresh = np.zeros(task.n, bool)
        lost = alive & ~course.finished & env.dropped
        fallen[lost] = (step + 1) * env.dt
        alive &= ~lost
        course.advance(alive)
        if not (alive & ~course.finished).any():
            break
    return fallen
