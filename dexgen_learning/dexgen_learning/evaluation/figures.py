"""The figures: time between drops against following, and against guidance."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dexgen_learning.evaluation.dexgen_control import OURS
from dexgen_learning.evaluation.levels import best_at_level, families
from dexgen_learning.evaluation.point import Point


def _pyplot():
    import matplotlib

    matplotlib.use('Agg')
    from matplotlib import pyplot

    return pyplot


def draw_following(
    rivals: Sequence[Point], others: Sequence[Point], window: float, path: Path
) -> None:
    """Time between drops against following: a curve for each family, the rivals' frontier.

    Args:
      rivals: without a model; the frontier is theirs.
      others: the controller and the rivals with a model.
      window: of following [s].
      path: .png.
    """
    pyplot = _pyplot()
    figure, axes = pyplot.subplots(figsize=(7.0, 4.5))
    groups = families(rivals)
    ends = groups.pop('hold', []) + groups.pop('raw', [])
    for family, own in sorted(groups.items()):
        _curve(axes, own + ends, window, family, linewidth=0.8)
    for family, own in sorted(families(others).items()):
        ours = family == OURS
        style = {'color': 'black', 'linewidth': 2.5} if ours else {'linestyle': '--'}
        _curve(axes, own, window, family, **style)
    levels = np.linspace(0.02, 0.98, 49)
    best = [best_at_level(rivals, level, window, 0) for level in levels]
    frontier = [(level, entry.time) for level, entry in zip(levels, best, strict=True) if entry]
    if frontier:
        style = {'color': 'red', 'alpha': 0.6, 'label': "the rivals' frontier"}
        axes.plot(*zip(*frontier, strict=True), **style)
    axes.set_yscale('log')
    axes.set_xlabel(f'following: gain over {window:g} s')
    axes.set_ylabel('mean time between drops [s]')
    axes.legend(fontsize=7)
    _save(pyplot, figure, path)


def _curve(axes, points: Sequence[Point], window: float, label: str, **style) -> None:
    curve = sorted(points, key=lambda point: point.following[window].gain)
    gains = [point.following[window].gain for point in curve]
    (line,) = axes.plot(
        gains, [p.holding.mean for p in curve], marker='o', markersize=3, label=label, **style
    )
    if label == OURS:
        low, high = zip(*(point.holding.interval() for point in curve), strict=True)
        axes.fill_between(gains, low, high, alpha=0.2, color=line.get_color())


def draw_guidance(cells: dict[str, Sequence[Point]], path: Path) -> None:
    """Time between drops and goals against guidance, a curve for each cell, raw as its line.

    Args:
      cells: by name, the points of a cell.
      path: .png.
    """
    pyplot = _pyplot()
    figure, (above, below) = pyplot.subplots(2, 1, figsize=(7.0, 6.0), sharex=True)
    for name, points in cells.items():
        ours = sorted((p for p in points if p.family == OURS), key=lambda p: p.setting)
        if not ours:
            continue
        strengths = [point.setting for point in ours]
        (line,) = above.plot(strengths, [p.holding.mean for p in ours], marker='o', label=name)
        below.plot(strengths, [p.goals_per_minute for p in ours], marker='o')
        for raw in (point for point in points if point.family == 'raw'):
            style = {'color': line.get_color(), 'linestyle': ':', 'linewidth': 1.0}
            above.axhline(raw.holding.mean, **style)
            below.axhline(raw.goals_per_minute, **style)
    smallest = min(
        (p.setting for points in cells.values() for p in points
         if p.family == OURS and p.setting > 0.0), default=0.01,
    )  # fmt: skip
    above.set_xscale('symlog', linthresh=smallest)
    above.set_yscale('log')
    above.set_ylabel('mean time between drops [s]')
    below.set_ylabel('goals per minute')
    below.set_xlabel('guidance (dotted: the raw command)')
    above.legend(fontsize=7)
    _save(pyplot, figure, path)


def _save(pyplot, figure, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
