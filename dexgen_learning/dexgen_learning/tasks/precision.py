"""Fine rotation (precision mode): turn the held object by small steps about one axis."""

import numpy as np

from dexgen_learning.env import quaternion
from dexgen_learning.grasps.reach import reach
from dexgen_learning.tasks.anygrasp import AnygraspTask

STEP = (0.1, 0.3)
"""Range of the angle of one goal [rad]."""


class PrecisionTask(AnygraspTask):
    """Goals turn the object a little further about an axis that an episode keeps.

    The stored target of such a goal lets the fingertips follow the turn (inverse kinematics), so
    that interpolation is an expert here too. Symmetry does not count: a screwdriver that turned
    about its own axis has turned.
    """

    symmetric = False

    def reset(self, ids: np.ndarray) -> None:
        """Random grasps and axes: mostly the object's own z axis, either way."""
        if len(ids) == 0:
            return
        if not hasattr(self, 'axis'):
            self.axis = np.tile([0.0, 0.0, 1.0], (self.n, 1))
        axis = self.rng.normal(size=(len(ids), 3))
        own = self.rng.random(len(ids)) < 0.7
        axis[own] = np.array([0.0, 0.0, 1.0]) * self.rng.choice([-1.0, 1.0], (int(own.sum()), 1))
        self.axis[ids] = axis / np.linalg.norm(axis, axis=-1, keepdims=True)
        super().reset(ids)

    def new_goals(self, ids: np.ndarray, nearest: float | None = None) -> None:
        """The next small turn of the objects in environments `ids`."""
        if len(ids) == 0:
            return
        sim, kinematics = self.env.sim, self.env.kinematics
        angle = self.rng.uniform(*STEP, size=(len(ids), 1))
        axis = quaternion.rotate(sim.object_quat[ids], self.axis[ids])
        turn = quaternion.from_rotation_vector(axis * angle)
        center = sim.object_pos[ids][:, None]
        tips = kinematics.fingertips(sim.q[ids])
        points = center + quaternion.rotate(turn[:, None], tips - center)
        near = np.linalg.norm(tips - center, axis=-1) < self.touch_distance[ids, None]
        moved = reach(kinematics, sim.q[ids], points, near, iterations=4, posture=0.0)[0]
        target = sim.target[ids] + (moved - sim.q[ids])
        self.goals.row[ids] = -1
        self.goals.q[ids] = moved
        self.goals.target[ids] = np.clip(target, self.hand.lower, self.hand.upper)
        self.goals.object_pos[ids] = sim.object_pos[ids]
        self.goals.object_quat[ids] = quaternion.normalize(
            quaternion.multiply(turn, sim.object_quat[ids]))
        self.goal_time[ids] = 0.0
        self.measure()

    @property
    def touch_distance(self) -> np.ndarray:
        """(n,) a fingertip nearer than this to the object's centre follows the turn [m]."""
        return 0.5 * np.linalg.norm(self.sizes, axis=-1) + 0.02
