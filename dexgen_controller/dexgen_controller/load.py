"""Which fingers bear load, told from the motors.

They bend the joints of a finger that presses away from its targets. Exact sensors show every bend,
and each counts and is remembered; where sensors are noisy, a network tells, see `touch`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dexgen_controller.checkpoint import HandLayout
from dexgen_controller.model_config import ModelConfig
from dexgen_controller.touch import TouchFilter
from dexgen_controller.trust import ramp


@dataclass(frozen=True)
class LoadConfig:
    """What counts as a load.

    Attributes:
      doubtful, sure: a finger that presses with a lower probability bears no load, one with a
        higher counts in full, where no share of the command is followed.
      boldness: how much both rise with that share.
      memory: time constant with which a load that the network no longer tells is forgotten [s].
      light, heavy: with exact sensors a finger whose joints bend by less bears no load, one that
        bends by more counts in full [rad].
      blind: what is added to both for each radian of the joints' noise.
      settling: time constant of the filter on bends and noise [s].
      long_memory: time in which a bend that is no longer felt is half forgotten [s].
    """

    doubtful: float = 0.2
    sure: float = 0.65
    boldness: float = 0.5
    memory: float = 0.5
    light: float = 0.012
    heavy: float = 0.02
    blind: float = 10.0
    settling: float = 0.6
    long_memory: float = 10.0


class Load:
    """How surely the fingers of a batch of hands bear load, 0 to 1.

    `loaded` (B, F) is what counts for the share that is followed, `held` (B, F) for the share that
    would be followed without trust: it doubts less.

    Args:
      layout: names of joints and fingers.
      model: history and rate of the observations.
      batch: B, number of hands.
      touch: probability (B, F) that each finger presses, of a `TouchFilter`'s features.
      config: what counts.
    """

    def __init__(
        self,
        layout: HandLayout,
        model: ModelConfig,
        batch: int,
        touch: Callable[[np.ndarray], np.ndarray],
        config: LoadConfig | None = None,
    ):
        self.config = config or LoadConfig()
        self._model, self._dt = model, 1.0 / model.rate
        self._touch = touch
        self._filter = TouchFilter(model.joints, model.rate, batch)
        self._joints = owned(layout.joint_names, layout.fingers)
        self._bend, self._noise = np.zeros((batch, model.joints)), np.zeros(batch)
        self._bent, self._told = np.zeros((2, batch, model.fingers))
        self.loaded, self.held = np.zeros((2, batch, model.fingers))

    def restart(self) -> None:
        """Let all hands begin anew."""
        self._filter.restart()

    def step(
        self, state: np.ndarray, share: np.ndarray, least: np.ndarray, fresh: np.ndarray
    ) -> None:
        """Bring it up to date.

        Args:
          state: (B, S) stacked observations.
          share: (B,) of the command that is followed; the larger, the surer a load must be.
          least: (B,) that would be followed without trust.
          fresh: (B,) whether the past of a hand is forgotten before it.
        """
        seen, presses = self._seen(state, fresh), self._presses(state, fresh)
        self.loaded = np.maximum(seen, self._guessed(presses, share, fresh))
        self.held = np.maximum(self.loaded, self._felt(presses, least))

    def _seen(self, state: np.ndarray, fresh: np.ndarray) -> np.ndarray:
        """Load (B, F) that shows in bends as far as the sensors are exact."""
        config, anew = self.config, fresh[:, None]
        steps = state.reshape(len(state), self._model.history, -1)[:, :, -self._model.joints :]
        bend, noise = steps.mean(axis=1), _noise(steps)
        share = 1.0 - np.exp(-self._dt / config.settling)
        self._bend = np.where(anew, bend, self._bend + share * (bend - self._bend))
        self._noise = np.where(fresh, noise, self._noise + share * (noise - self._noise))
        felt = np.stack([np.abs(self._bend[:, own]).max(axis=1) for own in self._joints], axis=1)
        kept = 0.5 ** (self._dt / config.long_memory) * self._bent
        self._bent = np.where(anew, felt, np.maximum(felt, kept))
        light = config.light + config.blind * self._noise[:, None]
        return ramp(self._bent, light, light + config.heavy - config.light)

    def _presses(self, state: np.ndarray, fresh: np.ndarray) -> np.ndarray:
        """Probability (B, F) that each finger presses, as the network tells."""
        joints = self._model.joints
        newest = state.reshape(len(state), self._model.history, -1)[:, -1]
        first = 3 * self._model.fingers
        positions, targets = newest[:, first : first + joints], newest[:, -2 * joints : -joints]
        return self._touch(self._filter.step(positions, targets, fresh))

    def _felt(self, presses: np.ndarray, share: np.ndarray) -> np.ndarray:
        """Load (B, F) of these probabilities; the larger the share, the surer it must be."""
        config = self.config
        doubtful = config.doubtful + config.boldness * share[:, None]
        return ramp(presses, doubtful, doubtful + config.sure - config.doubtful)

    def _guessed(
        self, presses: np.ndarray, share: np.ndarray, fresh: np.ndarray
    ) -> np.ndarray:
        """Load (B, F) that the network tells, now or a moment ago."""
        felt = self._felt(presses, share)
        kept = np.exp(-self._dt / self.config.memory) * self._told
        self._told = np.where(fresh[:, None], felt, np.maximum(felt, kept))
        return self._told


UNKNOWN = 1.0
"""Noise of sensors where one step shows none: so much that bends alone tell nothing [rad]."""


def _noise(steps: np.ndarray) -> np.ndarray:
    """Standard deviation (B,) of what differs from step to step (B, H, J) in most joints."""
    if steps.shape[1] < 2:
        return np.full(len(steps), UNKNOWN)
    return np.median(np.abs(np.diff(steps, axis=1)), axis=(1, 2)) / (0.6745 * np.sqrt(2.0))


def owned(names: tuple[str, ...], fingers: tuple[str, ...]) -> np.ndarray:
    """Whether (F, len(names)) a name is of a finger."""
    return np.array([[name.split('_')[0] == finger for name in names] for finger in fingers])
