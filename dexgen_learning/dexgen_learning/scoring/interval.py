"""95 % intervals: Poisson for drops, binomial for trials, bootstrapped for goals."""

import numpy as np
from scipy.stats import beta, chi2


def poisson_interval(count: int) -> tuple[float, float]:
    """The exact 95 % interval of the expected count (Garwood 1936)."""
    low = 0.5 * chi2.ppf(0.025, 2 * count) if count > 0 else 0.0
    return float(low), float(0.5 * chi2.ppf(0.975, 2 * count + 2))


def binomial_interval(good: int, trials: int) -> tuple[float, float]:
    """The exact 95 % interval of a share of trials (Clopper and Pearson 1934)."""
    low = beta.ppf(0.025, good, trials - good + 1) if good else 0.0
    high = beta.ppf(0.975, good + 1, trials - good) if good < trials else 1.0
    return float(low), float(high)


def time_between(total: float, count: int) -> tuple[float, tuple[float, float]]:
    """Mean time between events [s] and its interval; without an event the lower bound counts."""
    low, high = poisson_interval(count)
    mean = total / count if count else total / high
    return float(mean), (float(total / high), float(total / low) if low > 0.0 else float('inf'))


def bootstrap_interval(values: np.ndarray, rng: np.random.Generator,
                       draws: int = 1000) -> tuple[float, float]:
    """The 95 % interval of the mean of values (n,), resampled."""
    picks = rng.integers(0, len(values), size=(draws, len(values)))
    means = np.asarray(values, dtype=float)[picks].mean(axis=1)
    return float(np.percentile(means, 2.5)), float(np.percentile(means, 97.5))


def ratio_interval(first: tuple[float, int], second: tuple[float, int]) -> tuple[float, float]:
    """The 95 % interval of the ratio of two mean times between events, (total [s], count) each.

    Normal approximation of the logarithm of the ratio of two Poisson rates.
    """
    (time_a, count_a), (time_b, count_b) = first, second
    ratio = (time_a / max(count_a, 1)) / (time_b / max(count_b, 1))
    width = 1.96 * np.sqrt(1.0 / max(count_a, 1) + 1.0 / max(count_b, 1))
    return float(ratio * np.exp(-width)), float(ratio * np.exp(width))
