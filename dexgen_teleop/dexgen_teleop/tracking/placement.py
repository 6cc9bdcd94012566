"""Where a hand of known shape must be for a camera to see it as it does."""

import numpy as np

from dexgen_teleop.sources.source import Intrinsics

NEAREST, FARTHEST = 0.1, 3.0
"""Bounds of the distance of a hand from the camera [m]."""
REACH = 0.5
"""No point of a hand is farther than this from its centre [m]."""


def place(
    shape: np.ndarray, image: np.ndarray, intrinsics: Intrinsics, weight: np.ndarray | None = None
) -> np.ndarray:
    """Translate a hand so that it projects onto its image points.

    With x = (X + tx) / (Z + tz) the translation is linear in the rays: X + tx = x (Z + tz), and
    the same for y; least squares over all points. The distance is as good as the shape's size is.

    Args:
      shape: (21, 3) [m], axes of the optical frame, any origin.
      image: (21, 2) normalised image points.
      intrinsics: of the camera, known or assumed.
      weight: (21,) of each point; all equal by default.

    Returns:
      (21, 3) points [m] in the optical frame.

    Raises:
      ValueError: no finite, sensible translation exists (all image points equal, for example), or
        the shape is no hand's.
    """
    rays = intrinsics.rays(image)
    if not (np.isfinite(shape).all() and np.isfinite(rays).all()):
        raise ValueError('the landmarks are not finite')
    weight = np.ones(len(shape)) if weight is None else weight
    system = np.zeros((2 * len(shape), 3))
    system[0::2, 0], system[1::2, 1] = weight, weight
    system[0::2, 2], system[1::2, 2] = -weight * rays[:, 0], -weight * rays[:, 1]
    right = (weight[:, None] * (rays * shape[:, 2:] - shape[:, :2])).ravel()
    translation = np.linalg.lstsq(system, right, rcond=1e-4)[0]
    return sensible(shape + translation)


def sensible(points: np.ndarray) -> np.ndarray:
    """The hand (21, 3) [m] in the optical frame as it is, if a hand can be of that size and there.

    Raises:
      ValueError: a point is too far from the hand's centre, or the centre from the camera.
    """
    centre = points.mean(axis=0)
    reach = np.linalg.norm(points - centre, axis=1).max()
    if not reach < REACH:
        raise ValueError(f'a point would be {reach:.2f} m from the centre of its hand')
    if not (centre[2] > NEAREST and np.linalg.norm(centre) < FARTHEST):
        raise ValueError(f'the hand would be at {np.round(centre, 2)} m before the camera')
    return points
