"""The course of trials: which grasp comes next, which stage each environment is in."""

from collections.abc import Sequence

import numpy as np

from dexgen_learning.env import quaternion
from dexgen_learning.evaluation.behaviours import reaching
from dexgen_learning.evaluation.tasks.judge import Judge, thumb
from dexgen_learning.evaluation.tasks.route import Leg
from dexgen_learning.grasps.reach import reach
from dexgen_learning.tasks.anygrasp import AnygraspTask

PATIENCE = 2.0
"""A grasp on the way is left after this time [s]."""
STEP = 0.25
"""Angle of one goal of `turn` [rad]."""
PUSH = 0.025
"""How far `press` sends the thumb [m]."""


class Course:
    """Leads every environment from grasp to grasp, stage to stage.

    Args:
      task: environments of one object.
      legs: of each environment, one a stage.
      axis: (3,) of the tool, in the object's frame.
    """

    def __init__(self, task: AnygraspTask, legs: Sequence[Sequence[Leg]], axis: np.ndarray):
        self._task, self._legs, self._axis = task, legs, np.asarray(axis, float)
        self.judge = Judge(task, axis)
        self.stage = np.zeros(task.n, int)
        self.stages = len(legs[0])
        self._names = np.array([leg.stage for leg in legs[0]] + [''])
        self._place = np.zeros(task.n, int)
        self._waited = np.zeros(task.n)
        self._send(np.arange(task.n))

    @property
    def finished(self) -> np.ndarray:
        """(n,) whether the last stage is done."""
        return self.stage == self.stages

    @property
    def mode(self) -> np.ndarray:
        """(n,) label of the data that each environment's stage asks for."""
        turning = self._names[self.stage] == 'turn'
        return np.where(turning, 'precision_rotation', 'default')

    def advance(self, alive: np.ndarray) -> None:
        """After a step: judge the environments `alive` (n,), send them on."""
        self._waited += self._task.env.dt
        active = alive & ~self.finished
        last = np.array([self._place[i] == len(self._leg(i).rows) - 1 for i in range(len(alive))])
        done = active & last & self.judge.done(self._names[self.stage])
        near = active & ~last & (self.judge.near() | (self._waited > PATIENCE))
        again = active & last & ~done & (self._names[self.stage] == 'turn') & (self._waited > 1.0)
        self.stage[done] += 1
        self._place[done] = 0
        self._place[near] += 1
        self.judge.begin(np.flatnonzero(done))
        self._send(np.flatnonzero((done & ~self.finished) | near | again))

    def _leg(self, i: int) -> Leg:
        return self._legs[i][min(self.stage[i], self.stages - 1)]

    def _send(self, ids: np.ndarray) -> None:
        """Give the environments `ids` the goals of their places."""
        if len(ids) == 0:
            return
        task = self._task
        rows = np.array([self._leg(i).rows[self._place[i]] for i in ids])
        names = self._names[self.stage[ids]]
        moving = np.isin(names, ('turn', 'press'))
        task.book.assign(task.goals, ids[~moving], rows[~moving])
        self._turn(ids[names == 'turn'])
        self._press(ids[names == 'press'])
        self._waited[ids] = 0.0
        task.measure()

    def _here(self, ids: np.ndarray) -> None:
        task, sim = self._task, self._task.env.sim
        for name in ('q', 'target', 'object_pos', 'object_quat'):
            getattr(task.goals, name)[ids] = getattr(sim, name)[ids]

    def _turn(self, ids: np.ndarray) -> None:
        """The object a little further about its own axis: the fingertips that touch follow."""
        if len(ids) == 0:
            return
        self._here(ids)
        task, sim = self._task, self._task.env.sim
        axis = quaternion.rotate(sim.object_quat[ids], self._axis)
        turn = quaternion.from_rotation_vector(STEP * axis)
        center, q = sim.object_pos[ids][:, None], sim.q[ids]
        tips = task.env.kinematics.fingertips(q)
        points = center + quaternion.rotate(turn[:, None], tips - center)
        used = np.ones(points.shape[:2], bool)
        moved = reach(task.env.kinematics, q, points, used, iterations=4, posture=0.0)[0]
        hand = task.hand
        target = np.clip(sim.target[ids] + moved - q, hand.lower, hand.upper)
        task.goals.q[ids], task.goals.target[ids] = moved, target
        task.goals.object_quat[ids] = quaternion.multiply(turn, sim.object_quat[ids])

    def _press(self, ids: np.ndarray) -> None:
        """The thumb goes along the tool's axis, the others stay."""
        if len(ids) == 0:
            return
        self._here(ids)
        task, sim = self._task, self._task.env.sim
        move = PUSH * quaternion.rotate(sim.object_quat[ids], self._axis)
        finger = np.full(len(ids), thumb(task.hand))
        target = reaching(task.env.kinematics, sim.target[ids], finger, move)
        task.goals.q[ids] += target - sim.target[ids]
        task.goals.target[ids] = target
