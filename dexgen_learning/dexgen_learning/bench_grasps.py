"""Benchmark of grasp generation: `python -m dexgen_learning.bench_grasps`; one JSON line."""

from dataclasses import dataclass, replace
import json
import multiprocessing
import time

from dexgen_description import load_hand, load_object
import numpy as np
import tyro

from dexgen_learning.grasps.coverage import coverage
from dexgen_learning.grasps.generation import GenerationConfig, Generator


@dataclass(frozen=True)
class BenchConfig:
    """What is measured.

    Args:
        hand: name of the hand.
        object_name: name of the object.
        seconds: how long each process generates.
        processes: side by side, each with a seed of its own.
        seed: of the first.
    """

    hand: str = 'allegro_right'
    object_name: str = 'cube'
    seconds: float = 60.0
    processes: int = 1
    seed: int = 0


def generate(config: BenchConfig) -> dict:
    """One process's share: counts, times and coverage."""
    generator = Generator(
        load_hand(config.hand), load_object(config.object_name),
        GenerationConfig(count=1_000_000, seed=config.seed, kind_share=0.0))
    growth = generator.grow(time_limit=config.seconds)
    return {'validated': growth.validated, 'kept': len(growth.grasps), 'tried': growth.tried,
            'cpu_s': growth.cpu_s, 'wall_s': growth.wall_s,
            'coverage': coverage(growth.grasps), 'kinds': growth.grasps.shares()}


def main(config: BenchConfig) -> None:
    """Measure and print."""
    jobs = [replace(config, seed=config.seed + k) for k in range(config.processes)]
    begin = time.perf_counter()
    if config.processes == 1:
        parts = [generate(config)]
    else:
        with multiprocessing.get_context('spawn').Pool(config.processes) as pool:
            parts = pool.map(generate, jobs)
    wall = time.perf_counter() - begin
    total = {k: float(np.sum([p[k] for p in parts])) for k in ('validated', 'kept', 'tried',
                                                               'cpu_s')}
    print(json.dumps({
        'validated_per_s': total['validated'] / wall,
        'validated_per_cpu_s': total['validated'] / total['cpu_s'],
        'accepted_share': total['validated'] / total['tried'],
        'kept_share': total['kept'] / max(total['validated'], 1.0), **total, 'wall_s': wall,
        'processes': config.processes, 'object': config.object_name, 'seed': config.seed,
        'coverage': parts[0]['coverage'], 'kinds': parts[0]['kinds']}))


if __name__ == '__main__':
    main(tyro.cli(BenchConfig, description=__doc__))
