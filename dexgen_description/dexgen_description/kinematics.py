"""Forward kinematics and Jacobians of a hand, for whole batches of postures at once.

The batch is the last axis inside, so that each step is a few long array operations; all links at
the same distance from the palm are one step (four steps for an Allegro hand, not sixteen).
"""
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dexgen_description import rotation
from dexgen_description.hand import Hand

_BLOCK = 1024
"""Postures handled at once: larger arrays leave the processor's cache and take twice as long."""


class _Level(NamedTuple):
    """Links at one distance from the palm.

    Attributes:
        parents: (n,) index of the parent in the previous level.
        turns: (n, 3, 3) fixed rotation from the parent's to this link's joint frame.
        offsets: (n, 3) origin in the parent's joint frame [m].
        joints: (n,) joint of each link.
        start: number of links in the levels before, the root not counted.
        before: the same of the previous level.
    """

    parents: np.ndarray
    turns: np.ndarray
    offsets: np.ndarray
    joints: np.ndarray
    start: int
    before: int


class _Frames(NamedTuple):
    """World frames of the links' joint frames: rotations (L, 3, 3, B), origins (L, 3, B) [m]."""

    rotations: np.ndarray
    origins: np.ndarray


class Kinematics:
    """Where links and keypoints of a hand are, and how they move with its joints.

    All positions are in the hand frame [m], all angles in rad, postures in the order of
    `hand.joint_names`. Any leading dimensions are a batch.
    """

    def __init__(self, hand: Hand):
        """Sort the links by distance from the palm and take the constants out of the loop.

        Each joint gets a frame of its own whose z is the joint's axis: turning the joint then
        only mixes the first two columns of a rotation.
        """
        self.hand = hand
        self.link_names = hand.link_names
        self.keypoint_names = hand.keypoint_names
        links = hand.links
        align = [np.eye(3)] + [rotation.from_z_axis(link.axis) for link in links[1:]]
        depth = [0] * len(links)
        for i, link in enumerate(links[1:], start=1):
            depth[i] = depth[link.parent] + 1
        order = [i for d in range(1, max(depth) + 1) for i in range(len(links)) if depth[i] == d]
        self._levels = []
        previous, before, start = [0], 0, 0
        for d in range(1, max(depth) + 1):
            members = [i for i in order if depth[i] == d]
            self._levels.append(_Level(
                np.array([previous.index(links[i].parent) for i in members]),
                np.stack([align[links[i].parent].T @ rotation.from_quaternion(links[i].quat)
                          @ align[i] for i in members]),
                np.stack([align[links[i].parent].T @ links[i].pos for i in members]),
                np.array([links[i].joint for i in members]), start, before))
            previous, before, start = members, start, start + len(members)
        self._place = np.array([order.index(i) for i in range(1, len(links))])
        self._align = np.stack(align[1:])
        self._init_points(align, order)

    def _init_points(self, align: list[np.ndarray], order: list[int]) -> None:
        """Prepare the keypoints and the pairs of keypoint and joint that moves it."""
        links, points = self.hand.links, self.hand.keypoints
        self._point_place = np.array([order.index(point.link) for point in points])
        self._point_offset = np.stack([align[p.link].T @ p.pos for p in points])
        pairs = []
        for k, point in enumerate(points):
            link = point.link
            while link > 0:
                pairs.append((k, links[link].joint, order.index(link)))
                link = links[link].parent
        self._pair_point, self._pair_joint, self._pair_place = np.array(pairs).T

    def keypoints(self, q: np.ndarray) -> np.ndarray:
        """Keypoints (..., K, 3) [m], order of `keypoint_names`, of postures q (..., J)."""
        return self._in_blocks(q, lambda block: self._points(self._frames(block)))

    def fingertips(self, q: np.ndarray) -> np.ndarray:
        """Fingertips (..., F, 3) [m], order of `hand.fingers`, of postures q (..., J)."""
        return self.keypoints(q)[..., self.hand.tip_indices, :]

    def keypoint_jacobian(self, q: np.ndarray) -> np.ndarray:
        """Derivative (..., K, 3, J) [m/rad] of the keypoints by the joints.

        A revolute joint with axis a through o moves a point x by a x (x - o) per radian.
        """
        return self._in_blocks(q, self._jacobian)

    def link_poses(self, q: np.ndarray) -> np.ndarray:
        """Poses (..., L, 4, 4) of the links, order of `link_names`, of postures q (..., J)."""
        return self._in_blocks(q, self._poses)

    def _in_blocks(self, q: np.ndarray, function: Callable[[np.ndarray], np.ndarray]
                   ) -> np.ndarray:
        """Apply `function` (J, B) -> (..., B) to postures q (..., J), the batch first again."""
        q = np.asarray(q, dtype=float)
        joints = len(self.hand.joint_names)
        if q.ndim == 0 or q.shape[-1] != joints:
            raise ValueError(f'posture of {self.hand.name} has shape {q.shape}; '
                             f'its last dimension must be {joints} joints')
        flat = q.reshape(-1, joints).T
        blocks = [np.moveaxis(function(flat[:, start:start + _BLOCK]), -1, 0)
                  for start in range(0, max(flat.shape[1], 1), _BLOCK)]
        result = np.concatenate(blocks)
        return result.reshape(*q.shape[:-1], *result.shape[1:])

    def _jacobian(self, q: np.ndarray) -> np.ndarray:
        """(K, 3, J, B)."""
        frames = self._frames(q)
        points = self._points(frames)
        axis = frames.rotations[self._pair_place, :, 2]
        arm = points[self._pair_point] - frames.origins[self._pair_place]
        jacobian = np.zeros((len(self.keypoint_names), 3, *q.shape))
        for i in range(3):
            j, k = (i + 1) % 3, (i + 2) % 3
            jacobian[self._pair_point, i, self._pair_joint] = (
                axis[:, j] * arm[:, k] - axis[:, k] * arm[:, j])
        return jacobian

    def _poses(self, q: np.ndarray) -> np.ndarray:
        """(L, 4, 4, B)."""
        frames = self._frames(q)
        poses = np.zeros((len(self.link_names), 4, 4, q.shape[1]))
        poses[0, :3, :3] = np.eye(3)[..., None]
        poses[:, 3, 3] = 1.0
        poses[1:, :3, 3] = frames.origins[self._place]
        poses[1:, :3, :3] = self._align[:, None] @ frames.rotations[self._place]
        return poses

    def _frames(self, q: np.ndarray) -> _Frames:
        sine, cosine = np.sin(q), np.cos(q)
        count, size = len(self.link_names) - 1, q.shape[1]
        rotations, origins = np.empty((count, 3, 3, size)), np.empty((count, 3, size))
        for level in self._levels:
            out = slice(level.start, level.start + len(level.joints))
            if level.start == 0:  # children of the palm, which does not move
                turned = np.broadcast_to(level.turns[..., None], (*level.turns.shape, size))
                origins[out] = level.offsets[..., None]
            else:
                parents = level.before + level.parents
                above = rotations[parents]
                # (n, 3, i, B) <- turns^T (n, 1, j, i) times rows of the parent's (n, 3, i, B)
                turned = level.turns.transpose(0, 2, 1)[:, None] @ above
                origins[out] = origins[parents] + (level.offsets[:, None, None] @ above)[:, :, 0]
            s, c = sine[level.joints, None], cosine[level.joints, None]
            rotations[out, :, 0] = c * turned[:, :, 0] + s * turned[:, :, 1]
            rotations[out, :, 1] = c * turned[:, :, 1] - s * turned[:, :, 0]
            rotations[out, :, 2] = turned[:, :, 2]
        return _Frames(rotations, origins)

    def _points(self, frames: _Frames) -> np.ndarray:
        """Keypoints (K, 3, B)."""
        turns = frames.rotations[self._point_place]
        return frames.origins[self._point_place] + (
            self._point_offset[:, None, None] @ turns)[:, :, 0]
