"""Comparison at equal following: where a curve of time between drops passes a level of gain."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dexgen_learning.evaluation.point import Point

RESAMPLES = 2000


class AtLevel(NamedTuple):
    """A family's time between drops at a level of following.

    Attributes:
      family: whose.
      time: mean time between drops [s].
      resampled: (RESAMPLES,) the same from resampled environments [s].
    """

    family: str
    time: float
    resampled: np.ndarray


def at_level(points: Sequence[Point], level: float, window: float, seed: int) -> AtLevel | None:
    """A family's curve at a level, interpolated between neighbours in log time; None beyond it.

    Args:
      points: of one family.
      level: of the gain.
      window: of following [s].
      seed: of the bootstrap.
    """
    ordered = sorted(points, key=lambda point: point.following[window].gain)
    for low, high in zip(ordered, ordered[1:], strict=False):
        gains = low.following[window].gain, high.following[window].gain
        if not gains[0] <= level <= gains[1]:
            continue
        share = (level - gains[0]) / max(gains[1] - gains[0], 1e-9)
        both = [np.log(p.holding.resampled(RESAMPLES, seed + k)) for k, p in ((0, low), (1, high))]
        means = np.log(low.holding.mean), np.log(high.holding.mean)
        return AtLevel(
            low.family,
            float(np.exp((1 - share) * means[0] + share * means[1])),
            np.exp((1 - share) * both[0] + share * both[1]),
        )
    return None


def families(points: Sequence[Point]) -> dict[str, list[Point]]:
    """Points by family."""
    found: dict[str, list[Point]] = {}
    for point in points:
        found.setdefault(point.family, []).append(point)
    return found


def best_at_level(
    points: Sequence[Point], level: float, window: float, seed: int
) -> AtLevel | None:
    """The family that holds longest at a level; raw and hold are the ends of every curve.

    Every curve of a rival begins at holding still (gain 0) and ends at the raw command.
    """
    groups = families(points)
    ends = groups.pop('hold', []) + groups.pop('raw', [])
    found = [
        at_level(own + ends, level, window, seed)._replace(family=name)
        for name, own in groups.items()
        if at_level(own + ends, level, window, seed) is not None
    ]
    return max(found, key=lambda entry: entry.time, default=None)


def compare_at_level(
    ours: Sequence[Point], rivals: Sequence[Point], level: float, window: float, seed: int = 0
) -> dict:
    """The row of a level: times, ratio, lower 95 % bound of the ratio; nulls where not reached."""
    own = at_level(ours, level, window, seed)
    best = best_at_level(rivals, level, window, seed + 10)
    ratio = own.time / best.time if own and best else None
    low = float(np.quantile(own.resampled / best.resampled, 0.05)) if own and best else None
    return {
        'dexgen_s': own.time if own else None,
        'best_control': best.family if best else None,
        'best_control_s': best.time if best else None,
        'ratio': ratio,
        'ratio_low95': low,
    }
