"""From the operator's hand to wanted keypoints of the robot hand."""

from dexgen_description import Hand
import numpy as np
from transforms3d.euler import euler2mat

from dexgen_teleop.landmarks import FINGERS, INDEX, TIPS
from dexgen_teleop.retargeting.configuration import RetargetingConfig
from dexgen_teleop.retargeting.operator_hand import OperatorHand


class KeypointMapping:
    """Places the operator's fingertips and PIP joints, scaled, in the robot's hand frame.

    A robot keypoint's target is wrist + scale * R (landmark - operator's wrist), everything in
    metres; the thumb's interphalangeal joint is its PIP.

    Attributes:
      weights: (K,) weight of each keypoint.
    """

    def __init__(self, hand: Hand, config: RetargetingConfig):
        count = len(hand.keypoint_names)
        self._landmarks = np.empty(count, int)
        self._scales, self.weights = np.empty((count, 1)), np.empty(count)
        for finger, tip, pip in zip(
            hand.fingers, hand.tip_indices, hand.pip_indices, strict=True
        ):
            mapping = config.fingers[finger]
            operator = mapping.operator
            middle = 'thumb_ip' if operator == 'thumb' else f'{operator}_pip'
            self._landmarks[[tip, pip]] = TIPS[FINGERS.index(operator)], INDEX[middle]
            self._scales[[tip, pip]] = mapping.scale
            self.weights[[tip, pip]] = config.weights.tip, config.weights.pip
        self._wrist = np.array(config.wrist)
        self._turn = euler2mat(*config.wrist_rpy).T

    def targets(self, operator: OperatorHand) -> np.ndarray:
        """(K, 3) wanted keypoints [m], hand frame."""
        return self._wrist + self._scales * (operator.points.take(self._landmarks, 0) @ self._turn)

    def known(self, operator: OperatorHand) -> np.ndarray:
        """(K,) whether the landmark behind each keypoint is known."""
        return operator.known.take(self._landmarks)
