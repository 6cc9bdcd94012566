"""Hands in a picture: MediaPipe's HandLandmarker behind a small interface."""

from dataclasses import dataclass
import os
from pathlib import Path
from typing import Protocol

import numpy as np

from dexgen_teleop.landmarks import Handedness


@dataclass(frozen=True)
class Detection:
    """One hand in one picture.

    Attributes:
      world: (21, 3) [m] about the hand's centre, axes of the optical frame: its shape and size as
        the model believes them.
      image: (21, 2) normalised by the picture's width and height.
      handedness: the true hand of an unmirrored picture.
      score: confidence of the handedness, 0 to 1.
    """

    world: np.ndarray
    image: np.ndarray
    handedness: Handedness
    score: float


class Detector(Protocol):
    """Finds hands in the pictures of one stream, given in the order of time."""

    def detect(self, image: np.ndarray, stamp: float) -> list[Detection]:
        """Hands in an (H, W, 3) uint8 RGB picture taken at `stamp` [s]."""

    def close(self) -> None:
        """Release the model."""


class MediaPipeDetector:
    """HandLandmarker of MediaPipe's Tasks.

    In VIDEO mode a hand once found is tracked, without searching each frame.

    Args:
      model: path of hand_landmarker.task.
      hands: largest number of hands; with more than are in view, each frame is searched again,
        which doubles the time.
      stream: False for pictures that have nothing to do with each other (IMAGE mode).
    """

    def __init__(self, model: Path, hands: int = 1, stream: bool = True):
        os.environ.setdefault('GLOG_minloglevel', '3')
        os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
        import mediapipe

        vision = mediapipe.tasks.vision
        self._image = mediapipe.Image
        self._rgb = mediapipe.ImageFormat.SRGB
        self._landmarker = vision.HandLandmarker.create_from_options(
            vision.HandLandmarkerOptions(
                base_options=mediapipe.tasks.BaseOptions(model_asset_path=str(model)),
                running_mode=vision.RunningMode.VIDEO if stream else vision.RunningMode.IMAGE,
                num_hands=hands,
            )
        )
        self._stream = stream
        self._last = -1

    def detect(self, image: np.ndarray, stamp: float) -> list[Detection]:
        """Hands in an (H, W, 3) uint8 RGB picture taken at `stamp` [s]."""
        picture = self._image(image_format=self._rgb, data=np.ascontiguousarray(image))
        if self._stream:
            self._last = max(self._last + 1, int(1e3 * stamp))  # it wants rising milliseconds
            result = self._landmarker.detect_for_video(picture, self._last)
        else:
            result = self._landmarker.detect(picture)
        return [
            Detection(
                world=np.array([(p.x, p.y, p.z) for p in world]),
                image=np.array([(p.x, p.y) for p in flat]),
                handedness=Handedness.of(side[0].category_name.lower()),
                score=float(side[0].score),
            )
            for world, flat, side in zip(
                result.hand_world_landmarks,
                result.hand_landmarks,
                result.handedness,
                strict=True,
            )
        ]

    def close(self) -> None:
        """Release the model."""
        self._landmarker.close()
