"""Which landmarks the hand itself hides from the camera."""

import numpy as np

from dexgen_teleop.landmarks import BONES, COUNT

FLESH = np.array([*BONES, (5, 9), (9, 13), (13, 17), (1, 5), (2, 5)])
"""Pairs of landmarks that flesh joins."""
MARGIN = 0.006
"""Flesh must be this much in front of a landmark's own to hide it [m]."""
_OWN = (FLESH[None, :, :] == np.arange(COUNT)[:, None, None]).any(axis=-1)


def hidden(points: np.ndarray, thickness: np.ndarray) -> np.ndarray:
    """Landmarks whose line of sight is crossed by other parts of the hand.

    Args:
      points: (21, 3) [m], optical frame.
      thickness: (21,) half the thickness of the flesh at each landmark [m].

    Returns:
      (21,) bool.
    """
    ray = points / np.linalg.norm(points, axis=1, keepdims=True)
    a, b = points[FLESH[:, 0]], points[FLESH[:, 1]]
    radius = 0.5 * thickness[FLESH].sum(axis=1)
    # Closest points of ray i (from the camera) and segment j: distances perpendicular to the ray.
    along_a, along_b = ray @ a.T, ray @ b.T
    side_a = a[None] - along_a[..., None] * ray[:, None]
    side_b = b[None] - along_b[..., None] * ray[:, None]
    span = side_b - side_a
    length2 = np.maximum((span * span).sum(axis=-1), 1e-12)
    share = np.clip(-(side_a * span).sum(axis=-1) / length2, 0.0, 1.0)
    gap = np.linalg.norm(side_a + share[..., None] * span, axis=-1)
    depth = along_a + share * (along_b - along_a)
    reach = np.sqrt(np.maximum(radius**2 - gap**2, 0.0))
    own = np.linalg.norm(points, axis=1) - thickness
    crossed = (gap < radius) & (depth - reach < own[:, None] - MARGIN) & ~_OWN
    return crossed.any(axis=1)
