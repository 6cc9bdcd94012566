"""What large data sets cost: `python -m dexgen_learning.bench_scaling`; one JSON line.

Makes small data sets with one and more processes (and a local Ray cluster, with --ray), counts
rows, processor time and bytes, and extrapolates from one process: the work of a chunk does not
depend on how many there are, and chunks share nothing, so that cost grows in proportion.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
import json
import os
from pathlib import Path
import resource
import tempfile
import time

import tyro

from dexgen_learning.rollout.chunk import RolloutConfig
from dexgen_learning.rollout.crew import Alone, Crew, Processes, RayCluster
from dexgen_learning.rollout.rolling import rollout

VOLUMES = (10**6, 10**8, 10**10)
"""Transitions whose cost is given."""
MACHINES = (2, 64, 1024)
"""Processor cores for which hours are given."""


@dataclass(frozen=True)
class ScalingConfig:
    """What is measured.

    Args:
        rollout: the data set; its `transitions` count for each worker.
        workers: numbers of processes.
        ray: also measure a Ray cluster of one machine with the most of these workers.
    """

    rollout: RolloutConfig = field(default_factory=lambda: RolloutConfig(
        objects=('cube', 'cylinder', 'sphere', 'cuboid', 'ellipsoid'), transitions=20_000))
    workers: tuple[int, ...] = (1, 2)
    ray: bool = False


@dataclass(frozen=True)
class Measured:
    """One small data set.

    Args:
        rows: that were made.
        cpu_s: processor time of this process and its children [s].
        wall_s: [s], with the start of the processes.
        size: of all files [bytes].
    """

    rows: int
    cpu_s: float
    wall_s: float
    size: int


def processor_time() -> float:
    """Of this process and the children that have ended [s]."""
    return sum(u.ru_utime + u.ru_stime for u in map(
        resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def measure(config: RolloutConfig, crew: Crew) -> Measured:
    """Make a data set in a temporary folder; what a crew makes beyond the wanted rows counts."""
    made: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = time.perf_counter(), processor_time()
        rollout(config, Path(folder), crew, made.append)
        wall, cpu = time.perf_counter() - wall, processor_time() - cpu
        size = sum(f.stat().st_size for f in Path(folder).iterdir())
    return Measured(made[-1], cpu, wall, size)


@contextmanager
def local_cluster(workers: int) -> Iterator[Callable[[], RayCluster]]:
    """A Ray cluster on this machine, ended with the block."""
    os.environ['RAY_USAGE_STATS_ENABLED'] = '0'
    from ray.cluster_utils import Cluster
    cluster = Cluster(initialize_head=True, head_node_args={'num_cpus': workers})
    try:
        yield lambda: RayCluster(cluster.address)
    finally:
        cluster.shutdown()


def cost(transitions: int, rows_per_core_s: float, bytes_per_row: float) -> dict[str, float]:
    """Core hours, hours on MACHINES and terabytes of a data set."""
    hours = transitions / rows_per_core_s / 3600.0
    return {'transitions': transitions, 'core_hours': hours,
            **{f'hours_on_{n}_cores': hours / n for n in MACHINES},
            'terabytes': transitions * bytes_per_row / 1e12}


def main(config: ScalingConfig) -> None:
    """Measure and print."""
    done = {}
    for workers in config.workers:
        crew = Alone() if workers == 1 else Processes(workers)
        job = replace(config.rollout, transitions=workers * config.rollout.transitions)
        done[f'{workers} processes'] = measure(job, crew)
    if config.ray:
        most = max(config.workers)
        job = replace(config.rollout, transitions=most * config.rollout.transitions)
        with local_cluster(most) as crew:
            done[f'ray, {most} workers'] = measure(job, crew())
    first = next(iter(done.values()))
    rate, size = first.rows / first.cpu_s, first.size / first.rows
    print(json.dumps({
        'rows_per_core_s': rate, 'bytes_per_row': size,
        'measured': {name: {'rows': m.rows, 'rows_per_s': m.rows / m.wall_s, 'wall_s': m.wall_s}
                     for name, m in done.items()},
        'extrapolated': [cost(n, rate, size) for n in VOLUMES],
        'cores_here': os.cpu_count(), 'seed': config.rollout.seed}))


if __name__ == '__main__':
    main(tyro.cli(ScalingConfig, description=__doc__))
