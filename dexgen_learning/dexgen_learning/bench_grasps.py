"""Benchmark of grasp generation: `python -m dexgen_learning.bench_grasps`; one JSON line.

Grows one set in which every type of grasp gets its share, and counts the grasps that survive the
six gravity directions; the `kept` ones also lie apart from all before them and find room. With
the figures come the coverage of the space and a picture of what was found.
"""

from dataclasses import dataclass
import json
from pathlib import Path

from dexgen_description import load_hand
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
        seconds: how long to generate.
        count: grasps wanted, for extrapolation; growth ends there.
        threads: of the simulation.
        lanes: candidates validated side by side.
        seed: of all randomness.
        picture: a .png file; empty for one in the cache.
    """

    hand: str = 'allegro_right'
    object_name: str = 'cube'
    seconds: float = 60.0
    count: int = 100_000
    threads: int = 2
    lanes: int = 256
    seed: int = 0
    picture: str = ''


def generate(config: BenchConfig) -> Growth:
    """Grow for a while."""
    hand = load_hand(config.hand)
    generator = Generator(hand, load_any_object(config.object_name, hand), GenerationConfig(
        count=config.count, seed=config.seed, lanes=config.lanes, threads=config.threads))
    return generator.grow(time_limit=config.seconds)


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
    growth = generate(config)
    kept, wall, cpu = len(growth.grasps), growth.wall_s, growth.cpu_s
    print(json.dumps({
        'validated_per_s': growth.validated / wall, 'validated_per_cpu_s': growth.validated / cpu,
        'accepted_share': growth.validated / growth.tried,
        'kept_per_s': kept / wall, 'kept_per_cpu_s': kept / cpu,
        'minutes_for_count': config.count / kept * wall / 60.0, 'count': config.count,
        'kept': kept, 'validated': growth.validated, 'tried': growth.tried,
        'cpu_s': cpu, 'wall_s': wall, 'threads': config.threads,
        'object': config.object_name, 'seed': config.seed,
        'coverage': coverage(growth.grasps), 'kinds': growth.grasps.shares(),
        'picture': str(picture(config, growth))}))


if __name__ == '__main__':
    main(tyro.cli(BenchConfig, description=__doc__))
