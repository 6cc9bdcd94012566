"""The grip is kept while fingers move: what presses goes on pressing as it did.

The bend of a joint, applied target minus position, is what its motor presses with. A loaded
finger that follows a command, or whose object yields, loses some of it, and later the object. So
the bends that a loaded finger had since it took up its load are remembered, and its targets go
after the object until they are back.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class GripConfig:
    """How the grip is kept.

    Attributes:
      gain: rate at which a lost bend is made good [1/s]; 0 for not at all.
      settling: time constant of the filter on bends [s].
      memory: time over which a remembered bend is the mean [s].
      begin: time for which a finger must have borne load before it is helped in full [s].
      bound: largest lost bend that counts [rad].
    """

    gain: float = 3.0
    settling: float = 0.2
    memory: float = 30.0
    begin: float = 1.0
    bound: float = 0.1


class Grip:
    """Remembers how the fingers of a batch of hands press.

    Args:
      finger: (J,) number of the finger of each joint.
      rate: control rate [Hz].
      batch: B, number of hands.
      config: how.
    """

    def __init__(
        self, finger: np.ndarray, rate: float, batch: int, config: GripConfig | None = None
    ):
        self.config = config or GripConfig()
        self._finger, self._dt = np.asarray(finger), 1.0 / rate
        joints, fingers = len(self._finger), int(self._finger.max()) + 1
        self._bend, self._mean = np.zeros((2, batch, joints))
        self._age = np.zeros((batch, fingers))
        self._fresh = np.ones(batch, bool)

    def reset(self, hands: np.ndarray | None = None) -> None:
        """Forget the grips of some hands (B,) or of all."""
        self._fresh |= True if hands is None else hands

    def step(self, bend: np.ndarray, loaded: np.ndarray, pace: np.ndarray) -> np.ndarray:
        """What is added to the targets (B, J) [rad] in this control step.

        Args:
          bend: (B, J) last applied target minus measured position [rad].
          loaded: (B, F) how surely each finger bears load, 0 to 1.
          pace: (B,) share by which the grasp was moved on purpose in this step; so much of the
            grip is remembered anew.
        """
        config, dt, fresh = self.config, self._dt, self._fresh[:, None]
        self._age = np.where(fresh | (loaded < 0.5), 0.0, self._age)
        share = 1.0 - np.exp(-dt / config.settling)
        self._bend = np.where(fresh, bend, self._bend + share * (bend - self._bend))
        # A mean over all the time of the load: of its first step alone at its beginning.
        follow = np.maximum(np.maximum(dt / config.memory, pace[:, None]), dt / (self._age + dt))
        self._mean += follow[:, self._finger] * (self._bend - self._mean)
        help_ = loaded * np.minimum(self._age / config.begin, 1.0)
        self._age += dt
        self._fresh[:] = False
        lost = np.clip(self._mean - self._bend, -config.bound, config.bound)
        return config.gain * dt * help_[:, self._finger] * lost
