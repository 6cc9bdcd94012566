"""Which fingers touch something: those that contacts push, as the joints' constraint torques say.

Joint limits count as well; the gate's margin keeps the hand off them.
"""

import numpy as np

from dexgen_learning.env.environment import HandEnvironment

LIGHTEST = 2e-3
"""Constraint torque from which a finger touches [N m]."""
PRESSING = 0.02
"""Constraint torque from which it bears load [N m]."""


class Touch:
    """Reads the contacts of an environment's fingers; to be made before its first step."""

    def __init__(self, environment: HandEnvironment):
        hand = environment.hand
        self._groups = environment.sim.groups
        self._joints = [hand.joint_indices(finger) for finger in hand.fingers]
        self._torques = [group.batch.bind('qfrc_constraint') for group in self._groups]

    def torques(self) -> np.ndarray:
        """(n, F) largest constraint torque among each finger's joints [N m]."""
        torques = np.concatenate([
            torque[:, group.hand_v]
            for group, torque in zip(self._groups, self._torques, strict=True)
        ])  # fmt: skip
        most = [np.abs(torques[:, joints]).max(axis=-1) for joints in self._joints]
        return np.stack(most, axis=-1)

    def fingers(self) -> np.ndarray:
        """(n, F) whether each finger touches something."""
        return self.torques() > LIGHTEST

    def pressing(self) -> np.ndarray:
        """(n, F) whether each finger bears load."""
        return self.torques() > PRESSING
