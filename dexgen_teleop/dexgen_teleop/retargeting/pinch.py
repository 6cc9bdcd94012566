"""Pinch closure: the gap of the robot's fingertips as a smooth function of the operator's."""

from typing import NamedTuple

from dexgen_description import Hand
import numpy as np

from dexgen_teleop.landmarks import FINGERS, TIPS
from dexgen_teleop.retargeting.configuration import RetargetingConfig
from dexgen_teleop.retargeting.operator_hand import OperatorHand


class Pinches(NamedTuple):
    """What is wanted of the gaps between the thumb and each other finger, each (F-1,).

    Attributes:
      gaps: between the fingertip surfaces [m].
      weights: cost per metre off the gap, in metres of fingertip error.
      closure: how far the pinch is switched in, 0 to 1.
      pinched: the same of the operator's gap as it is, not looked ahead.
      urgency: how fast the operator closes it, 0 (not at all) to 1 (by the farthest lead).
    """

    gaps: np.ndarray
    weights: np.ndarray
    closure: np.ndarray
    pinched: np.ndarray
    urgency: np.ndarray


class PinchCurve:
    """Gap wanted between the thumb and each other finger, and what it weighs.

    Above `open` nothing is changed. Between `open` and `closed` the weight rises smoothly from
    zero and the wanted gap falls from the scaled operator's to that of touching fingertips; below
    `closed` they touch. A gap that closes is looked at `lead` seconds ahead of the last two
    frames, so that the robot, which follows smoothly, closes in time.
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
        self._last: np.ndarray | None = None

    def __call__(self, operator: OperatorHand, elapsed: float) -> Pinches:
        """The pinches wanted in a frame.

        Args:
          operator: the frame.
          elapsed: since the last frame [s], 0 for a first one.
        """
        pinch = self._config
        between = operator.points.take(self._tips, 0) - operator.points[self._thumb]
        distance = np.sqrt((between**2).sum(1))
        known = operator.known.take(self._tips) & operator.known[self._thumb]
        last, self._last = self._last, np.where(known, distance, -np.inf)
        pinched = known * self._closure(distance)
        urgency = np.zeros(len(distance))
        if elapsed > 0.0 and last is not None:
            closing = np.maximum(last - distance, 0.0) / elapsed
            urgency = np.minimum(pinch.lead * closing / pinch.farthest_lead, 1.0)
            distance = np.maximum(distance - pinch.farthest_lead * urgency, 0.0)
        closure = known * self._closure(distance)
        natural = np.maximum(self._scales * distance - self._radii, pinch.gap)
        gaps = natural + closure * (pinch.gap - natural)
        return Pinches(gaps, pinch.weight * closure, closure, pinched, urgency)

    def lateness(self, pinches: Pinches, gaps: np.ndarray) -> np.ndarray:
        """How far behind each pinch the robot is, (F-1,) from 0 (not at all) to 1.

        An operator closes faster than a bounded hand follows; when the operator's fingers rest
        again, nothing but the robot's own gap tells that its pinch is still to be closed.

        Args:
          pinches: the pinches wanted.
          gaps: (F-1,) the robot's, between the fingertip surfaces [m].
        """
        behind = (gaps - pinches.gaps) / self._config.late - 0.5
        return np.minimum(np.maximum(behind, 0.0), 1.0) * pinches.pinched

    def _closure(self, distance: np.ndarray) -> np.ndarray:
        pinch = self._config
        share = (pinch.open - distance) / (pinch.open - pinch.closed)
        share = np.minimum(np.maximum(share, 0.0), 1.0)
        return share * share * (3.0 - 2.0 * share)
