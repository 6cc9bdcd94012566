"""From recorded transitions to training samples: windows around each step."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from dexgen_controller.model_config import ModelConfig
from dexgen_controller.observation import stack_steps
import numpy as np


class Batch(NamedTuple):
    """Training samples in physical units, float32; arrays, or tensors where they are resident.

    Attributes:
      state: (B, S) stacked observation.
      motion: (B, D) future keypoint displacements [m, hand frame].
      increment: (B, J) next applied target minus the present one [rad].
      label: (B,) index of the mode.
    """

    state: np.ndarray
    motion: np.ndarray
    increment: np.ndarray
    label: np.ndarray


class SampleSource(Protocol):
    """Where a training run takes its samples from."""

    def rows(self, held_out: bool) -> np.ndarray:
        """Rows that may be drawn, kept aside or for training."""

    def batch(self, rows: np.ndarray) -> Batch:
        """The samples of these rows."""


@dataclass(frozen=True)
class Transitions:
    """Recorded steps, one after another, episodes laid end to end; arrays may be memory maps.

    Attributes:
      observed: (N, J) joint positions as the policy saw them [rad].
      positions: (N, J) true joint positions [rad].
      targets: (N, J) target applied when the step was observed [rad].
      episode: (N,) number of the episode of each step, rising.
      learn: (N,) whether the step is one to learn from.
      label: (N,) index of the mode.
    """

    observed: np.ndarray
    positions: np.ndarray
    targets: np.ndarray
    episode: np.ndarray
    learn: np.ndarray
    label: np.ndarray


HELD_OUT = 20
"""Every twentieth episode is kept aside."""


class WindowSource:
    """Windows over transitions.

    The history before an episode's first step is that step again, as in the environment after a
    reset. The future must lie inside the episode.

    Args:
      kinematics: forward kinematics of the hand.
      transitions: recorded steps.
      config: history and future steps.
    """

    def __init__(self, kinematics, transitions: Transitions, config: ModelConfig):
        self._kinematics = kinematics
        self._data = transitions
        self._config = config
        episode = np.asarray(transitions.episode)
        count = len(episode)
        starts = np.flatnonzero(np.diff(episode, prepend=episode[:1] - 1))
        lengths = np.diff(np.append(starts, count))
        self._first = np.repeat(starts, lengths)
        last = np.repeat(starts + lengths - 1, lengths)
        fits = np.arange(count) + config.steps <= last
        self._usable = fits & np.asarray(transitions.learn, bool)
        self._aside = episode % HELD_OUT == HELD_OUT - 1
        if not self._usable.any():
            raise ValueError(
                f'{count} transitions hold no window of {config.steps} future steps to learn '
                'from; record longer episodes'
            )

    def rows(self, held_out: bool) -> np.ndarray:
        """Rows that may be drawn, kept aside or for training."""
        return np.flatnonzero(self._usable & (self._aside == held_out))

    def batch(self, rows: np.ndarray) -> Batch:
        """The samples of these rows."""
        config, data = self._config, self._data
        past = rows[:, None] + np.arange(1 - config.history, 1)
        past = np.maximum(past, self._first[rows][:, None])
        state = stack_steps(self._kinematics, data.observed[past], data.targets[past])
        future = rows[:, None] + np.arange(config.steps + 1)
        keypoints = self._kinematics.keypoints(np.asarray(data.positions[future], float))
        motion = keypoints[:, 1:] - keypoints[:, :1]
        increment = data.targets[rows + 1] - data.targets[rows]
        return Batch(
            state,
            motion.reshape(len(rows), -1).astype(np.float32),
            np.asarray(increment, np.float32),
            np.asarray(data.label[rows], np.int64),
        )
