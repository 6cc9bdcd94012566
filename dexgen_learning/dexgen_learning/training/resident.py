"""Training samples out of the memory of the device that trains: windows are gathered there.

A GPU takes a small network through hundreds of thousands of samples a second; neither memory maps
nor forward kinematics on a processor keep up with that. So both happen once.
"""

from concurrent.futures import ThreadPoolExecutor
import os

from dexgen_controller.model_config import ModelConfig
from dexgen_controller.observation import stack_steps
import numpy as np
import torch

from dexgen_learning.rollout.dataset import Dataset
from dexgen_learning.training.recorded import EPISODE, RecordedSource, WHITE
from dexgen_learning.training.samples import Batch
from dexgen_learning.training.training_config import TrainingConfig


def recorded_source(
    kinematics,
    data: Dataset,
    model: ModelConfig,
    config: TrainingConfig,
    noise: float = 1.0,
    limit: int = 0,
) -> RecordedSource:
    """The samples of a data set, where the training wants them."""
    if not config.resident:
        return RecordedSource(kinematics, data, model, noise, limit)
    return ResidentSource(kinematics, data, model, noise, limit, config.device, config.seed)


BLOCK = 65_536
"""Rows computed at a time."""


class ResidentSource(RecordedSource):
    """The samples of a `RecordedSource` but for the draw of the noise.

    Here each row's noise is drawn once, and a trajectory's offset once: an epoch sees the same
    noise as the one before.

    Args:
      kinematics, data, config, noise, limit: as of `RecordedSource`.
      device: where the rows lie and the batches are made.
      seed: of the noise.
    """

    def __init__(
        self,
        kinematics,
        data: Dataset,
        config: ModelConfig,
        noise: float = 1.0,
        limit: int = 0,
        device: str = 'cuda',
        seed: int = 0,
    ):
        super().__init__(kinematics, data, config, noise, limit)
        self._device = torch.device(device)
        steps, keypoints, targets = self._computed(seed)
        self._steps, self._keypoints, self._targets, self._modes = (
            torch.from_numpy(array).to(self._device)
            for array in (steps, keypoints, targets, data.column('mode').astype(np.int64))
        )
        self._past = torch.arange(1 - config.history, 1, device=self._device)
        self._future = torch.arange(config.steps + 1, device=self._device)

    def _computed(self, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Observed steps (N, 3 F + 3 J), keypoints (N, K, 3) [m], targets (N, J) [rad]."""
        data, count = self._data, len(self._data)
        config = self._config
        step = data.column('step').astype(int)
        _, trajectory = np.unique(np.arange(count) - step, return_inverse=True)
        steps = np.empty((count, config.state_size // config.history), np.float32)
        keypoints = np.empty((count, *data.index.dtype['keypoints'].shape), np.float32)
        targets = np.empty((count, config.joints), np.float32)
        draw = np.random.default_rng([seed, 0]).standard_normal
        offset = EPISODE * draw((int(trajectory[-1]) + 1, config.joints), np.float32)

        def fill(first: int) -> None:
            some = slice(first, min(first + BLOCK, count))
            rows = data.rows(np.arange(some.start, some.stop))
            draw = np.random.default_rng([seed, 1, first]).standard_normal
            noise = WHITE * draw(rows['q'].shape, np.float32) + offset[trajectory[some]]
            observed = rows['q'] + self._noise * noise
            steps[some] = stack_steps(
                self._kinematics, observed[:, None], rows['target'][:, None]
            )
            keypoints[some], targets[some] = rows['keypoints'], rows['target']

        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            list(pool.map(fill, range(0, count, BLOCK)))
        return steps, keypoints, targets

    def batch(self, rows: np.ndarray) -> Batch:
        """The samples of these rows, tensors on the device."""
        at = torch.from_numpy(np.asarray(rows)).to(self._device)
        path = self._keypoints[at[:, None] + self._future]
        return Batch(
            self._steps[at[:, None] + self._past].flatten(1),
            (path[:, 1:] - path[:, :1]).flatten(1),
            self._targets[at + 1] - self._targets[at],
            self._modes[at],
        )
