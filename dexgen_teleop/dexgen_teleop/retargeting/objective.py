"""What retargeting minimises, as a mink task and a mink limit."""

import mink
import numpy as np

from dexgen_teleop.retargeting.configuration import RetargetingConfig
from dexgen_teleop.retargeting.hand_model import HandModel


class HandTask(mink.Task):
    """Keypoints at their targets, fingertips at their gaps, joints near posture and prediction.

    One task and one product J^T J for all of it: a mink.FrameTask for each point takes longer.

    Args:
      hand: the hand, in the posture of which the objective is made.
      config: its weights.
      posture: (J,) preferred posture [rad].

    Attributes:
      targets: (K, 3) of the keypoints [m].
      point_weights: (K,) weights of the keypoints.
      gaps: (F-1,) wanted gaps between the fingertips of the thumb and the others [m].
      gap_weights: (F-1,) their weights.
      predicted: (J,) posture expected from the motion so far [rad].
      smoothness: weight of the deviation from it [m/rad], 0 for a start from nothing.
    """

    def __init__(self, hand: HandModel, config: RetargetingConfig, posture: np.ndarray):
        super().__init__(cost=np.ones(1))
        self._model = hand
        self._count = len(hand.hand.keypoint_names)
        fingers = hand.hand.fingers
        thumb = fingers.index('thumb')
        self._thumb = self._count + thumb
        self._others = np.array([self._count + f for f in range(len(fingers)) if f != thumb])
        self._radii = hand.hand.tip_radius[thumb] + np.delete(hand.hand.tip_radius, thumb)
        self._posture, self._rest = config.weights.posture**2, posture
        joints = len(posture)
        self._diagonal = np.arange(joints) * (joints + 1)
        self.targets = np.zeros((self._count, 3))
        self.point_weights = np.zeros(self._count)
        self.gaps = np.zeros(len(self._others))
        self.gap_weights = np.zeros(len(self._others))
        self.predicted = posture
        self.smoothness = 0.0

    def gaps_between(self, points: np.ndarray) -> np.ndarray:
        """Gaps (F-1,) [m] of the fingertip spheres, from `HandModel.points`."""
        between = points.take(self._others, 0) - points[self._thumb]
        return np.sqrt((between**2).sum(1)) - self._radii

    def compute_qp_residual(self, configuration: mink.Configuration) -> None:
        """None: the objective is dense."""
        return None

    def compute_qp_objective(self, configuration: mink.Configuration) -> mink.Objective:
        """The pair (H, c) of the Gauss-Newton step at the present posture."""
        points, jacobian, count = self._model.points(), self._model.jacobian(), self._count
        weights = self.point_weights[:, None]
        rows = (weights[:, :, None] * jacobian[:count]).reshape(3 * count, -1)
        error = (weights * (points[:count] - self.targets)).ravel()
        if self.gap_weights.any():
            between = points.take(self._others, 0) - points[self._thumb]
            distance = np.sqrt((between**2).sum(1)) + 1e-9
            direction = (self.gap_weights / distance)[:, None, None] * between[:, None]
            moved = jacobian.take(self._others, 0) - jacobian[self._thumb]
            rows = np.concatenate((rows, (direction @ moved)[:, 0]))
            gap_error = self.gap_weights * (distance - self._radii - self.gaps)
            error = np.concatenate((error, gap_error))
        hessian, gradient = rows.T @ rows, error @ rows
        q, smoothness = self._model.q, self.smoothness**2
        gradient += self._posture * (q - self._rest) + smoothness * (q - self.predicted)
        hessian.flat[self._diagonal] += self._posture + smoothness + 1e-9
        return mink.Objective(hessian, gradient)

    def compute_error(self, configuration: mink.Configuration) -> np.ndarray:
        """(3 K,) keypoints less targets [m]."""
        return (self._model.points()[: self._count] - self.targets).ravel()

    def compute_jacobian(self, configuration: mink.Configuration) -> np.ndarray:
        """(3 K, J) of `compute_error` [m/rad]."""
        return self._model.jacobian()[: self._count].reshape(3 * self._count, -1)


class SelfCollision(mink.Limit):
    """Keeps the shapes of the fingers their margins apart: -J dq <= gap - margin."""

    def __init__(self, hand: HandModel):
        self._model = hand

    def compute_qp_inequalities(
        self, configuration: mink.Configuration, dt: float
    ) -> mink.Constraint:
        """Inequalities of the pairs that are near now; inactive when none is."""
        near = self._model.nearness()
        if near is None:
            return mink.Constraint()
        return mink.Constraint(-near.jacobian, near.gap - near.margin)
