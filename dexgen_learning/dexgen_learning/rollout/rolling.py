"""Make a data set: chunks by many processes, resumable, the same bytes for the same seed."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
import json
import multiprocessing
import os
from pathlib import Path

from dexgen_description import load_hand, load_object
import numpy as np

from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.paths import find_grasps
from dexgen_learning.ppo.network import PolicyNetwork
from dexgen_learning.rollout.collector import Collector, CollectorConfig
from dexgen_learning.rollout.record import MODES, row_type, SOURCES
from dexgen_learning.rollout.shards import INDEX, present, write_index, write_shard


@dataclass(frozen=True)
class RolloutConfig:
    """A data set.

    Args:
        hand: name of the hand.
        objects: names of the objects.
        transitions: rows wanted; whole chunks are made until there are as many.
        seed: of everything random; a chunk's randomness depends on it and its number alone.
        policies: files of trained policies that act beside interpolation.
        grasps: folder of the grasp sets; empty for the cache.
        finger_share: share of chunks in which single fingers move freely.
        precision_share: share of chunks with fine rotation.
        collector: what is mixed into the data.
    """

    hand: str = 'allegro_right'
    objects: tuple[str, ...] = ('cube', 'cylinder', 'sphere')
    transitions: int = 300_000
    seed: int = 0
    policies: tuple[str, ...] = ()
    grasps: str = ''
    finger_share: float = 0.1
    precision_share: float = 0.1
    collector: CollectorConfig = field(default_factory=CollectorConfig)


def make_chunk(config: RolloutConfig, number: int) -> np.ndarray:
    """The rows of chunk `number`."""
    hand = load_hand(config.hand)
    folder = Path(config.grasps) if config.grasps else None
    sets = [GraspSet.load(find_grasps(config.hand, name, folder), config.hand)
            for name in config.objects]
    policies = [PolicyNetwork.load(Path(p), config.hand) for p in config.policies]
    seed = int(np.random.SeedSequence([config.seed, number]).generate_state(1)[0])
    return Collector(hand, [load_object(n) for n in config.objects], sets, config.collector,
                     policies, seed, chunk_kind(config, number)).collect()


def chunk_kind(config: RolloutConfig, number: int) -> str:
    """Which task chunk `number` plays: evenly spread, so that any part of the data is mixed."""
    phase = (number * 0.6180339887498949 + 0.5) % 1.0
    if phase < config.finger_share:
        return 'finger'
    return 'precision' if phase < config.finger_share + config.precision_share else 'anygrasp'


def write_chunk(config: RolloutConfig, folder: Path, number: int) -> dict:
    """Make and write a chunk; returns its entry. Runs in any process, on any machine."""
    rows = make_chunk(config, number)
    return write_shard(Path(folder), number, rows, {'learn': int(rows['learn'].sum())})


def rollout(config: RolloutConfig, folder: Path, workers: int = 1,
            progress: Callable[[int], None] | None = None) -> Path:
    """Make the data set in `folder`, or what is missing of it; returns the index's path.

    Raises:
        ValueError: the folder holds a data set of another configuration.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    resolved = json.loads(json.dumps(asdict(config), default=_plain))
    _claim(folder, resolved)
    dtype = row_type(load_hand(config.hand))
    entries: dict[int, dict] = {}
    with _mapper(workers) as run:
        number = 0
        while True:
            batch = [number + k for k in range(max(workers, 1))]
            number += len(batch)
            missing = [k for k in batch if present(folder, k, dtype.itemsize) is None]
            made = run([(config, folder, k) for k in missing])
            entries |= dict(zip(missing, made, strict=True))
            entries |= {k: present(folder, k, dtype.itemsize) for k in batch if k not in missing}
            if progress is not None:
                progress(sum(e['rows'] for e in entries.values()))
            chosen = _enough(entries, config.transitions)
            if chosen is not None:
                break
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


class _mapper:  # noqa: N801, a context manager used like a function
    """Runs chunks in this process, or in `workers` processes."""

    def __init__(self, workers: int) -> None:
        self.pool = multiprocessing.get_context('spawn').Pool(workers) if workers > 1 else None

    def __enter__(self) -> Callable:
        if self.pool is None:
            return lambda jobs: [write_chunk(*job) for job in jobs]
        return lambda jobs: self.pool.starmap(write_chunk, jobs, chunksize=1)

    def __exit__(self, *_) -> None:
        if self.pool is not None:
            self.pool.terminate()
            self.pool.join()


def _plain(value):
    return value.tolist() if isinstance(value, np.ndarray) else str(value)
