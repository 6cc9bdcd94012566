"""Training samples from a recorded data set, with the sensor noise that the hand will have."""

from dexgen_controller.model_config import ModelConfig
from dexgen_controller.observation import stack_steps
import numpy as np

from dexgen_learning.rollout.dataset import Dataset
from dexgen_learning.training.samples import Batch, HELD_OUT

WHITE, EPISODE = 0.025, 0.005
"""Noise on joint positions, per step and per episode [rad]: the paper's."""


class RecordedSource:
    """Samples of a data set; the observed joint positions get noise, the motions do not.

    Args:
      kinematics: of the hand that was recorded.
      data: the data set.
      config: history and future steps.
      noise: factor on the sensor noise, 0 for none.
      limit: use the first so many usable rows, 0 for all: for ablations on a fixed subset.
    """

    def __init__(
        self, kinematics, data: Dataset, config: ModelConfig, noise: float = 1.0, limit: int = 0
    ):
        self._kinematics, self._data, self._config = kinematics, data, config
        self._noise = noise
        rows = data.windows(config.history, config.steps)
        if len(rows) == 0:
            raise ValueError(
                f'the data set of {len(data)} rows holds no window of {config.history} past and '
                f'{config.steps} future steps to learn from; record more'
            )
        rows = rows[:limit] if limit else rows
        step = data.column('step')[rows].astype(int)
        # A trajectory begins where its step 0 lies: that row is its name over all shards.
        aside = ((rows - step) // 97) % HELD_OUT == HELD_OUT - 1
        self._training, self._aside = rows[~aside], rows[aside]

    def rows(self, held_out: bool) -> np.ndarray:
        """Rows that may be drawn, kept aside or for training."""
        return self._aside if held_out else self._training

    def batch(self, rows: np.ndarray) -> Batch:
        """The samples of these rows; the noise depends on the rows."""
        config = self._config
        past = self._data.rows(rows[:, None] + np.arange(1 - config.history, 1))
        observed = past['q'].astype(float)
        if self._noise:
            random = np.random.default_rng(rows[:16].tolist())
            white = WHITE * random.standard_normal(observed.shape, np.float32)
            offset = EPISODE * random.standard_normal((len(rows), 1, observed.shape[-1]))
            observed = observed + self._noise * (white + offset)
        return Batch(
            stack_steps(self._kinematics, observed, past['target']),
            self._data.motion(rows, config.steps).reshape(len(rows), -1),
            self._data.target_change(rows),
            past['mode'][:, -1].astype(np.int64),
        )
