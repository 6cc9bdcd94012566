"""One row of the data set: a control step of one hand."""

from dexgen_description import Hand
import numpy as np

FORMAT = 'dexgen data set 2'
MODES = ('default', 'precision_rotation')
SOURCES = ('walk', 'hold', 'policy', 'finger', 'precision', 'wander')
"""The hand walks along grasps, holds, obeys a policy, moves a finger, turns finely, wanders."""


def row_type(hand: Hand) -> np.dtype:
    """The packed record of a row.

    q (J) joint positions [rad]; target (J) last applied targets [rad]; keypoints (K, 3) of q
    [m, hand frame]; wanted (J) targets that the expert asks for next [rad]; object_pos (3) [m],
    object_quat (4), gravity (3) [m/s^2], all in the hand frame; trajectory (number in the
    shard), step (in the trajectory), object, mode, source, learn (1: what follows this row is
    the expert's doing, 0: a disturbance's), reached (1: the goal pursued in this row was reached
    later, or the hand holds at one), pressing (bit f: finger f bears load, see `Touch`).
    """
    joints, keypoints = len(hand.joint_names), len(hand.keypoint_names)
    return np.dtype([
        ('q', '<f4', (joints,)), ('target', '<f4', (joints,)),
        ('keypoints', '<f4', (keypoints, 3)), ('wanted', '<f4', (joints,)),
        ('object_pos', '<f4', (3,)), ('object_quat', '<f4', (4,)), ('gravity', '<f4', (3,)),
        ('trajectory', '<u4'), ('step', '<u4'), ('object', 'u1'), ('mode', 'u1'),
        ('source', 'u1'), ('learn', 'u1'), ('reached', 'u1'), ('pressing', 'u1'),
        ('spare', 'u1', (2,))])


def trimmed(rows: np.ndarray, starts: np.ndarray, dropped: np.ndarray, lost_steps: int,
            shortest: int) -> np.ndarray:
    """Cut a recording into trajectories, without the steps that led to drops.

    Args:
        rows: (T, n) records of n environments.
        starts: (T, n) bool, the row is the first of an episode.
        dropped: (T, n) bool, the step after this row ended in a drop.
        lost_steps: rows before a drop that are discarded.
        shortest: trajectories of fewer rows are discarded.

    Returns:
        The kept rows, trajectory after trajectory, numbered.
    """
    kept = []
    steps, n = rows.shape
    number = 0
    for i in range(n):
        borders = np.flatnonzero(starts[:, i]).tolist()
        if not borders or borders[0] != 0:
            borders.insert(0, 0)
        for begin, end in zip(borders, [*borders[1:], steps], strict=True):
            if dropped[end - 1, i]:
                end -= lost_steps
            if end - begin < shortest:
                continue
            part = rows[begin:end, i].copy()
            part['trajectory'], part['step'] = number, np.arange(end - begin)
            kept.append(part)
            number += 1
    return np.concatenate(kept) if kept else np.zeros(0, rows.dtype)
