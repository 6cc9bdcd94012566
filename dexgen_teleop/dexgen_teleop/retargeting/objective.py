"""What retargeting minimises, as a mink task and a mink limit."""

import mink
import numpy as np

from dexgen_teleop.retargeting.configuration import RetargetingConfig
from dexgen_teleop.retargeting.hand_model import HandModel, Nearness


class HandTask(mink.Task):
    """Keypoints at their targets, fingertips at their gaps, joints near rest and prediction.

    One task and one product J^T J for all of it: a mink.FrameTask for each point takes longer.
    Set `targets`, `point_weights`, `gaps`, `gap_weights`, `predicted` before each solve.
    """

    def __init__(self, hand: HandModel, config: RetargetingConfig):
        self._model = hand
        keypoints, fingers = len(hand.hand.keypoint_names), len(hand.hand.fingers)
        self._keypoints = keypoints
        thumb = hand.hand.fingers.index('thumb')
        self._thumb = keypoints + thumb
        self._others = np.array([keypoints + f for f in range(fingers) if f != thumb])
        self._radii = hand.hand.tip_radius[thumb] + np.delete(hand.hand.tip_radius, thumb)
        weights = config.weights
        self._rest = np.empty(hand.model.nq)
        self._rest[hand.order] = hand.hand.rest
        self._posture = weights.posture**2
        self._smoothness = weights.smoothness**2
        self._diagonal = np.arange(hand.model.nv) * (hand.model.nv + 1)
        self.targets = np.zeros((keypoints, 3))
        self.point_weights = np.zeros(keypoints)
        self.gaps = np.zeros(len(self._others))
        self.gap_weights = np.zeros(len(self._others))
        self.predicted = self._rest.copy()
        self.smoothness = 0.0
        """Share of the smoothness weight in force, 0 for a start from nothing."""
        super().__init__(cost=np.ones(1))

    def compute_qp_residual(self, configuration: mink.Configuration) -> None:
        """None: the objective is dense."""
        return None

    def compute_qp_objective(self, configuration: mink.Configuration) -> mink.Objective:
        """The pair (H, c) of the Gauss-Newton step at the present posture."""
        points, jacobian = self._model.points(), self._model.jacobian()
        count = self._keypoints
        residual = self.point_weights[:, None] * (points[:count] - self.targets)
        weighted = self.point_weights[:, None, None] * jacobian[:count]
        rows, errors = [weighted.reshape(3 * count, -1)], [residual.ravel()]
        if self.gap_weights.any():
            between = points[self._others] - points[self._thumb]
            distance = np.sqrt((between**2).sum(1)) + 1e-9
            direction = (self.gap_weights / distance)[:, None] * between
            rows.append(
                np.einsum('fi,fij->fj', direction, jacobian[self._others] - jacobian[self._thumb])
            )
            errors.append(self.gap_weights * (distance - self._radii - self.gaps))
        stacked, error = np.concatenate(rows), np.concatenate(errors)
        hessian = stacked.T @ stacked
        gradient = error @ stacked
        q = configuration.data.qpos
        smoothness = self.smoothness * self._smoothness
        gradient += self._posture * (q - self._rest) + smoothness * (q - self.predicted)
        hessian.flat[self._diagonal] += self._posture + smoothness + 1e-9
        return mink.Objective(hessian, gradient)

    def compute_error(self, configuration: mink.Configuration) -> np.ndarray:
        """(3 K,) keypoints less targets [m]."""
        return (self._model.points()[: self._keypoints] - self.targets).ravel()

    def compute_jacobian(self, configuration: mink.Configuration) -> np.ndarray:
        """(3 K, nv) of `compute_error` [m/rad]."""
        return self._model.jacobian()[: self._keypoints].reshape(3 * self._keypoints, -1)


class SelfCollision(mink.Limit):
    """Keeps the shapes of the fingers their margins apart: -J dq <= gap - margin."""

    def __init__(self, hand: HandModel):
        self._model = hand

    def compute_qp_inequalities(self, configuration: mink.Configuration, dt: float):
        """Inequalities of the pairs that are near now; inactive when none is."""
        near: Nearness | None = self._model.nearness()
        if near is None:
            return mink.Constraint()
        return mink.Constraint(-near.jacobian, near.gap - near.margin)
