"""Figures for a page: learning curves of runs, statistics of grasp sets and of data sets."""

from collections.abc import Sequence
import json
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
import numpy as np

from dexgen_learning.grasps.coverage import coverage
from dexgen_learning.grasps.grasp_set import GraspSet, KINDS
from dexgen_learning.rollout.dataset import Dataset

CURVES = {'/goals_per_min': 'goals per minute', '/drops_per_min': 'drops per minute',
          'Train/mean_reward': 'reward of an episode', '/goal_distance': 'distance to the goal'}
"""Scalars of a training run and what they are called."""
SMOOTH = 0.9
"""Share of the past in the running mean that is drawn."""


def read_curves(folder: Path) -> dict[str, np.ndarray]:
    """The scalars of a run by tag, each (n, 2): control steps, value.

    Raises:
        FileNotFoundError: no run there.
    """
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    config = Path(folder) / 'config.json'
    if not config.exists():
        raise FileNotFoundError(f'no training run at {folder}; make one with `dexgen-learn train`')
    ppo = json.loads(config.read_text())['ppo']
    events = EventAccumulator(str(folder), size_guidance={'scalars': 0})
    events.Reload()
    per_iteration = ppo['environments'] * ppo['steps']
    return {tag: np.array([(e.step * per_iteration, e.value) for e in events.Scalars(tag)])
            for tag in CURVES if tag in events.Tags()['scalars']}


def learning_curves(folders: Sequence[Path], path: Path) -> None:
    """Draw the curves of runs, over control steps."""
    figure = Figure(figsize=(9.0, 5.4))
    axes = dict(zip(CURVES, figure.subplots(2, 2).ravel(), strict=True))
    for folder in folders:
        for tag, values in read_curves(folder).items():
            steps, curve = values[:, 0] / 1e6, smoothed(values[:, 1])
            line, = axes[tag].plot(steps, curve, label=Path(folder).name)
            axes[tag].plot(steps, values[:, 1], color=line.get_color(), alpha=0.2, linewidth=0.7)
    for tag, name in CURVES.items():
        axes[tag].set(title=name, xlabel='control steps [million]')
    next(iter(axes.values())).legend()
    _save(figure, path)


def smoothed(values: np.ndarray) -> np.ndarray:
    """The running mean (n,), without a bias at the start."""
    out, mean, weight = np.zeros(len(values)), 0.0, 0.0
    for i, value in enumerate(values):
        mean = SMOOTH * mean + (1.0 - SMOOTH) * value
        weight = SMOOTH * weight + 1.0 - SMOOTH
        out[i] = mean / weight
    return out


def grasp_statistics(sets: Sequence[GraspSet], path: Path) -> None:
    """Draw types, coverage and graph of grasp sets."""
    figure = Figure(figsize=(12.0, 4.8))
    left, middle, right = figure.subplots(1, 3)
    names = [f'{s.object_name} ({len(s)})' for s in sets]
    _stacked(left, names, {kind: [s.shares()[kind] for s in sets] for kind in KINDS})
    left.set(title='share of each type')
    covered = [coverage(s) for s in sets]
    rows = np.arange(len(sets))
    middle.barh(rows - 0.2, [c['orientations'] for c in covered], 0.4, label='directions of its z')
    middle.barh(rows + 0.2, [np.mean(degrees(s) > 0) for s in sets], 0.4, label='with an edge')
    middle.set(title='coverage', yticks=rows, yticklabels=[
        f'{c["contact_sets"]} contact sets' for c in covered], xlim=(0.0, 1.0))
    _explain(middle)
    for s in sets:
        right.plot(np.sort(degrees(s))[::-1] + 0.02, label=s.object_name)
    right.set(title='edges that leave a grasp', xlabel='grasps, most joined first',
              yscale='symlog')
    right.legend(fontsize=7, ncols=2)
    _save(figure, path)


def degrees(grasps: GraspSet) -> np.ndarray:
    """(N,) tested edges that leave each grasp."""
    return np.bincount(grasps.edges[:, 0], minlength=len(grasps))


def data_statistics(data: Dataset, path: Path) -> None:
    """Draw what a data set holds: sources, objects, lengths of its trajectories."""
    figure = Figure(figsize=(12.0, 3.6))
    left, middle, right = figure.subplots(1, 3)
    source, item = data.column('source'), data.column('object')
    learn = data.column('learn').astype(bool)
    names = data.index.content['sources']
    share = {'expert': [float(np.mean((source == k) & learn)) for k in range(len(names))],
             'disturbed': [float(np.mean((source == k) & ~learn)) for k in range(len(names))]}
    _stacked(left, names, share)
    left.set(title=f'share of {len(data):,} rows')
    middle.barh([Path(o).stem for o in data.objects],
                np.bincount(item, minlength=len(data.objects)) / len(data))
    middle.set(title='objects')
    starts = np.flatnonzero(data.column('step') == 0)
    seconds = np.diff(np.append(starts, len(data))) / data.control_rate
    right.hist(seconds, bins=40)
    right.set(title=f'{len(starts):,} trajectories', xlabel='length [s]')
    _save(figure, path)


def _stacked(axes: Axes, names: Sequence[str], shares: dict[str, list[float]]) -> None:
    begin = np.zeros(len(names))
    for name, values in shares.items():
        axes.barh(list(names), values, left=begin, label=name)
        begin += values
    _explain(axes)


def _explain(axes: Axes) -> None:
    """The legend, below the axes."""
    axes.legend(fontsize=7, ncols=4, loc='upper center', bbox_to_anchor=(0.5, -0.08))


def _save(figure: Figure, path: Path) -> None:
    figure.tight_layout()
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80)
