"""The retargeting core: one frame of the operator's hand in, one posture of the robot hand out."""

from typing import NamedTuple

import daqp
from dexgen_description import Hand
import numpy as np

from dexgen_teleop.retargeting.bounds import JointBounds
from dexgen_teleop.retargeting.configuration import RetargetingConfig
from dexgen_teleop.retargeting.hand_model import HandModel
from dexgen_teleop.retargeting.mapping import KeypointMapping
from dexgen_teleop.retargeting.objective import HandTask, SelfCollision
from dexgen_teleop.retargeting.operator_hand import operator_hand, OperatorHand
from dexgen_teleop.retargeting.pinch import PinchCurve

_START_ITERATIONS = 25
_SOFT = 8  # daqp's flag of a constraint that may be violated at a price


class Retargeting(NamedTuple):
    """One retargeted frame.

    Attributes:
      joints: (J,) posture [rad], order of `hand.joint_names`.
      keypoints: (K, 3) the hand's keypoints in that posture [m], hand frame.
      targets: (K, 3) the operator's scaled keypoints [m], hand frame.
      closure: (F-1,) how far each finger's pinch with the thumb is switched in, 0 to 1.
    """

    joints: np.ndarray
    keypoints: np.ndarray
    targets: np.ndarray
    closure: np.ndarray


class Retargeter:
    """Follows an operator's hand with a robot hand.

    Differential inverse kinematics on mink's configuration, task and limit: a few Gauss-Newton
    steps for each frame, warm-started at the motion predicted from the last two postures, inside
    bounds of position, velocity and acceleration.

    Args:
      hand: the robot hand.
      config: how the operator's hand maps to it.
    """

    def __init__(self, hand: Hand, config: RetargetingConfig):
        if set(config.fingers) != set(hand.fingers):
            raise ValueError(
                f'configuration maps {sorted(config.fingers)}; '
                f'{hand.name} has {sorted(hand.fingers)}'
            )
        self.hand, self.config = hand, config
        self._mapping = KeypointMapping(hand, config)
        self._pinch = PinchCurve(hand, config)
        self._bounds = JointBounds(hand, config)
        self._model = HandModel(hand, config.collision_detection)
        self._preferred = self._preferred_posture()
        self._free = np.zeros((0, len(hand.joint_names))), np.zeros(0)
        self._task = HandTask(self._model, config, self._preferred)
        self._collision = SelfCollision(self._model)
        self.reset()

    def reset(self) -> None:
        """Forget the motion: the next frame starts afresh."""
        self._stamp: float | None = None
        self._q = self._preferred
        self._velocity = np.zeros_like(self._q)
        self._points = np.zeros((len(self.hand.keypoint_names), 3))
        self._drift = np.zeros_like(self._points)
        self._gaps = np.zeros(len(self.hand.fingers) - 1)

    def warm_up(self) -> None:
        """Run every part, so that the first frame takes no longer than others; then reset."""
        self._model.set_posture(self._q)
        targets = self._model.points()[: len(self._points)]
        self._task.point_weights = self._mapping.weights
        self._start(targets)
        none = np.zeros_like(self._gaps)
        for _ in range(20):
            self._step(targets, none, none, 1.0 / self.config.dynamics.rate)
        self.reset()

    def retarget(
        self, points: np.ndarray, stamp: float, known: np.ndarray | None = None
    ) -> Retargeting:
        """Retarget one frame.

        Args:
          points: (21, 3) landmarks [m], any frame, of a hand of the robot's side.
          stamp: acquisition time [s].
          known: (21,) bool, all when None. An unknown finger goes on as predicted.

        Raises:
          RefusedHandError: the landmarks are no hand; the state is unchanged.
        """
        return self.follow(operator_hand(points, self.hand.side, known), stamp)

    def follow(self, operator: OperatorHand, stamp: float) -> Retargeting:
        """Retarget one checked frame, as `retarget`."""
        targets = self._mapping.targets(operator)
        self._task.point_weights = self._mapping.weights * self._mapping.known(operator)
        elapsed = 0.0 if self._stamp is None else stamp - self._stamp
        moving = 0.0 < elapsed <= self.config.dynamics.restart
        pinches = self._pinch(operator, elapsed if moving else 0.0)
        self._task.gaps, self._task.gap_weights = pinches.gaps, pinches.weights
        if moving:
            late = self._pinch.lateness(pinches, self._gaps)
            q = self._step(targets, np.maximum(pinches.urgency, late), late, elapsed)
        else:
            q = self._start(targets)
        self._velocity = (q - self._q) / elapsed if moving else np.zeros_like(q)
        self._model.set_posture(q)
        points = self._model.points()
        self._gaps = self._task.gaps_between(points)
        points = points[: len(targets)]
        self._drift = (points - self._points) / elapsed if moving else np.zeros_like(points)
        self._q, self._points, self._stamp = q, points, stamp
        return Retargeting(q, points, targets, pinches.closure)

    def _start(self, targets: np.ndarray) -> np.ndarray:
        """Posture for the targets alone, from the preferred one."""
        self._task.targets, self._task.smoothness = targets, 0.0
        lower, upper = self._bounds.lower, self._bounds.upper
        return self._solve(self._preferred, lower, upper, _START_ITERATIONS)

    def _step(
        self, targets: np.ndarray, urgency: np.ndarray, late: np.ndarray, elapsed: float
    ) -> np.ndarray:
        """Posture `elapsed` [s] after the last one, part of the way to the targets."""
        dynamics, task = self.config.dynamics, self._task
        periods = elapsed * dynamics.rate
        way = targets - self._points
        square = (way**2).sum(1)
        close = 1.0 / (1.0 + square / dynamics.near**2)
        response = dynamics.response + close * (dynamics.near_response - dynamics.response)
        share = (1.0 - (1.0 - response) ** periods)[:, None]
        carried = dynamics.carry**periods * elapsed * self._drift
        task.targets = self._points + share * way + carried
        task.point_weights = task.point_weights * (1.0 + square / dynamics.reach**2) ** -0.25
        pinch = self.config.pinch
        short = self._gaps - task.gaps
        response = pinch.response + urgency * (pinch.closing_response - pinch.response)
        task.gaps = task.gaps + (1.0 - response) ** periods * short
        task.gap_weights = task.gap_weights * (1.0 + (short / pinch.reach) ** 2) ** -0.25
        task.predicted = self._q + dynamics.persistence**periods * elapsed * self._velocity
        task.smoothness = self.config.weights.smoothness / periods
        lower, upper = self._bounds(self._q, self._velocity, elapsed, late)
        start = np.minimum(np.maximum(task.predicted, lower), upper)
        return self._solve(start, lower, upper, self.config.iterations)

    def _solve(
        self, q: np.ndarray, lower: np.ndarray, upper: np.ndarray, iterations: int
    ) -> np.ndarray:
        for _ in range(iterations):
            self._model.set_posture(q)
            step = self._minimum(lower - q, upper - q)
            q = np.minimum(np.maximum(q + step, lower), upper)
            if np.abs(step).max() < self.config.tolerance:
                break
        return q

    def _minimum(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """Minimise the quadratic programme with box bounds and soft inequalities."""
        configuration, size = self._model.configuration, len(lower)
        hessian, gradient = self._task.compute_qp_objective(configuration)
        matrix, bounds = self._collision.compute_qp_inequalities(configuration, 1.0)
        if matrix is None:
            matrix, bounds = self._free
        sense = np.zeros(size + len(bounds), np.int32)
        sense[size:] = _SOFT
        step, _, flag, _ = daqp.solve(
            hessian,
            gradient,
            matrix,
            np.concatenate((upper, bounds)),
            np.concatenate((lower, np.full(len(bounds), -1e30))),
            sense,
            rho_soft=self.config.weights.collision**-2,
        )
        return step if flag > 0 else np.zeros(size)

    def _preferred_posture(self) -> np.ndarray:
        q = self.hand.rest.copy()
        for finger, angles in self.config.posture.items():
            joints = self.hand.joint_indices(finger)
            if len(angles) != len(joints):
                raise ValueError(
                    f'posture of {finger} has {len(angles)} angles; {self.hand.name} has '
                    f'{len(joints)} joints there'
                )
            q[joints] = angles
        return np.clip(q, self._bounds.lower, self._bounds.upper)
