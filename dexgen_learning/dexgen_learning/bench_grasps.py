"""Benchmark of grasp generation: `python -m dexgen_learning.bench_grasps`; one JSON line.

Counts grasps that survive the six gravity directions; `kept` of them lie apart from all before
them. With the figures come the coverage of the space and a picture of what was found.
"""

from dataclasses import dataclass, replace
import json
import multiprocessing
import os
from pathlib import Path
import time

from dexgen_description import load_hand
import numpy as np
import tyro

from dexgen_learning.grasps.coverage import coverage
from dexgen_learning.grasps.generation import GenerationConfig, Generator, Growth
from dexgen_learning.objects import load_any_object
from dexgen_learning.paths import cache_folder


@dataclass(frozen=True)
class BenchConfig:
    """What is measured.

    Args:
        hand: name of the hand.
        object_name: name of the object, or a mesh file.
        seconds: how long each process generates.
        processes: side by side, each with a seed of its own.
        seed: of the first.
        picture: a .png file; empty for one in the cache.
    """

    hand: str = 'allegro_right'
    object_name: str = 'cube'
    seconds: float = 60.0
    processes: int = 2
    seed: int = 0
    picture: str = ''


def generate(config: BenchConfig) -> Growth:
    """One process's share."""
    hand = load_hand(config.hand)
    generator = Generator(hand, load_any_object(config.object_name, hand), GenerationConfig(
        count=1_000_000, seed=config.seed, kind_share=0.0))
    return generator.grow(time_limit=config.seconds)


def grown(config: BenchConfig) -> list[Growth]:
    """All shares, by processes that leave each other's cores alone."""
    for library in ('OMP', 'OPENBLAS', 'MKL'):
        os.environ[f'{library}_NUM_THREADS'] = '1'
    jobs = [replace(config, seed=config.seed + k) for k in range(config.processes)]
    with multiprocessing.get_context('spawn').Pool(config.processes) as pool:
        return pool.map(generate, jobs)


def picture(config: BenchConfig, growth: Growth) -> Path:
    """Draw some grasps of each type."""
    from dexgen_learning.show.film import save_sheet
    from dexgen_learning.show.frames import of_grasps
    path = Path(config.picture) if config.picture else (
        cache_folder() / 'figures' / f'grasps_{growth.grasps.object_name}.png')
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = of_grasps(growth.grasps, 24, config.seed, config.object_name)
    save_sheet(load_hand(config.hand), frames, path)
    return path


def main(config: BenchConfig) -> None:
    """Measure and print."""
    begin = time.perf_counter()
    parts = grown(config)
    wall = max(p.wall_s for p in parts)
    total = {name: float(np.sum([getattr(p, name) for p in parts]))
             for name in ('validated', 'tried', 'cpu_s')}
    kept = sum(len(p.grasps) for p in parts)
    print(json.dumps({
        'validated_per_s': total['validated'] / wall,
        'validated_per_cpu_s': total['validated'] / total['cpu_s'],
        'accepted_share': total['validated'] / total['tried'],
        'kept_share': kept / max(total['validated'], 1.0), 'kept': kept, **total,
        'wall_s': wall, 'with_start_s': time.perf_counter() - begin,
        'processes': config.processes, 'object': config.object_name, 'seed': config.seed,
        'coverage': coverage(parts[0].grasps), 'kinds': parts[0].grasps.shares(),
        'picture': str(picture(config, parts[0]))}))


if __name__ == '__main__':
    main(tyro.cli(BenchConfig, description=__doc__))
