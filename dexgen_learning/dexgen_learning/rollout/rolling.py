"""Make a data set: chunks by a crew of any size, resumable, the same bytes for a seed."""

from collections.abc import Callable
from dataclasses import asdict
import json
import os
from pathlib import Path

from dexgen_description import load_hand
import numpy as np

from dexgen_learning.rollout.chunk import RolloutConfig
from dexgen_learning.rollout.crew import Alone, Crew
from dexgen_learning.rollout.record import MODES, row_type, SOURCES
from dexgen_learning.rollout.shards import INDEX, present, write_index, write_shard


def rollout(config: RolloutConfig, folder: Path, crew: Crew | None = None,
            progress: Callable[[int], None] | None = None) -> Path:
    """Make the data set in `folder`, or what is missing of it; returns the index's path.

    Args:
        config: what.
        folder: where to.
        crew: who makes the chunks; this process if None. The bytes do not depend on it.
        progress: called with the number of rows so far.

    Raises:
        ValueError: the folder holds a data set of another configuration.
    """
    crew = Alone() if crew is None else crew
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    resolved = json.loads(json.dumps(asdict(config), default=_plain))
    _claim(folder, resolved)
    dtype = row_type(load_hand(config.hand))
    entries: dict[int, dict] = {}
    with crew as run:
        number = 0
        while (chosen := _enough(entries, config.transitions)) is None:
            batch = range(number, number + crew.size)
            number += crew.size
            missing = [k for k in batch if present(folder, k, dtype.itemsize) is None]
            for k, rows in run(config, missing):
                write_shard(folder, k, rows, {'learn': int(rows['learn'].sum())})
            entries |= {k: present(folder, k, dtype.itemsize) for k in batch}
            if progress is not None:
                progress(sum(e['rows'] for e in entries.values()))
    hand = load_hand(config.hand)
    write_index(folder, dtype, chosen, resolved, {
        'hand': config.hand, 'objects': list(config.objects), 'modes': list(MODES),
        'sources': list(SOURCES), 'joint_names': list(hand.joint_names),
        'keypoint_names': list(hand.keypoint_names),
        'tip_indices': [int(i) for i in hand.tip_indices],
        'control_rate': config.collector.task.environment.simulation.control_rate})
    return folder / INDEX


def _enough(entries: dict[int, dict], transitions: int) -> list[dict] | None:
    """The first chunks that hold enough rows, whatever else was made beside them."""
    total, chosen = 0, []
    for number in sorted(entries):
        chosen.append(entries[number])
        total += entries[number]['rows']
        if total >= transitions:
            return chosen
    return None


def _claim(folder: Path, resolved: dict) -> None:
    """Refuse to mix data sets: the configuration but for the size must be the folder's own."""
    path = folder / 'config.json'
    mine = {k: v for k, v in resolved.items() if k != 'transitions'}
    if path.exists() and json.loads(path.read_text()) != mine:
        raise ValueError(f'{folder} holds a data set of another configuration ({path}); choose '
                         'another folder, or delete it')
    partial = path.with_suffix(f'.partial{os.getpid()}')
    partial.write_text(json.dumps(mine, indent=1))
    partial.replace(path)


def _plain(value):
    return value.tolist() if isinstance(value, np.ndarray) else str(value)
