"""Results as people read them: every point in a Markdown table, and what was made with it."""

from collections.abc import Sequence

from dexgen_learning.evaluation.point import Point, WINDOWS

COLUMNS = (
    'stream', 'control', 'time between drops [s]', '95 %', 'drops', 'goals/min', '95 % of goals',
    *(f'gain {window:g} s' for window in WINDOWS), 'correlation 1 s', 'gain 1 s, touching',
    'gain 1 s, free', 'clamped', 'jerk [rad/s^3]',
)  # fmt: skip


def describe(point: Point) -> str:
    """One line for the terminal."""
    low, high = point.holding.interval()
    fewest, most = point.goals_interval
    gains = ' '.join(f'{figures.gain:5.2f}' for figures in point.following.values())
    return (
        f'{point.stream:14s} {point.control:28s} {point.holding.mean:7.1f} s '
        f'[{low:5.1f}, {high:5.1f}] {int(point.drops.sum()):4d} drops '
        f'{point.goals_per_minute:6.2f} goals/min [{fewest:.2f}, {most:.2f}]  gain {gains}  '
        f'clamped {point.clamped_share:.2f}  jerk {point.rms_jerk:5.0f}'
    )


def table(rows: Sequence[Sequence[str]], head: Sequence[str]) -> list[str]:
    """Lines of a Markdown table."""
    lines = ['| ' + ' | '.join(head) + ' |', '|' + '---|' * len(head)]
    return lines + ['| ' + ' | '.join(row) + ' |' for row in rows]


def point_row(point: Point) -> list[str]:
    """A point under COLUMNS."""
    low, high = point.holding.interval()
    fewest, most = point.goals_interval
    return [
        point.stream,
        point.control,
        f'{point.holding.mean:.1f}',
        f'{low:.1f}-{high:.1f}',
        str(int(point.drops.sum())),
        f'{point.goals_per_minute:.2f}',
        f'{fewest:.2f}-{most:.2f}',
        *(f'{figures.gain:.2f}' for figures in point.following.values()),
        f'{point.following[1.0].correlation:.2f}',
        f'{point.following_of("touching")[1.0].gain:.2f}',
        f'{point.following_of("free")[1.0].gain:.2f}',
        f'{point.clamped_share:.3f}',
        f'{point.rms_jerk:.0f}',
    ]


def number(value) -> str:
    """A figure of the result, or a dash where there is none."""
    if value is None:
        return '-'
    return value if isinstance(value, str) else f'{value:.3g}'


def records(rows: dict[str, dict], title: str) -> list[str]:
    """Lines of a table with a row for each name; empty where there are no rows."""
    if not rows:
        return []
    head = [title, *next(iter(rows.values()))]
    body = [[name, *(number(value) for value in row.values())] for name, row in rows.items()]
    return [*table(body, head), '']
