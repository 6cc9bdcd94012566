"""The variance-preserving noise schedule, in the angle that makes it plain.

A motion x0 with noise e is x = cos(angle) x0 + sin(angle) e: angle 0 is data, a quarter turn is
noise. Steps are evenly spaced in the angle, which for a unit normal prior are equal turns of the
probability flow.
"""

from dataclasses import dataclass
import math

import numpy as np

START = 1.55
"""Largest angle [rad]: signal 0.02, noise 0.9998."""


@dataclass(frozen=True)
class NoiseSchedule:
    """Angles that a sampler visits.

    Attributes:
      angles: (N + 1,) from the start down to 0 [rad].
    """

    angles: np.ndarray

    @classmethod
    def build(cls, steps: int, start: float = START) -> 'NoiseSchedule':
        """N even steps from `start` [rad] to 0.

        Raises:
          ValueError: no step, or a start outside (0, pi / 2).
        """
        if steps < 1:
            raise ValueError(f'{steps} diffusion steps; at least 1 is needed')
        if not 0.0 < start < math.pi / 2:
            raise ValueError(f'start angle {start} rad; it must lie between 0 and pi / 2')
        return cls(np.linspace(start, 0.0, steps + 1))

    @property
    def steps(self) -> int:
        """N."""
        return len(self.angles) - 1

    @property
    def signal(self) -> np.ndarray:
        """Weight of the data (N,) before each step."""
        return np.cos(self.angles[:-1])

    @property
    def noise(self) -> np.ndarray:
        """Weight of the noise before each step, shape (N,)."""
        return np.sin(self.angles[:-1])

    @property
    def keep(self) -> np.ndarray:
        """Factor (N,) of the noisy motion in the DDIM step."""
        return np.sin(self.angles[1:]) / np.sin(self.angles[:-1])

    @property
    def gain(self) -> np.ndarray:
        """Factor (N,) of the denoised motion in the DDIM step."""
        return np.cos(self.angles[1:]) - np.cos(self.angles[:-1]) * self.keep
