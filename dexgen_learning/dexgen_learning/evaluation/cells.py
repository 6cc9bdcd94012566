"""Rows of the result: a cell of the corrupted expert, other objects."""

from collections.abc import Sequence

from dexgen_learning.evaluation.intervals import ratio_low95
from dexgen_learning.evaluation.point import Point


def cell_row(rivals: Sequence[Point], ours: Point | None, clean: Point | None) -> dict:
    """A cell: raw, hold, the best rival without a model, the controller, the clean expert.

    Args:
      rivals: raw and hold, then the others.
      ours: the controller, None where there is none.
      clean: the expert as it is.
    """
    raw, hold = (next(p for p in rivals if p.family == name) for name in ('raw', 'hold'))
    others = [point for point in rivals if point.family not in ('raw', 'hold')]
    return {
        'raw_s': raw.holding.mean,
        'hold_s': hold.holding.mean,
        **best_control(others, ours),
        'dexgen_s': ours.holding.mean if ours else None,
        'ratio': ours.holding.mean / raw.holding.mean if ours else None,
        'ratio_low95': ratio_low95(ours.holding, raw.holding) if ours else None,
        'raw_goals_per_min': raw.goals_per_minute,
        'dexgen_goals_per_min': ours.goals_per_minute if ours else None,
        'expert_goals_per_min': clean.goals_per_minute if clean else None,
        'clamped_share': raw.clamped_share,
    }


def best_control(rivals: Sequence[Point], ours: Point | None) -> dict:
    """The best rival in a cell, at equal goals and at equal time between drops.

    `best_control_s` is the longest time of a rival that reaches as many goals as the controller
    does, `best_control_goals_per_min` the most goals of a rival that holds as long; None where no
    rival does.
    """
    time = ours.holding.mean if ours else 0.0
    goals = ours.goals_per_minute if ours else 0.0
    long = [point.goals_per_minute for point in rivals if point.holding.mean >= time]
    able = [point.holding.mean for point in rivals if point.goals_per_minute >= goals]
    return {
        'best_control_s': max(able, default=None),
        'best_control_goals_per_min': max(long, default=None),
    }


def held_out_share(trained: Point | None, others: Point | None) -> float | None:
    """Time between drops on other objects as a share of that on the trained ones."""
    return others.holding.mean / trained.holding.mean if trained and others else None
