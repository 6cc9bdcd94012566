"""Fingers that bear no load go where they are asked to: inverse kinematics behind the model.

A model of motions that keep an object knows little of a finger that touches nothing, and lags: it
moves such a finger by what fingers commonly move in a step. Nothing hangs on it, so its share of
the target's increment comes from one damped Gauss-Newton step toward the command instead.
"""

import numpy as np

DAMPING = 0.006
"""Of the step: singular motions shorter than this per radian are damped away [m/rad]."""
STEP = 0.3
"""Longest step of a joint in a control period of 0.1 s [rad]."""


class Reach:
    """Replaces the increments of free fingers.

    Args:
      kinematics: forward kinematics of the hand.
      rate: control rate [Hz].
    """

    def __init__(self, kinematics, rate: float):
        hand = kinematics.hand
        self._kinematics = kinematics
        self._bound = STEP * 10.0 / rate
        self._finger = np.array(
            [hand.fingers.index(name.split('_')[0]) for name in hand.joint_names]
        )

    def __call__(
        self, targets: np.ndarray, keypoints: np.ndarray, increment: np.ndarray, free: np.ndarray
    ) -> np.ndarray:
        """Increments (B, J) [rad] of the model's fingers and of free ones.

        Args:
          targets: (B, J) last applied targets [rad].
          keypoints: (B, K, 3) where they are asked to be [m, hand frame].
          increment: (B, J) the model's [rad].
          free: (B, F) share of each finger that follows the command.
        """
        error = (keypoints - self._kinematics.keypoints(targets)).reshape(len(targets), -1, 1)
        jacobian = self._kinematics.keypoint_jacobian(targets)
        jacobian = jacobian.reshape(len(targets), -1, targets.shape[-1])
        transposed = jacobian.swapaxes(-1, -2)
        square = transposed @ jacobian + DAMPING**2 * np.eye(targets.shape[-1])
        step = np.linalg.solve(square, transposed @ error)[..., 0]
        step = np.clip(step, -self._bound, self._bound)
        share = free[:, self._finger]
        return increment + share * (step - increment)
