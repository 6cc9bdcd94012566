"""Where fingers go by inverse kinematics, behind the model.

A model of motions that keep an object knows little of a finger that touches nothing, and lags: it
moves such a finger by what fingers commonly move in a step. Nothing hangs on it, so its share of
the target's increment comes from one damped Gauss-Newton step toward the command instead. And
where a grasp goes along with the command, the model corrects that motion, it need not make it.
"""

from collections.abc import Sequence

import numpy as np

DAMPING = 0.006
"""Of the step: singular motions shorter than this per radian are damped away [m/rad]."""
STEP = 0.3
"""Longest step of a joint in a control period of 0.1 s [rad]."""


class Reach:
    """Replaces the increments of free fingers, adds those of fingers that are carried along.

    Args:
      kinematics: forward kinematics of the hand.
      rate: control rate [Hz].
      points: (K,) which of the hand's keypoints are the model's.
    """

    def __init__(self, kinematics, rate: float, points: Sequence[int]):
        hand = kinematics.hand
        self._kinematics = kinematics
        self._points = list(points)
        self._lower, self._upper = hand.lower, hand.upper
        self._bound = STEP * 10.0 / rate
        self._finger = np.array(
            [hand.fingers.index(name.split('_')[0]) for name in hand.joint_names]
        )

    def __call__(
        self,
        targets: np.ndarray,
        keypoints: np.ndarray,
        increment: np.ndarray,
        free: np.ndarray,
        carried: np.ndarray,
    ) -> np.ndarray:
        """Increments (B, J) [rad] of all fingers.

        Args:
          targets: (B, J) last applied targets [rad].
          keypoints: (B, all, 3) where the hand's keypoints are asked to be [m, hand frame].
          increment: (B, J) the model's [rad].
          free: (B, F) share of each finger that follows the command.
          carried: (B, K, 3) how far the model's keypoints are moved besides [m, hand frame].
        """
        jacobian = self._kinematics.keypoint_jacobian(targets)
        room = self._lower - targets, self._upper - targets
        step = self._step(jacobian, keypoints - self._kinematics.keypoints(targets), room)
        carried = self._step(jacobian[:, self._points], carried, room)
        share = free[:, self._finger]
        return increment + share * (step - increment) + carried

    def _step(
        self, jacobian: np.ndarray, move: np.ndarray, room: tuple[np.ndarray, np.ndarray]
    ) -> np.ndarray:
        """Changes of the joints (B, J) [rad] that move keypoints by (B, K, 3) [m], bounded.

        Joints that would leave their `room` go to its end, and the others make up for it.
        """
        count, joints = len(move), jacobian.shape[-1]
        jacobian, move = jacobian.reshape(count, -1, joints), move.reshape(count, -1, 1)
        first = _least_squares(jacobian, move)
        ended = np.clip(first, *room)
        at_end = ended != first
        rest = move - jacobian @ (at_end * ended)[..., None]
        step = np.where(at_end, ended, _least_squares(jacobian * ~at_end[:, None], rest))
        return np.clip(step, -self._bound, self._bound)


def _least_squares(jacobian: np.ndarray, move: np.ndarray) -> np.ndarray:
    """The damped step (B, J) to a movement (B, M, 1); 0 where a column of (B, M, J) is."""
    transposed = jacobian.swapaxes(-1, -2)
    square = transposed @ jacobian + DAMPING**2 * np.eye(jacobian.shape[-1])
    return np.linalg.solve(square, transposed @ move)[..., 0]
