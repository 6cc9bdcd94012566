"""Free finger moving: one finger goes where it is asked to, the others keep the object."""

import numpy as np

from dexgen_learning.tasks.anygrasp import AnygraspTask

SPREAD = 0.45
"""Standard deviation of the free finger's goal about its present joints [rad]."""


class FingerTask(AnygraspTask):
    """Goals are the grasp as it is, with the joints of one finger that bears no load elsewhere.

    A free finger touches nothing in the grasp that the episode began in; where all touch, one of
    the fingers but the thumb is taken.
    """

    def new_goals(self, ids: np.ndarray, nearest: float | None = None) -> None:
        """Send one finger of each environment in `ids` to a random posture."""
        if len(ids) == 0:
            return
        sim, hand, rng = self.env.sim, self.hand, self.rng
        for i in ids:
            joints = hand.joint_indices(hand.fingers[self._free_finger(int(i))])
            away = rng.normal(0.0, SPREAD, size=len(joints))
            for name, now in (('q', sim.q[i]), ('target', sim.target[i])):
                goal = getattr(self.goals, name)
                goal[i] = now
                goal[i, joints] = np.clip(sim.q[i, joints] + away, hand.lower[joints] + 0.05,
                                          hand.upper[joints] - 0.05)
        self.goals.row[ids] = -1
        self.goals.object_pos[ids] = sim.object_pos[ids]
        self.goals.object_quat[ids] = sim.object_quat[ids]
        self.goal_time[ids] = 0.0
        self.measure()

    def _free_finger(self, i: int) -> int:
        contacts = int(self.book.contacts[self.start_row[i]])
        links = [self.hand.keypoints[k].link for k in self.hand.tip_indices]
        free = [f for f, link in enumerate(links) if not contacts >> link & 1]
        if not free:
            free = [f for f, name in enumerate(self.hand.fingers) if name != 'thumb']
        return int(self.rng.choice(free))
