"""Intervals: bootstrap over environments; of times between drops a bound where nothing drops."""

from dataclasses import dataclass

import numpy as np

NO_DROP = 2.996
"""-ln 0.05: without a drop in time T the mean time between drops exceeds T / 2.996 with 95 %."""


@dataclass(frozen=True)
class HoldingTime:
    """Simulated time and drops of each environment.

    Attributes:
      time: (n,) [s].
      drops: (n,).
    """

    time: np.ndarray
    drops: np.ndarray

    @property
    def mean(self) -> float:
        """Mean time between drops [s]; without a drop, the lower bound."""
        drops = self.drops.sum()
        return float(self.time.sum() / (drops if drops else NO_DROP))

    def resampled(self, count: int, seed: int) -> np.ndarray:
        """Bootstrap means (count,) over environments; one drop is added to samples without any."""
        rows = resampled_rows(len(self.time), count, seed)
        return self.time[rows].sum(axis=1) / np.maximum(self.drops[rows].sum(axis=1), 1)

    def interval(self, count: int = 1000, seed: int = 0) -> tuple[float, float]:
        """Interval of 95 % of the mean time between drops [s]."""
        if self.drops.sum() == 0:
            return self.mean, float('inf')
        low, high = np.quantile(self.resampled(count, seed), [0.025, 0.975])
        return float(low), float(high)


def resampled_rows(size: int, count: int, seed: int) -> np.ndarray:
    """Environments (count, size) of bootstrap samples."""
    return np.random.default_rng(seed).integers(0, size, (count, size))


def rate_interval(
    events: np.ndarray, time: np.ndarray, count: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """Interval of 95 % of the rate of events (n,) in times (n,), per unit of time."""
    rows = resampled_rows(len(time), count, seed)
    rates = events[rows].sum(axis=1) / time[rows].sum(axis=1)
    low, high = np.quantile(rates, [0.025, 0.975])
    return float(low), float(high)


def ratio_low95(ours: HoldingTime, rival: HoldingTime, count: int = 2000, seed: int = 0) -> float:
    """Lower bound of the ratio of mean times between drops, exceeded with 95 %."""
    ratio = ours.resampled(count, seed) / rival.resampled(count, seed + 1)
    return float(np.quantile(ratio, 0.05))
