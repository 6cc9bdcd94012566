"""From a frame to the landmarks of the operator's hand."""

from dataclasses import replace
import math

import numpy as np

from dexgen_teleop.landmarks import COUNT, Handedness, Landmarks
from dexgen_teleop.sources.source import Frame, Intrinsics
from dexgen_teleop.tracking.detector import Detection, Detector
from dexgen_teleop.tracking.placement import place

SHAPE_DEVIATION = 0.010
"""Standard deviation of a point of the model's shape [m], where there is no depth."""


class HandTracker:
    """Follows one hand of a known side.

    Args:
      detector: finds hands in a picture; None for sources that bring landmarks.
      side: 'right' or 'left', the operator's hand.
      mirror: the pictures are mirrored (as many webcams show them) and are turned back first.
      horizontal_fov: assumed where a source knows no intrinsics [rad].
    """

    def __init__(
        self,
        detector: Detector | None,
        side: str,
        mirror: bool = False,
        horizontal_fov: float = math.radians(65.0),
    ):
        self._detector = detector
        self._side = Handedness.of(side)
        self._mirror = mirror
        self._fov = horizontal_fov

    def track(self, frame: Frame) -> Landmarks:
        """The hand in this frame; `valid` is False where the expected hand is not tracked."""
        if frame.landmarks is not None:
            return frame.landmarks
        image = np.flip(frame.image, axis=1) if self._mirror else frame.image
        detections = self._detector.detect(image, frame.stamp)
        if not detections:
            return Landmarks.none(frame.stamp, frame.sequence)
        expected = [d for d in detections if d.handedness is self._side]
        detection = max(expected or detections, key=lambda d: d.score)
        landmarks = self._placed(detection, frame)
        return landmarks if expected else landmarks.refused()

    def close(self) -> None:
        """Release the detector."""
        if self._detector is not None:
            self._detector.close()

    def _placed(self, detection: Detection, frame: Frame) -> Landmarks:
        height, width = frame.image.shape[:2]
        intrinsics = frame.intrinsics or Intrinsics.assumed(width, height, self._fov)
        none = Landmarks.none(frame.stamp, frame.sequence)
        seen = replace(
            none,
            image=detection.image,
            handedness=detection.handedness,
            score=detection.score,
        )
        try:
            points = place(detection.world, detection.image, intrinsics)
        except ValueError:
            return seen
        return replace(
            seen,
            points=points,
            point_valid=((detection.image >= 0.0) & (detection.image <= 1.0)).all(axis=-1),
            standard_deviation=np.full(COUNT, SHAPE_DEVIATION),
            valid=True,
        )
