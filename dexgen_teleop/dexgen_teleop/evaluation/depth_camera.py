"""A depth camera that looks at a hand of capsules: depth with noise, holes and flying pixels.

The error figures are those of an active stereo camera (RealSense D435 class) at arm's length:
range noise rising with the square of the distance, blobs without depth, a shadow without depth at
the left of each edge, pixels on edges that float between foreground and background.
"""

from dataclasses import dataclass

import numpy as np

from dexgen_teleop.landmarks import BONES
from dexgen_teleop.sources.source import Intrinsics

PALM_CAPSULES = ((5, 9), (9, 13), (13, 17), (1, 5), (2, 5))
"""Pairs of landmarks besides the bones that flesh joins."""
RADII = np.array(
    [20, 15, 12, 10, 8, 11, 9, 8, 7, 11, 9, 8, 7, 11, 9, 8, 7, 10, 8, 7, 6], float
) * 1e-3  # fmt: skip
"""Half the thickness of an adult's hand at each landmark [m]."""


@dataclass(frozen=True)
class DepthNoise:
    """Errors of the depth image; lengths at 0.5 m, growing with the square of the distance.

    Attributes:
      smooth: standard deviation of errors that neighbouring pixels share [m].
      white: standard deviation of each pixel's own error [m].
      patch: size of the shared errors [pixels].
      holes: share of the picture without depth.
      baseline: between the two imagers [m]; makes the shadow at the left of edges.
      flying: share of edge pixels that float.
      step: smallest difference of two depths [m].
    """

    smooth: float = 0.002
    white: float = 0.001
    patch: int = 6
    holes: float = 0.03
    baseline: float = 0.05
    flying: float = 0.5
    step: float = 0.001


def render(
    points: np.ndarray, radii: np.ndarray, camera: Intrinsics, background: float
) -> tuple[np.ndarray, np.ndarray]:
    """Exact depth of a hand of capsules in front of a wall.

    Args:
      points: (21, 3) [m], optical frame.
      radii: (21,) half the thickness at each landmark [m].
      camera: its size is the size of the result.
      background: distance of the wall [m].

    Returns:
      depth (H, W) [m] and the nearest landmark's index (H, W), -1 for the wall.
    """
    depth = np.full((camera.height, camera.width), background)
    owner = np.full(depth.shape, -1, np.int8)
    for a, b in (*BONES, *PALM_CAPSULES):
        _draw(points[a], points[b], 0.5 * (radii[a] + radii[b]), (a, b), camera, depth, owner)
    return depth, owner


def _draw(a, b, radius, names, camera, depth, owner) -> None:
    corners = camera.project(np.stack([a, b])) * [camera.width, camera.height]
    margin = radius / (min(a[2], b[2]) - radius) * max(camera.fx, camera.fy) + 2.0
    low = np.maximum(np.floor(corners.min(axis=0) - margin).astype(int), 0)
    high = np.minimum(
        np.ceil(corners.max(axis=0) + margin).astype(int) + 1, [camera.width, camera.height]
    )
    if (high <= low).any():
        return
    u, v = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
    rays = np.stack(
        [(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(u.shape)], axis=-1
    )
    distance, share = _capsule(rays, a, b, radius)
    window = (slice(low[1], high[1]), slice(low[0], high[0]))
    nearer = distance < depth[window]
    depth[window][nearer] = distance[nearer]
    owner[window][nearer] = np.where(share[nearer] < 0.5, names[0], names[1])


def _capsule(rays, a, b, radius) -> tuple[np.ndarray, np.ndarray]:
    """First hits of rays from the origin, as multiples of the rays; infinite for a miss.

    The cylinder's quadratic where its foot lies on the axis, else the nearer end's sphere.
    """
    axis = b - a
    axis2 = axis @ axis
    ray2, along = (rays * rays).sum(-1), rays @ axis
    start = -a @ axis
    qa = axis2 * ray2 - along**2
    qb = axis2 * (rays @ -a) - start * along
    qc = axis2 * (a @ a) - start**2 - radius**2 * axis2
    root = qb**2 - qa * qc
    with np.errstate(invalid='ignore', divide='ignore'):
        hit = (-qb - np.sqrt(root)) / qa
        foot = start + hit * along
    body = (root > 0.0) & (foot > 0.0) & (foot < axis2)
    distance = np.where(body, hit, np.inf)
    share = np.where(body, foot / axis2, 0.0)
    for end, value in ((a, 0.0), (b, 1.0)):
        half = rays @ end
        ball = half**2 - ray2 * (end @ end - radius**2)
        with np.errstate(invalid='ignore'):
            near = np.where(ball > 0.0, (half - np.sqrt(ball)) / ray2, np.inf)
        closer = near < distance
        distance, share = np.where(closer, near, distance), np.where(closer, value, share)
    return distance, share


def spoil(
    depth: np.ndarray, camera: Intrinsics, noise: DepthNoise, random: np.random.Generator
) -> np.ndarray:
    """Add the errors of a real depth camera; 0 where nothing is measured.

    Only around the hand, where anybody looks: the wall far from it stays exact.
    """
    rows, columns = np.nonzero(depth < depth.max() - 1e-6)
    if not len(rows):
        return depth.astype(np.float32)
    margin = 48
    window = (
        slice(max(rows.min() - margin, 0), rows.max() + margin),
        slice(max(columns.min() - margin, 0), columns.max() + margin),
    )
    seen = depth.astype(np.float32)
    seen[window] = _spoil(depth[window], camera, noise, random)
    return seen


def _spoil(depth, camera, noise, random) -> np.ndarray:
    growth = (depth / 0.5) ** 2
    shape = depth.shape
    error = noise.smooth * _patches(shape, noise.patch, random)
    error += noise.white * random.standard_normal(shape)
    seen = depth + error * growth
    seen = _float_edges(depth, seen, noise, random)
    seen = np.round(seen / noise.step) * noise.step
    blobs = _patches(shape, 2 * noise.patch, random)
    seen[blobs > np.quantile(blobs, 1.0 - noise.holes)] = 0.0
    seen[_shadow(depth, camera, noise)] = 0.0
    return seen


def _patches(shape, size, random) -> np.ndarray:
    """Unit-variance noise that is about constant over `size` pixels."""
    coarse = random.standard_normal((shape[0] // size + 2, shape[1] // size + 2))
    rows, columns = np.arange(shape[0]) / size, np.arange(shape[1]) / size
    r, c = rows.astype(int), columns.astype(int)
    fr, fc = (rows - r)[:, None], columns - c
    top = coarse[r][:, c] * (1 - fc) + coarse[r][:, c + 1] * fc
    bottom = coarse[r + 1][:, c] * (1 - fc) + coarse[r + 1][:, c + 1] * fc
    return 1.5 * (top * (1 - fr) + bottom * fr)


def _float_edges(depth, seen, noise, random) -> np.ndarray:
    """Some pixels within two of an edge lie anywhere between the two sides."""
    near, far = depth.copy(), depth.copy()
    for axis in (0, 1):
        for shift in (-2, -1, 1, 2):
            moved = np.roll(depth, shift, axis)
            near, far = np.minimum(near, moved), np.maximum(far, moved)
    flying = (far - near > 0.01) & (random.random(depth.shape) < noise.flying)
    return np.where(flying, near + random.random(depth.shape) * (far - near), seen)


def _shadow(depth, camera, noise) -> np.ndarray:
    """What the second imager does not see because something nearer hides it."""
    disparity = camera.fx * noise.baseline / depth
    hidden = np.zeros(depth.shape, bool)
    reach = int(np.ceil(disparity.max() - disparity.min()))
    for shift in range(1, reach + 1, 2):
        other = np.roll(disparity, -shift, axis=1)
        hidden |= other - disparity > shift
    return hidden
