"""One hand out of image points, depth, the model's shape and known bone lengths.

Maximum a posteriori estimate of the 21 points: each stays near its line of sight, at its measured
depth where there is one, with bones near the direction that the model's shape gives them and at
the length that was learned. Depths and shapes that contradict the rest lose their weight
(iteratively reweighted least squares with Cauchy weights); holes and hidden points are filled in
by the rest. The inverse of the normal matrix, scaled by how much the terms at a point contradict
each other, is its covariance: a point that nothing holds says so.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dexgen_teleop.landmarks import COUNT, PALM
from dexgen_teleop.sources.source import Intrinsics
from dexgen_teleop.tracking.bones import BoneLengths, CHILD, PAIRS, PARENT
from dexgen_teleop.tracking.depth import near, patches
from dexgen_teleop.tracking.occlusion import hidden
from dexgen_teleop.tracking.placement import place, sensible

THICKNESS = np.array(
    [20, 15, 12, 10, 8, 11, 9, 8, 7, 11, 9, 8, 7, 11, 9, 8, 7, 10, 8, 7, 6], float
) * 1e-3  # fmt: skip
"""A joint lies this far behind the skin that the camera sees, in a hand of usual size [m]."""
_DIFFERENCE = np.zeros((len(PAIRS), COUNT))
_DIFFERENCE[np.arange(len(PAIRS)), CHILD] = 1.0
_DIFFERENCE[np.arange(len(PAIRS)), PARENT] = -1.0
_DEGREE = np.abs(_DIFFERENCE).sum(axis=0)
_SHARE = 2.0 / np.maximum(2.0, np.maximum(_DEGREE[PARENT], _DEGREE[CHILD]))
"""An error of the model's wrist is in all five bones that meet there: each counts for less."""
_MEETING = (_DIFFERENCE != 0.0).T.astype(float)
_OUTER = np.einsum('ei,ej->eij', _DIFFERENCE, _DIFFERENCE).reshape(len(PAIRS), -1)
_DIAGONAL = np.arange(COUNT)


@dataclass(frozen=True)
class FusionSettings:
    """How much each source of knowledge is worth: standard deviations.

    Attributes:
      image: of an image point, as a length at the hand's distance [m].
      depth: of a joint's measured depth at 0.5 m: camera, flesh and patch together [m].
      shape: of the vector of a bone in the model's shape [m].
      iterations: of the reweighted least squares.
      valid_deviation: a point is valid up to this standard deviation [m],
      valid_ratio: and a finger's up to this multiple of the hand's median standard deviation.
    """

    image: float = 0.002
    depth: float = 0.004
    shape: float = 0.006
    iterations: int = 5
    valid_deviation: float = 0.008
    valid_ratio: float = 1.3


class FusedHand(NamedTuple):
    """The hand of one frame in the camera's optical frame.

    Attributes:
      points: (21, 3) [m].
      standard_deviation: (21,) of each point, one axis [m].
      valid: (21,) bool.
      metric: enough of the hand has a measured depth.
    """

    points: np.ndarray
    standard_deviation: np.ndarray
    valid: np.ndarray
    metric: bool


class Fusion:
    """Fuses frame after frame and learns the operator's bones meanwhile."""

    def __init__(self, settings: FusionSettings | None = None):
        self.settings = settings or FusionSettings()
        self.bones = BoneLengths()

    def fuse(
        self, world: np.ndarray, image: np.ndarray, camera: Intrinsics, depth: np.ndarray
    ) -> FusedHand:
        """The hand of one frame.

        Args:
          world: (21, 3) shape from the model [m], axes of the optical frame.
          image: (21, 2) normalised image points.
          camera: intrinsics of picture and depth.
          depth: (H, W) [m], 0 where unknown.

        Raises:
          ValueError: the landmarks are no hand, or none of it has a depth.
        """
        settings = self.settings
        start, surface = self._start(world, image, camera, depth)
        distance = float(np.median(start[:, 2]))
        rays = camera.rays(image)
        measured = surface + self.bones.scale() * THICKNESS
        depth_deviation = settings.depth * max(1.0, (distance / 0.5) ** 2)
        points, normal, weight, conflict = self._solve(start, rays, measured, depth_deviation)
        points = sensible(points)
        covariance = np.linalg.inv(normal)
        variance = np.diagonal(covariance).reshape(COUNT, 3)
        deviation = np.sqrt(variance.mean(axis=1)) * conflict
        self._learn(rays, measured, weight)
        inside = ((image >= 0.0) & (image <= 1.0)).all(axis=1)
        bound = np.full(COUNT, settings.valid_ratio * np.median(deviation))
        bound[list(PALM)] = np.inf
        valid = inside & (deviation < np.minimum(bound, settings.valid_deviation))
        return FusedHand(points, deviation, valid, bool((weight > 0.3).sum() >= 6))

    def _start(self, world, image, camera, depth) -> tuple[np.ndarray, np.ndarray]:
        """The model's shape, sized and placed by the depth of most of its points."""
        shape = place(world, image, camera)
        found = patches(depth, image, camera, float(np.median(shape[:, 2])))
        ratio = (found.surface + THICKNESS) / shape[:, 2]
        known = np.isfinite(ratio)
        if known.sum() < 6:
            raise ValueError(f'only {known.sum()} of {COUNT} landmarks have a depth')
        # Scaling a hand about the camera leaves its picture as it is.
        shape = shape * _mode(ratio[known], 0.04)
        surface = near(found, shape[:, 2] - THICKNESS)
        residual = surface + THICKNESS - shape[:, 2]
        if np.isfinite(residual).sum() >= 6:
            shape = shape * (1.0 + np.nanmedian(residual / shape[:, 2]))
            surface = near(found, shape[:, 2] - THICKNESS)
        return shape, surface

    def _solve(self, start, rays, measured, depth_deviation):
        settings, bones = self.settings, self.bones
        vectors = start[CHILD] - start[PARENT]
        # The shape gives directions; how long a bone is, its history knows better.
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors = vectors * (bones.mean[:, None] / np.maximum(lengths, 1e-6)) ** 0.5
        known = np.isfinite(measured)
        target = np.where(known, measured, 0.0)
        points = start.copy()
        thickness = bones.scale() * THICKNESS
        # Distance from the line of sight: the two components of x - ray z, linear in the point.
        rows = np.zeros((COUNT, 2, 3))
        rows[:, 0, 0] = rows[:, 1, 1] = 1.0
        rows[:, :, 2] = -rays
        sight = np.einsum('nai,naj->nij', rows, rows)
        stretch_weight = 1.0 / bones.deviation**2
        matrix = np.zeros((COUNT, 3, COUNT, 3))
        blocks = matrix.transpose(0, 2, 1, 3)
        for iteration in range(settings.iterations):
            if iteration in (0, 2):
                seen = known & ~hidden(points, thickness)
            aside = points[:, :2] - rays * points[:, 2:]
            slack = np.sqrt((aside * aside).sum(axis=1)) / settings.image
            image_weight = settings.image**-2 * _cauchy(slack, 3.0)
            error = np.where(seen, target - points[:, 2], 0.0)
            weight = np.where(seen, _cauchy(error / depth_deviation, 2.0), 0.0)
            bone = points[CHILD] - points[PARENT]
            length = np.sqrt((bone * bone).sum(axis=1))
            along = bone / np.maximum(length, 1e-6)[:, None]
            bend = vectors - bone
            bend2 = (bend * bend).sum(axis=1) / settings.shape**2
            bend_weight = _SHARE * settings.shape**-2 / (1.0 + bend2 / 9.0)
            pull = bend_weight[:, None] * bend
            pull += (stretch_weight * (bones.mean - length))[:, None] * along
            right = _DIFFERENCE.T @ pull
            right -= image_weight[:, None] * np.einsum('nai,na->ni', rows, aside)
            right[:, 2] += weight * depth_deviation**-2 * error
            joint = stretch_weight[:, None, None] * along[:, :, None] * along[:, None, :]
            joint += bend_weight[:, None, None] * np.eye(3)
            blocks[...] = (_OUTER.T @ joint.reshape(len(PAIRS), 9)).reshape(COUNT, COUNT, 3, 3)
            blocks[_DIAGONAL, _DIAGONAL] += image_weight[:, None, None] * sight
            blocks[_DIAGONAL, _DIAGONAL, 2, 2] += weight * depth_deviation**-2
            normal = matrix.reshape(3 * COUNT, 3 * COUNT)
            step = np.linalg.solve(normal, right.ravel()).reshape(COUNT, 3)
            points = points + np.clip(step, -0.05, 0.05)
        squares = slack**2 + np.where(seen, (error / depth_deviation) ** 2, 0.0)
        squares += _MEETING @ bend2
        terms = 2.0 + seen + 3.0 * _MEETING.sum(axis=1)
        return points, normal, weight, np.sqrt(np.maximum(1.0, squares / terms))

    def _learn(self, rays, measured, weight) -> None:
        """Learn from bones of which both ends were measured, by depth alone."""
        settings = self.settings
        seen = np.where((weight > 0.5)[:, None], measured[:, None], np.nan)
        points = np.concatenate([rays, np.ones((COUNT, 1))], axis=1) * seen
        lengths = np.linalg.norm(points[CHILD] - points[PARENT], axis=1)
        noise = np.hypot(settings.image, settings.depth) * np.sqrt(2.0)
        self.bones.learn(lengths, np.full(len(PAIRS), noise))


def _cauchy(residual: np.ndarray, width: float) -> np.ndarray:
    return 1.0 / (1.0 + (residual / width) ** 2)


def _mode(values: np.ndarray, width: float) -> float:
    """Median of the densest group: the nearest where background outvotes the hand."""
    close = np.abs(values[:, None] - values[None, :]) < width * values[:, None]
    best = np.argmax(close.sum(axis=1))
    return float(np.median(values[close[best]]))
