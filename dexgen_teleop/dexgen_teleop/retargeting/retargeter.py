"""The retargeting core: one frame of the operator's hand in, one posture of the robot hand out."""

from typing import NamedTuple

import daqp
from dexgen_description import Hand
import mink
import numpy as np
from transforms3d.euler import euler2mat

from dexgen_teleop.landmarks import INDEX, TIPS
from dexgen_teleop.retargeting.bounds import JointBounds
from dexgen_teleop.retargeting.configuration import RetargetingConfig
from dexgen_teleop.retargeting.hand_model import HandModel
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
        self._model = HandModel(hand, config.collision_detection)
        self._task = HandTask(self._model, config)
        self._limits = [SelfCollision(self._model)]
        order = self._model.order
        self._order = order
        self._bounds = JointBounds(hand, config, order)
        self._pinch = PinchCurve(hand, config)
        tips = dict(zip(('thumb', 'index', 'middle', 'ring', 'little'), TIPS, strict=True))
        mapping = [config.fingers[finger] for finger in hand.fingers]
        self._landmarks = np.empty(len(hand.keypoint_names), int)
        self._landmarks[hand.tip_indices] = [tips[m.operator] for m in mapping]
        self._landmarks[hand.pip_indices] = [_pip(m.operator) for m in mapping]
        self._scales = np.empty((len(hand.keypoint_names), 1))
        self._weights = np.empty(len(hand.keypoint_names))
        for indices, weight in (
            (hand.tip_indices, config.weights.tip),
            (hand.pip_indices, config.weights.pip),
        ):
            self._scales[indices, 0] = [m.scale for m in mapping]
            self._weights[indices] = weight
        self._wrist = np.array(config.wrist)
        self._turn = euler2mat(*config.wrist_rpy).T
        self.reset()

    def reset(self) -> None:
        """Forget the motion: the next frame starts afresh."""
        self._stamp: float | None = None
        self._q = self._rest()
        self._velocity = np.zeros_like(self._q)

    def warm_up(self) -> None:
        """Run every part, so that the first frame takes no longer than others; ends with a reset."""
        self._model.set_posture(self._rest())
        self._task.targets = self._model.points()[: len(self._weights)].copy()
        self._task.point_weights = self._weights
        self._start()
        for _ in range(20):
            self._q = self._step(1.0 / self.config.dynamics.rate)
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
        task, dynamics = self._task, self.config.dynamics
        targets = self._wrist + self._scales * operator.points[self._landmarks] @ self._turn
        task.targets = targets
        task.point_weights = self._weights * operator.known[self._landmarks]
        task.gaps, task.gap_weights, closure = self._pinch(operator)
        elapsed = None if self._stamp is None else stamp - self._stamp
        if elapsed is None or not 0.0 < elapsed <= dynamics.restart:
            q = self._start()
            self._velocity = np.zeros_like(q)
        else:
            q = self._step(elapsed)
            self._velocity = (q - self._q) / elapsed
        self._q, self._stamp = q, stamp
        self._model.set_posture(q)
        keypoints = self._model.points()[: len(self._weights)]
        return Retargeting(q[self._order], keypoints, targets, closure)

    def _start(self) -> np.ndarray:
        self._task.smoothness = 0.0
        lower, upper = self._bounds.lower, self._bounds.upper
        return self._solve(self._rest(), lower, upper, _START_ITERATIONS)

    def _step(self, elapsed: float) -> np.ndarray:
        periods = elapsed * self.config.dynamics.rate
        kept = self.config.dynamics.persistence**periods
        lower, upper = self._bounds(self._q, self._velocity, elapsed)
        predicted = self._q + kept * elapsed * self._velocity
        self._task.predicted = predicted
        self._task.smoothness = 1.0 / periods**2
        start = np.clip(predicted, lower, upper)
        return self._solve(start, lower, upper, self.config.iterations)

    def _solve(
        self, q: np.ndarray, lower: np.ndarray, upper: np.ndarray, iterations: int
    ) -> np.ndarray:
        for _ in range(iterations):
            self._model.set_posture(q)
            problem = mink.build_ik(
                self._model.configuration, (self._task,), 1.0, 0.0, self._limits
            )
            q = np.clip(q + self._minimum(problem, lower - q, upper - q), lower, upper)
        return q

    def _minimum(self, problem, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        n = len(lower)
        matrix = problem.G if problem.G is not None else np.zeros((0, n))
        count = len(matrix)
        bound = np.concatenate((upper, problem.h)) if count else upper
        below = np.concatenate((lower, np.full(count, -1e30)))
        sense = np.zeros(n + count, np.int32)
        sense[n:] = _SOFT
        step, _, flag, _ = daqp.solve(
            problem.P, problem.q, matrix, bound, below, sense,
            rho_soft=self.config.weights.collision**-2,
        )
        return step if flag > 0 else np.zeros(n)

    def _rest(self) -> np.ndarray:
        q = np.empty(len(self._order))
        q[self._order] = self.hand.rest
        return q


def _pip(finger: str) -> int:
    return INDEX['thumb_ip' if finger == 'thumb' else f'{finger}_pip']
