"""Errors of MediaPipe's landmarks as a random process, fitted to its residuals on a clip.

How the figures were found, and how to find them again: `dexgen_teleop.evaluation.fit_noise`.
"""

from dataclasses import dataclass

import numpy as np

from dexgen_teleop.landmarks import COUNT

CLIP_SPEED = 0.07
"""Mean speed of the landmarks in the clip that the time constants were found on [m/s]."""


@dataclass(frozen=True)
class LandmarkNoise:
    """Errors of one stream of points, in a hand whose palm (wrist to middle knuckle) is 95 mm.

    Each landmark has a bias that stays, a slow error (first-order autoregressive), bad phases in
    which a second, larger slow error is added, and white jitter.

    Attributes:
      bias: standard deviation over the landmarks [m], one value for each axis.
      slow: standard deviation of the slow error [m], one value for each axis.
      white: standard deviation of the jitter [m], one value for each axis.
      bad: standard deviation of the error added in bad phases [m].
      bad_share: share of the time that a landmark is bad.
      time_constant: of the slow errors [s].
      bad_duration: mean duration of a bad phase [s].
      along: correlation of the slow errors of neighbouring landmarks of a finger.
      tilt: standard deviation of the slow rotation of the whole shape about each axis [rad].
      size: standard deviation of the slow change of the shape's size, relative.
      occluded: factor on the slow error and on `bad_share` of landmarks that are hidden.
    """

    bias: tuple[float, ...]
    slow: tuple[float, ...]
    white: tuple[float, ...]
    bad: float
    bad_share: float
    time_constant: float = 0.37
    bad_duration: float = 0.37
    along: float = 0.6
    tilt: tuple[float, ...] = ()
    size: float = 0.0
    occluded: float = 1.34


WORLD = LandmarkNoise(
    bias=(0.0024, 0.0024, 0.0022),
    slow=(0.0026, 0.0029, 0.0024),
    white=(0.0006, 0.0010, 0.0013),
    bad=0.0114,
    bad_share=0.10,
    tilt=(0.047, 0.043, 0.022),
    size=0.020,
)
"""Of the world landmarks: x, y, z of the optical frame."""
IMAGE = LandmarkNoise(
    bias=(0.0010, 0.0010),
    slow=(0.0008, 0.0008),
    white=(0.0005, 0.0008),
    bad=0.0051,
    bad_share=0.10,
)
"""Of the image points, as lengths at the hand's distance. Their bias cannot be seen on a clip: it
is assumed."""


class NoiseProcess:
    """Errors of the 21 landmarks, frame after frame.

    Args:
      noise: its parameters.
      rate: frames per second [Hz].
      random: where the numbers come from.
    """

    def __init__(self, noise: LandmarkNoise, rate: float, random: np.random.Generator):
        self._noise = noise
        self._random = random
        axes = len(noise.bias)
        self._rate = rate
        self._bias = np.array(noise.bias) * random.standard_normal((COUNT, axes))
        self._mix = np.linalg.cholesky(_correlation(noise.along))
        self._whole = random.standard_normal(4)
        self._slow = random.standard_normal((COUNT, axes))
        self._bad = random.standard_normal((COUNT, axes))
        self._is_bad = random.random(COUNT) < noise.bad_share

    def step(self, occluded: np.ndarray, travel: float) -> np.ndarray:
        """Errors of the next frame, (21, axes) [m].

        Args:
          occluded: (21,) bool.
          travel: mean way of the landmarks since the last frame [m]. Slow errors belong to what is
            seen: they change as the hand moves, and stay while it rests.
        """
        noise, random = self._noise, self._random
        passed = min(travel / CLIP_SPEED, 2.0 / self._rate)
        keep, leave = np.exp(-passed / noise.time_constant), passed / noise.bad_duration
        factor = np.where(occluded, noise.occluded, 1.0)
        share = np.minimum(factor * noise.bad_share, 0.9)
        enter = leave * share / (1.0 - share)
        change = random.random(COUNT)
        self._is_bad = np.where(self._is_bad, change > leave, change < enter)
        fresh = np.sqrt(1.0 - keep**2)
        shape = self._slow.shape
        self._slow = keep * self._slow + fresh * random.standard_normal(shape)
        self._whole = keep * self._whole + fresh * random.standard_normal(4)
        self._bad = keep * self._bad + fresh * random.standard_normal(shape)
        return (
            self._bias
            + factor[:, None] * np.array(noise.slow) * (self._mix @ self._slow)
            + np.where(self._is_bad, noise.bad, 0.0)[:, None] * (self._mix @ self._bad)
            + np.array(noise.white) * random.standard_normal(shape)
        )

    def turned(self, shape: np.ndarray) -> np.ndarray:
        """A shape (21, 3) about its centre with this frame's errors of tilt and size; no step."""
        if not self._noise.tilt:
            return shape
        tilt = np.array(self._noise.tilt) * self._whole[:3]
        size = 1.0 + self._noise.size * self._whole[3]
        return size * (shape + np.cross(tilt, shape))


def _correlation(along: float) -> np.ndarray:
    """Correlation of the landmarks' errors, (21, 21): within a finger along ** distance."""
    finger = (np.arange(COUNT) + 3) // 4
    distance = np.abs(np.arange(COUNT)[:, None] - np.arange(COUNT))
    return np.where(finger[:, None] == finger, along**distance, 0.0)
