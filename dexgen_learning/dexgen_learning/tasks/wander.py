"""Wandering: every finger strays about the grasp, free ones far, loaded ones a little."""

from functools import cached_property

import numpy as np

from dexgen_learning.tasks.anygrasp import AnygraspTask
from dexgen_learning.tasks.goal import Goals

FREE = (0.1, 0.45)
"""Range of the standard deviation of a free finger's goal about the grasp [rad]."""
LOADED = (0.0, 0.15)
"""The same of a finger that touches the object."""
PRESSING = 0.08
"""A joint this far from its target presses on something [rad]."""
FORGET = 0.3
"""Chance that the grasp as it is becomes the one to wander about."""


class WanderTask(AnygraspTask):
    """Goals are random postures about a grasp, with the object where it was in that grasp.

    It teaches what a person's hand asks for: motion of all fingers at once, of which what loses
    the object is dropped from the data. The servo keeps the object in place meanwhile.
    """

    @cached_property
    def center(self) -> Goals:
        """The grasps to wander about."""
        return self.book.empty_goals(self.n)

    def start(self, ids: np.ndarray, rows: np.ndarray) -> None:
        """Begin episodes in grasps; each is the one to wander about."""
        self.book.assign(self.center, ids, rows)
        super().start(ids, rows)

    def new_goals(self, ids: np.ndarray, nearest: float | None = None) -> None:
        """Random postures for environments `ids`; six in ten fingers move."""
        if len(ids) == 0:
            return
        self._forget(ids[self.rng.random(len(ids)) < FORGET])
        away = self._strayed(ids)
        hand, center = self.hand, self.center
        for name in ('q', 'target'):
            getattr(self.goals, name)[ids] = np.clip(
                getattr(center, name)[ids] + away, hand.lower + 0.02, hand.upper - 0.02)
        self.goals.row[ids] = -1
        self.goals.object_pos[ids] = center.object_pos[ids]
        self.goals.object_quat[ids] = center.object_quat[ids]
        self.goal_time[ids] = 0.0
        self.measure()

    def _forget(self, ids: np.ndarray) -> None:
        sim, center = self.env.sim, self.center
        center.q[ids], center.target[ids] = sim.q[ids], sim.target[ids]
        center.object_pos[ids], center.object_quat[ids] = sim.object_pos[ids], sim.object_quat[ids]

    def _strayed(self, ids: np.ndarray) -> np.ndarray:
        """Offsets (m, J) [rad] about the grasp."""
        rng, hand, m = self.rng, self.hand, len(ids)
        loaded = self.loaded(ids)
        away = np.zeros((m, len(hand.joint_names)))
        for f, finger in enumerate(hand.fingers):
            free = rng.uniform(*FREE, size=m)
            spread = np.where(loaded[:, f], rng.uniform(*LOADED, size=m), free)
            moves = rng.random(m) < 0.6
            joints = hand.joint_indices(finger)
            away[:, joints] = rng.normal(size=(m, len(joints))) * (spread * moves)[:, None]
        return away

    def loaded(self, ids: np.ndarray) -> np.ndarray:
        """(m, F) whether a finger presses: the motors bend its joints from their targets."""
        sim, hand = self.env.sim, self.hand
        bend = np.abs(sim.target[ids] - sim.q[ids])
        return np.stack([bend[:, hand.joint_indices(f)].max(axis=1) > PRESSING
                         for f in hand.fingers], axis=-1)
