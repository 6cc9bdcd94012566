"""Depth at the landmarks: a robust median over a small patch, near where the hand must be."""

from typing import NamedTuple

import numpy as np

from dexgen_teleop.sources.source import Intrinsics

HALF_PATCH = 0.005
"""Half the side of a patch [m]: less than half a finger's width."""
NEIGHBOURHOOD = 0.025
"""Depths farther than this from where the hand is thought to be are another surface [m]."""
SHARE = 0.25
"""Least share of a patch that must lie on the hand."""


class Patches(NamedTuple):
    """Depth pixels around each landmark.

    Attributes:
      depth: (21, N) [m], 0 where unknown or outside the picture.
      surface: (21,) median of all known pixels [m]; not a number without any.
    """

    depth: np.ndarray
    surface: np.ndarray


def patches(depth: np.ndarray, image: np.ndarray, camera: Intrinsics, distance: float) -> Patches:
    """Cut a square patch out of the depth image around each landmark.

    Args:
      depth: (H, W) [m], aligned with the picture, 0 where unknown.
      image: (21, 2) normalised image points.
      camera: intrinsics of the depth image.
      distance: of the hand, about [m]; nearer hands get larger patches [pixels].
    """
    height, width = depth.shape
    half = int(np.clip(round(HALF_PATCH * camera.fx / distance), 1, 12))
    stride = max(1, half // 4)
    offsets = np.arange(-half, half + 1, stride)
    centre = np.round(np.nan_to_num(image, nan=-1.0) * [width, height]).astype(int)
    centre = np.clip(centre, -9999, 99999)
    columns = centre[:, 0, None, None] + offsets[None, None, :]
    rows = centre[:, 1, None, None] + offsets[None, :, None]
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    values = depth[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)]
    values = np.where(inside, values, 0.0).reshape(len(image), -1)
    return Patches(values, _median(values, values > 0.0))


def near(found: Patches, expected: np.ndarray) -> np.ndarray:
    """Depth of each landmark's surface among the pixels near the expected depth.

    Args:
      found: of `patches`.
      expected: (21,) [m].

    Returns:
      (21,) [m], not a number where too few pixels are near.
    """
    close = (found.depth > 0.0) & (np.abs(found.depth - expected[:, None]) < NEIGHBOURHOOD)
    enough = close.mean(axis=1) >= SHARE
    return np.where(enough, _median(found.depth, close), np.nan)


def _median(values: np.ndarray, use: np.ndarray) -> np.ndarray:
    """Median over the last axis of the values in use; not a number without any."""
    ordered = np.sort(np.where(use, values, np.inf), axis=-1)
    count = use.sum(axis=-1)
    index = np.maximum(count - 1, 0) // 2
    middle = np.take_along_axis(ordered, index[:, None], axis=-1)[:, 0]
    return np.where(count > 0, middle, np.nan)
