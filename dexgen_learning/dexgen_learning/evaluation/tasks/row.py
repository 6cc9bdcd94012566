"""A task in the result: raw, the best rival, the controller."""

from collections.abc import Sequence

from dexgen_learning.evaluation.dexgen_control import OURS
from dexgen_learning.evaluation.tasks.trials import Score


def task_row(scores: Sequence[Score]) -> dict:
    """The row of a task: for raw, the best rival without a model and the controller what each did.

    The best rival has most successes, then the longest time to fall; None for a control that did
    not take part.
    """
    found = {name: [s for s in scores if s.family == name] for name in ('raw', OURS)}
    rivals = [score for score in scores if score.family not in found]
    best = max(rivals, key=lambda score: (score.success, score.time_to_fall), default=None)
    return {
        'raw': _entry(found['raw'][0] if found['raw'] else None),
        'best_control': _entry(best),
        'dexgen': _entry(found[OURS][0] if found[OURS] else None),
    }


def _entry(score: Score | None) -> dict | None:
    if score is None:
        return None
    return {
        'success': score.success,
        'time_to_fall': score.time_to_fall,
        'stages': list(score.stages),
        'control': score.control,
    }


def flat(row: dict) -> dict:
    """A row as the columns of a table."""
    columns = {}
    for name in ('raw', 'best_control', 'dexgen'):
        entry = row[name] or {'stages': [], 'time_to_fall': None, 'control': None}
        stages = ', '.join(f'{share:.2f}' for share in entry['stages'])
        columns |= {f'{name}: stages': stages or None, f'{name}: fall': entry['time_to_fall']}
        if name == 'best_control':
            columns |= {'best control': entry['control']}
    return columns
