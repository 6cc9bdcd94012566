"""Fits a jointed hand to tracked landmarks: what no jointed hand can explain is error."""

from typing import NamedTuple

import numpy as np

from dexgen_teleop.human_hand import HumanHand, LOWER, OPEN, UPPER
from dexgen_teleop.landmarks import wrist_frame

ANGLES = OPEN.size
FREEDOMS = ANGLES + 6
STEP = 1e-4


class KinematicFit(NamedTuple):
    """A hand with constant bones in every frame.

    Attributes:
      hand: bones of the operator.
      angles: (T, 5, 4) [rad].
      rotation: (T, 3, 3), wrist frame to the frame of the points.
      translation: (T, 3) [m].
      points: (T, 21, 3) of the fitted hand [m].
    """

    hand: HumanHand
    angles: np.ndarray
    rotation: np.ndarray
    translation: np.ndarray
    points: np.ndarray


def fit_hand(points: np.ndarray, side: str, rounds: int = 6, steps: int = 12) -> KinematicFit:
    """Fit bones and postures in turn: medians over the clip, then Gauss-Newton in each frame.

    Args:
      points: (T, 21, 3) [m].
      side: 'right' or 'left'.
      rounds: of bones and postures in turn.
      steps: of Gauss-Newton in each round.
    """
    pose = wrist_frame(points, side)
    rotation, translation = pose[:, :3, :3], pose[:, :3, 3]
    angles = np.broadcast_to(OPEN, (len(points), *OPEN.shape)).copy()
    hand = HumanHand(side)
    for _ in range(rounds):
        for _ in range(steps):
            angles, rotation, translation = _step(hand, points, angles, rotation, translation)
        hand = _bones(points, rotation, translation, side)
    fitted = _points(hand, angles, rotation, translation)
    return KinematicFit(hand, angles, rotation, translation, fitted)


def rotations(vectors: np.ndarray) -> np.ndarray:
    """Rotation matrices (..., 3, 3) of rotation vectors (..., 3) [rad] (Rodrigues)."""
    angle = np.maximum(np.linalg.norm(vectors, axis=-1), 1e-9)[..., None, None]
    cross = np.cross(np.eye(3), vectors[..., None, :])
    return np.eye(3) + np.sin(angle) / angle * cross + (1 - np.cos(angle)) / angle**2 * (
        cross @ cross
    )


def _points(hand, angles, rotation, translation) -> np.ndarray:
    local = hand.landmarks(angles)
    return np.einsum('tij,tkj->tki', rotation, local) + translation[:, None]


def _step(hand, points, angles, rotation, translation):
    count = len(points)
    base = _points(hand, angles, rotation, translation)
    error = (points - base).reshape(count, -1)
    jacobian = np.zeros((count, error.shape[1], FREEDOMS))
    for k in range(ANGLES):
        moved = angles.copy()
        moved.reshape(count, -1)[:, k] += STEP
        change = _points(hand, moved, rotation, translation) - base
        jacobian[:, :, k] = change.reshape(count, -1) / STEP
    for k in range(3):
        turn = rotations(STEP * np.eye(3)[k]) @ rotation
        change = _points(hand, angles, turn, translation) - base
        jacobian[:, :, ANGLES + k] = change.reshape(count, -1) / STEP
        jacobian[:, k::3, ANGLES + 3 + k] = 1.0
    prior = np.r_[np.full(ANGLES, 0.003**2), np.zeros(6)]
    normal = np.einsum('tij,tik->tjk', jacobian, jacobian) + np.diag(prior + 1e-9)
    right = np.einsum('tij,ti->tj', jacobian, error)
    right[:, :ANGLES] -= prior[:ANGLES] * (angles - OPEN).reshape(count, -1)
    change = np.clip(np.linalg.solve(normal, right[..., None])[..., 0], -0.3, 0.3)
    angles = np.clip(angles + change[:, :ANGLES].reshape(angles.shape), LOWER, UPPER)
    rotation = rotations(change[:, ANGLES : ANGLES + 3]) @ rotation
    return angles, rotation, translation + change[:, ANGLES + 3 :]


def _bones(points, rotation, translation, side) -> HumanHand:
    local = np.einsum('tji,tkj->tki', rotation, points - translation[:, None])
    if side == 'left':
        local = local * [1.0, -1.0, 1.0]
    roots = np.median(local[:, 1::4], axis=0)
    chains = points[:, 1:].reshape(len(points), 5, 4, 3)
    lengths = np.median(np.linalg.norm(np.diff(chains, axis=2), axis=-1), axis=0)
    return HumanHand(side, roots=roots, lengths=lengths)
