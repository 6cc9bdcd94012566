"""How far commands are trusted: those that stay near what the hand does, and do not tremble.

One who watches the hand asks for the next small step from where it is, one after another, and
turns an object from grasp to grasp in ways that no rule about a grasp's shape allows. A command
that runs ahead of the hand does not mind what the hand does, and one that trembles is not meant
at all. So a command is trusted after it has stayed within a leash's length for a while.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class TrustConfig:
    """When a command is trusted.

    Attributes:
      near, far: a command is trusted in full while every loaded fingertip is asked to go by less
        than the one, and not at all where one is asked to go by more than the other [m].
      patience: time constant with which trust grows; it is lost at once [s].
      settling: time constant of the filter that tells what is meant from what trembles [s].
      memory: time over which the command's power is the mean [s].
      shaky, steady: a command that keeps, behind that filter, less than the one share of its power
        trembles, one that keeps more than the other is meant.
    """

    near: float = 0.0155
    far: float = 0.0225
    patience: float = 3.0
    settling: float = 0.2
    memory: float = 1.0
    shaky: float = 0.35
    steady: float = 0.55


class Trust:
    """How far the commands of a batch of hands are trusted.

    `steady` (B,) says how far a command is meant and does not tremble, `now` (B,) how far it is
    trusted in this step, both 0 to 1.

    Args:
      fingers: F.
      rate: control rate [Hz].
      batch: B, number of hands.
      config: when.
    """

    def __init__(self, fingers: int, rate: float, batch: int, config: TrustConfig | None = None):
        self.config, self._dt = config or TrustConfig(), 1.0 / rate
        self._smooth = np.zeros((batch, fingers, 3))
        self._power = np.ones((2, batch))
        self._within, self.steady, self.now = np.zeros((3, batch))

    def forget(self, hands: np.ndarray) -> None:
        """Trust some hands (B,) as if nothing had been commanded."""
        for known in (self._smooth, self._within, self.steady, self.now):
            known[hands] = 0.0

    def step(
        self, offset: np.ndarray, loaded: np.ndarray, whole: np.ndarray, fresh: np.ndarray
    ) -> None:
        """Bring it up to date.

        Args:
          offset: (B, F, 3) where tips are asked to go from where they are at the last applied
            target, as far as they would lag without trust [m].
          loaded: (B, F) how surely each finger bears load, 0 to 1: only those that do can lose
            the object.
          whole: (B,) how far what is meant keeps the grasp's shape, 0 to 1.
          fresh: (B,) whether the past of a hand is forgotten before it.
        """
        config = self.config
        self.forget(fresh)
        self._smooth += self._share(config.settling) * (offset - self._smooth)
        power = (np.stack([self._smooth, offset]) ** 2).sum(axis=(2, 3))
        grown = self._power + self._share(config.memory) * (power - self._power)
        self._power = np.where(fresh, power, grown)
        kept = self._power[0] / np.maximum(self._power[1], 1e-12)
        self.steady = ramp(kept, config.shaky, config.steady)
        ahead = (loaded * np.linalg.norm(offset, axis=-1)).max(axis=1)
        near = ramp(-ahead, -config.far, -config.near)
        grown = self._within + self._share(config.patience) * (near - self._within)
        self._within = np.minimum(near, grown)
        self.now = self.steady * self._within * whole

    def _share(self, time: float) -> float:
        return 1.0 - np.exp(-self._dt / time)


def ramp(value: np.ndarray, low: np.ndarray | float, high: np.ndarray | float) -> np.ndarray:
    """0 below the one, 1 above the other, straight between."""
    return np.clip((value - low) / (high - low), 0.0, 1.0)
