"""Results as people read them: one Markdown table of every point, one figure of the walk."""

from collections.abc import Sequence
from pathlib import Path

from dexgen_learning.evaluation.levels import families
from dexgen_learning.evaluation.run import Point

HEAD = (
    '| stream | control | time between drops [s] | 95 % | drops | goals/min | gain 0.2 s | 1 s '
    '| 3 s | clamped | jerk [rad/s^3] |'
)


def markdown(points: Sequence[Point], result: dict) -> str:
    """The table of every point, and what it was made with."""
    lines = [HEAD, '|' + '---|' * 11]
    for point in points:
        low, high = point.holding.interval()
        gains = ' | '.join(f'{figures.gain:.2f}' for figures in point.following.values())
        lines.append(
            f'| {point.stream} | {point.control} | {point.holding.mean:.1f} '
            f'| {low:.1f}-{high:.1f} | {int(point.holding.drops.sum())} '
            f'| {point.goals_per_minute:.2f} | {gains} | {point.clamped_share:.2f} '
            f'| {point.jerk:.0f} |'
        )
    lines += [
        '',
        f'Protocol {result["evaluation_hash"][:12]}, seed {result["seed"]}, '
        f'{result["drops"]} drops in all, guidance of the cells {result["guidance"]}.',
        '',
    ]
    return '\n'.join(lines)


def draw_walk(points: Sequence[Point], window: float, path: Path) -> None:
    """Time between drops against following on the walk, a curve for each family."""
    import matplotlib

    matplotlib.use('Agg')
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7.0, 4.5))
    groups = families([point for point in points if point.stream == 'walk'])
    ends = groups.pop('hold', []) + groups.pop('raw', [])
    for family, own in sorted(groups.items()):
        ours = family.startswith('dexgen')
        curve = sorted(own if ours else own + ends, key=lambda p: p.following[window].gain)
        gains = [point.following[window].gain for point in curve]
        times = [point.holding.mean for point in curve]
        low, high = zip(*(point.holding.interval() for point in curve), strict=True)
        style = {'color': 'black', 'linewidth': 2.5} if ours else {'linewidth': 1.0}
        (line,) = axes.plot(gains, times, marker='o', markersize=3, label=family, **style)
        if ours:
            axes.fill_between(gains, low, high, alpha=0.2, color=line.get_color())
    axes.set_yscale('log')
    axes.set_xlabel(f'following: gain over {window:g} s')
    axes.set_ylabel('mean time between drops [s]')
    axes.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
