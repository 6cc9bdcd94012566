"""Disturbances of the wanted target from which the expert takes over again."""

from dataclasses import dataclass

from dexgen_description import Hand
import numpy as np

from dexgen_learning.env.environment import ACTION_SCALE

KINDS = ('random', 'drift', 'finger', 'slow', 'stray')


@dataclass(frozen=True)
class DisturbanceConfig:
    """How often and how hard.

    Args:
        share: share of the environments that are ever disturbed.
        pause: range of the time between disturbances [s].
        length: range of the length of a disturbance [s].
        stray: the same of slow drifts away from the grasp, as of a hand that is led astray [s].
        stray_speed: their speed as a share of that of other drifts.
        strength: largest amplitude, in units of the normalised action.
    """

    share: float = 0.7
    pause: tuple[float, float] = (1.0, 4.0)
    length: tuple[float, float] = (0.1, 0.5)
    stray: tuple[float, float] = (0.4, 1.5)
    stray_speed: float = 0.3
    strength: float = 1.0


class Disturbances:
    """n independent processes that now and then spoil the wanted target."""

    def __init__(self, hand: Hand, n: int, config: DisturbanceConfig,
                 rng: np.random.Generator) -> None:
        """Draw which environments are disturbed and when first."""
        self.hand, self.config, self.rng, self.n = hand, config, rng, n
        self.prone = rng.random(n) < config.share
        self.wait = rng.uniform(*config.pause, size=n)
        self.left = np.zeros(n)
        self.kind = np.zeros(n, dtype=int)
        self.drift = np.zeros((n, len(hand.joint_names)))

    def step(self, clean: np.ndarray, target: np.ndarray,
             dt: float) -> tuple[np.ndarray, np.ndarray]:
        """The spoiled wanted targets (n, J) [rad] and which environments they concern (n,)."""
        self.left = np.maximum(self.left - dt, 0.0)
        self.wait -= dt
        self._begin(np.flatnonzero(self.prone & (self.wait <= 0.0)))
        active = self.left > 0.0
        scale = ACTION_SCALE * dt / 0.1
        noise = self.rng.uniform(-0.75, 0.75, size=clean.shape) * self.config.strength * scale
        slow = target + (clean - target) * self.rng.uniform(0.0, 1.0, size=clean.shape)
        spoiled = clean + np.where((self.kind == 0)[:, None], noise, self.drift * scale)
        spoiled = np.where((self.kind == 3)[:, None], slow, spoiled)
        return np.where(active[:, None], spoiled, clean), active

    def _begin(self, ids: np.ndarray) -> None:
        if len(ids) == 0:
            return
        config, rng, joints = self.config, self.rng, self.drift.shape[1]
        self.kind[ids] = rng.integers(0, len(KINDS), size=len(ids))
        stray = self.kind[ids] == KINDS.index('stray')
        self.left[ids] = np.where(stray, rng.uniform(*config.stray, size=len(ids)),
                                  rng.uniform(*config.length, size=len(ids)))
        self.wait[ids] = self.left[ids] + rng.uniform(*config.pause, size=len(ids))
        drift = rng.uniform(-0.5, 0.5, size=(len(ids), joints)) * config.strength
        finger = rng.integers(0, len(self.hand.fingers), size=len(ids))
        mask = np.zeros((len(self.hand.fingers), joints))
        for f, name in enumerate(self.hand.fingers):
            mask[f, self.hand.joint_indices(name)] = 1.0
        single = (self.kind[ids] == 2)[:, None]
        drift = np.where(stray[:, None], config.stray_speed * drift, drift)
        self.drift[ids] = np.where(single, 1.5 * drift * mask[finger], drift)
