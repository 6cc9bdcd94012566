"""Pinch closure: the gap of the robot's fingertips as a smooth function of the operator's."""

from dexgen_description import Hand
import numpy as np

from dexgen_teleop.landmarks import FINGERS, TIPS
from dexgen_teleop.retargeting.configuration import RetargetingConfig
from dexgen_teleop.retargeting.operator_hand import OperatorHand


class PinchCurve:
    """Gap wanted between the thumb and each other finger, and what it weighs.

    Above `open` nothing is changed. Between `open` and `closed` the weight rises smoothly from
    zero and the wanted gap falls from the scaled operator's to that of touching fingertips; below
    `closed` they touch.
    """

    def __init__(self, hand: Hand, config: RetargetingConfig):
        self._config = config.pinch
        thumb = config.fingers['thumb']
        others = [config.fingers[f] for f in hand.fingers if f != 'thumb']
        self._tips = np.array([TIPS[FINGERS.index(m.operator)] for m in others])
        self._thumb = TIPS[FINGERS.index(thumb.operator)]
        self._scales = np.array([(m.scale + thumb.scale) / 2.0 for m in others])
        index = hand.fingers.index('thumb')
        self._radii = hand.tip_radius[index] + np.delete(hand.tip_radius, index)

    def __call__(self, operator: OperatorHand) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Wanted gaps between fingertip surfaces [m], weights, closure 0 to 1, each (F-1,)."""
        pinch = self._config
        between = operator.points[self._tips] - operator.points[self._thumb]
        distance = np.sqrt((between**2).sum(1))
        share = np.clip((pinch.open - distance) / (pinch.open - pinch.closed), 0.0, 1.0)
        closure = share * share * (3.0 - 2.0 * share)
        closure *= operator.known[self._tips] & operator.known[self._thumb]
        natural = np.maximum(self._scales * distance - self._radii, pinch.gap)
        gaps = natural + closure * (pinch.gap - natural)
        return gaps, pinch.weight * closure, closure
