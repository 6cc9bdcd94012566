"""Reading a data set: windows of rows, the model's state and motion, targets."""

from pathlib import Path

import numpy as np

from dexgen_learning.rollout.shards import Index, shard_file


class Dataset:
    """All rows of a data set, memory-mapped; rows are numbered through over the shards.

    `rows` of a trajectory lie behind each other, 1 / control rate apart.
    """

    def __init__(self, folder: Path, verify: bool = False) -> None:
        """Open a data set.

        Args:
            folder: where it lies.
            verify: compare checksums first (reads everything).

        Raises:
            FileNotFoundError: no data set, or a missing shard.
            ValueError: a torn or (with verify) corrupt shard, or another format.
        """
        self.index = Index.read(folder)
        if verify:
            self.index.verify()
        content = self.index.content
        self.hand, self.objects = content['hand'], tuple(content['objects'])
        self.tips = np.array(content['tip_indices'])
        self.control_rate = float(content['control_rate'])
        self.maps = [np.memmap(shard_file(folder, s['shard']), self.index.dtype, 'r')
                     for s in content['shards'] if s['rows']]
        self.begin = np.concatenate([[0], np.cumsum([len(m) for m in self.maps])]).astype(int)

    def __len__(self) -> int:
        return int(self.begin[-1])

    def rows(self, numbers: np.ndarray) -> np.ndarray:
        """The records of any rows, same shape as `numbers`."""
        numbers = np.asarray(numbers)
        flat = numbers.ravel()
        shard = np.searchsorted(self.begin, flat, side='right') - 1
        out = np.empty(len(flat), self.index.dtype)
        for k in np.unique(shard):
            here = shard == k
            out[here] = self.maps[k][flat[here] - self.begin[k]]
        return out.reshape(numbers.shape)

    def column(self, name: str) -> np.ndarray:
        """One field of all rows, copied."""
        return np.concatenate([m[name] for m in self.maps]) if self.maps else np.zeros(0)

    def windows(self, history: int = 4, horizon: int = 2, learn_only: bool = True,
                reached_only: bool = False) -> np.ndarray:
        """Rows with `history - 1` rows before and `horizon` after them in their trajectory.

        With learn_only, `learn` is 1 in the row and in all but the last of those after it: what
        happens from the row on is the expert's doing. With reached_only, the goal that was pursued
        in the row was reached.
        """
        step, learn = self.column('step').astype(int), self.column('learn').astype(bool)
        n = len(step)
        good = step >= history - 1
        for k in range(1, horizon + 1):
            follows = np.zeros(n, dtype=bool)
            follows[:n - k] = step[k:] == step[:n - k] + k
            good &= follows
        for k in range(horizon if learn_only else 0):
            good[:n - k] &= learn[k:]
        if reached_only:
            good &= self.column('reached').astype(bool)
        return np.flatnonzero(good)

    def state(self, numbers: np.ndarray, history: int = 4) -> np.ndarray:
        """The model's state (n, history * (3 F + 3 J)) float32 of rows (n,), oldest step first.

        Of each step: fingertip positions [m], joint positions, targets, target minus position
        [rad]; the layout of dexgen_controller.observation.stack_steps.
        """
        rows = self.rows(np.asarray(numbers)[:, None] + np.arange(1 - history, 1))
        tips = rows['keypoints'][:, :, self.tips].reshape(*rows.shape, -1)
        steps = np.concatenate(
            [tips, rows['q'], rows['target'], rows['target'] - rows['q']], axis=-1)
        return steps.reshape(len(rows), -1)

    def motion(self, numbers: np.ndarray, horizon: int = 2) -> np.ndarray:
        """Keypoint motion dx_i = x_(t+i) - x_t, (n, horizon, K, 3) float32 [m]."""
        rows = self.rows(np.asarray(numbers)[:, None] + np.arange(horizon + 1))
        return rows['keypoints'][:, 1:] - rows['keypoints'][:, :1]

    def target_change(self, numbers: np.ndarray) -> np.ndarray:
        """Next applied target minus the last applied one (n, J) float32 [rad]."""
        rows = self.rows(np.asarray(numbers)[:, None] + np.arange(2))
        return rows['target'][:, 1] - rows['target'][:, 0]
