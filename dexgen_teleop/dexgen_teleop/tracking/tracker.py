"""From a frame to the landmarks of the operator's hand."""

from dataclasses import replace
import math

import numpy as np

from dexgen_teleop.landmarks import COUNT, FRAME, Handedness, Landmarks, PALM
from dexgen_teleop.sources.source import Frame, Intrinsics
from dexgen_teleop.tracking.continuity import Continuity, PointValidity
from dexgen_teleop.tracking.detector import Detection, Detector
from dexgen_teleop.tracking.fusion import Fusion
from dexgen_teleop.tracking.placement import place
from dexgen_teleop.tracking.smoothing import HandSmoothing, SmoothingSettings

SHAPE_DEVIATION = 0.010
"""Standard deviation of a point of the model's shape [m], where there is no depth."""
ABSENCE = 1.0
"""After this time without the hand its bones are learned anew: it may be another person's [s]."""


class HandTracker:
    """Follows one hand of a known side.

    Args:
      detector: finds hands in a picture; None for sources that bring landmarks.
      side: 'right' or 'left', the operator's hand.
      mirror: the pictures are mirrored (as many webcams show them) and are turned back first.
      horizontal_fov: assumed where a source knows no intrinsics [rad].
      smoothing: None for none.
    """

    def __init__(
        self,
        detector: Detector | None,
        side: str,
        mirror: bool = False,
        horizontal_fov: float = math.radians(65.0),
        smoothing: SmoothingSettings | None = None,
    ):
        self._detector = detector
        self._side = Handedness.of(side)
        self._mirror = mirror
        self._fov = horizontal_fov
        self._fusion = Fusion()
        self._smoothing = HandSmoothing(smoothing) if smoothing else None
        self._continuity = Continuity()
        self._validity = PointValidity()
        self._centre: np.ndarray | None = None
        self._last_seen = math.inf

    def track(self, frame: Frame) -> Landmarks:
        """The hand in this frame; `valid` is False where the expected hand is not tracked."""
        if frame.landmarks is not None:
            return frame.landmarks
        image = np.flip(frame.image, axis=1) if self._mirror else frame.image
        detections = self._detector.detect(image, frame.stamp)
        expected = [hand for hand in detections if hand.handedness is self._side]
        expected = [hand for hand in expected if np.isfinite(hand.image).all()]
        if not expected:
            self._lose()
            return self._seen(detections, frame)
        detection = self._nearest(expected)
        hand = self._placed(detection, frame)
        if not hand.valid:
            self._lose()
            return hand
        return self._followed(hand)

    def close(self) -> None:
        """Release the detector."""
        if self._detector is not None:
            self._detector.close()

    def _followed(self, hand: Landmarks) -> Landmarks:
        """Refuse a hand that leaps; smooth the one that stays."""
        if not self._continuity.same(hand.points[list(PALM)].mean(axis=0), hand.stamp):
            self._start_anew()
            return hand.refused()
        if hand.stamp - self._last_seen > ABSENCE:
            self._fusion.bones.doubt()
        self._last_seen = hand.stamp
        if self._smoothing is not None:
            hand = replace(hand, points=self._smoothing.smooth(hand.points, hand.stamp))
        known = self._validity.update(hand.point_valid)
        return replace(hand, point_valid=known, valid=_followable(known))

    def _lose(self) -> None:
        self._continuity.lost()
        self._centre = None
        self._start_anew()

    def _start_anew(self) -> None:
        self._validity.reset()
        if self._smoothing is not None:
            self._smoothing.reset()

    def _nearest(self, hands: list[Detection]) -> Detection:
        """Of several hands the one that was followed, else the surest."""
        if self._centre is None or len(hands) == 1:
            chosen = max(hands, key=lambda hand: hand.score)
        else:
            chosen = min(hands, key=lambda hand: _distance(hand, self._centre))
        self._centre = chosen.image.mean(axis=0)
        return chosen

    def _seen(self, detections: list[Detection], frame: Frame) -> Landmarks:
        """What is in the picture instead of the expected hand: shown, not followed."""
        none = Landmarks.none(frame.stamp, frame.sequence)
        if not detections:
            return none
        return self._placed(detections[0], frame).refused()

    def _placed(self, detection: Detection, frame: Frame) -> Landmarks:
        height, width = (frame.image if frame.depth is None else frame.depth).shape[:2]
        camera = frame.intrinsics or Intrinsics.assumed(width, height, self._fov)
        seen = replace(
            Landmarks.none(frame.stamp, frame.sequence),
            image=detection.image,
            handedness=detection.handedness,
            score=detection.score,
        )
        try:
            if frame.depth is None:
                points = place(detection.world, detection.image, camera)
                known = ((detection.image >= 0.0) & (detection.image <= 1.0)).all(axis=-1)
                deviation, metric = np.full(COUNT, SHAPE_DEVIATION), False
            else:
                points, deviation, known, metric = self._fusion.fuse(
                    detection.world, detection.image, camera, frame.depth
                )
        except (ValueError, np.linalg.LinAlgError):
            return seen
        return replace(
            seen,
            points=points,
            point_valid=known,
            standard_deviation=deviation,
            valid=_followable(known),
            metric=metric,
        )


def _followable(known: np.ndarray) -> bool:
    """Without the wrist frame there is no hand to follow."""
    return bool(known[list(FRAME)].all())


def _distance(hand: Detection, centre: np.ndarray) -> float:
    return float(np.linalg.norm(hand.image.mean(axis=0) - centre))
