"""What a process is asked to measure, as data; the same result wherever and whenever it runs."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
import multiprocessing
import os
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from dexgen_learning.evaluation.dexgen_control import Learned
from dexgen_learning.evaluation.kept import Kept
from dexgen_learning.evaluation.laboratory import EvaluationConfig, Laboratory
from dexgen_learning.evaluation.point import Point
from dexgen_learning.evaluation.protocol import COMMANDS
from dexgen_learning.evaluation.protocol import Protocol as Rules
from dexgen_learning.evaluation.run import Run
from dexgen_learning.evaluation.situation import Control


class Job(Protocol):
    """Something to measure."""

    def perform(self, laboratory: Laboratory) -> Any:
        """Measure it."""


@dataclass(frozen=True)
class StreamJob:
    """One stream of commands through several controls side by side.

    Attributes:
      stream: name.
      controls: what is evaluated.
      objects: names.
      condition: of the held-out ones, empty for the school's own.
      scale: of an action [rad per 0.1 s], 0 for the protocol's.
      label: added to the stream's name; the condition if empty.
      brief: the stop rule of sweeps.
    """

    stream: str
    controls: tuple[Control | Learned, ...]
    objects: tuple[str, ...]
    condition: str = ''
    scale: float = 0.0
    label: str = ''
    brief: bool = False

    def perform(self, laboratory: Laboratory) -> list[Point]:
        """A point for each control; of walks and clips also each on its own."""
        size, count = laboratory.size, len(self.controls)
        task = laboratory.task(self.objects, size.per_object * count, self.condition)
        hands = size.per_object * len(self.objects)
        controls = [laboratory.control(spec, hands) for spec in self.controls]
        stream = laboratory.protocol.stream(
            self.stream, laboratory.expert, laboratory.hand, self.scale
        )
        points = Run(task, stream, controls).points(size.brief if self.brief else size.rule)
        label = self.label or self.condition
        if label:
            return [replace(point, stream=f'{point.stream}, {label}') for point in points]
        if self.stream != COMMANDS:
            return points
        turn = np.arange(hands) % 2
        return [
            part
            for point in points
            for part in (point, point.take(turn == 0, 'walk'), point.take(turn == 1, 'clip'))
        ]


class Bench:
    """A process's laboratory, and the results that are kept, if any are.

    Args:
      config: what is evaluated.
      rules: how.
    """

    def __init__(self, config: EvaluationConfig, rules: Rules):
        self._laboratory = Laboratory(config, rules)
        self._kept = Kept(Path(config.kept), self._laboratory) if config.kept else None

    def perform(self, job: Job) -> Any:
        """The result of a job: the one that is kept, else measured now, and kept."""
        if self._kept is None:
            return job.perform(self._laboratory)
        if job not in self._kept:
            self._kept.keep(job, job.perform(self._laboratory))
        return self._kept.find(job)


_bench: Bench | None = None


def _open(config: EvaluationConfig, rules: Rules) -> None:
    global _bench
    _bench = Bench(config, rules)


def _perform(job: Job) -> Any:
    return _bench.perform(job)


def perform_all(
    jobs: Sequence[Job], config: EvaluationConfig, rules: Rules
) -> Iterator[Any]:
    """The results of jobs, in their order, by as many processes as the configuration says."""
    workers = config.workers or len(os.sched_getaffinity(0))
    if workers == 1:
        bench = Bench(config, rules)
        yield from (bench.perform(job) for job in jobs)
        return
    # One thread each: processes that share two cores slow each other down with more.
    os.environ.update(dict.fromkeys(('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS'), '1'))
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context('spawn'), _open, (config, rules)
    )
    with pool:
        yield from _stopping(pool, pool.map(_perform, jobs))


def _stopping(pool: ProcessPoolExecutor, results: Iterable[Any]) -> Iterator[Any]:
    try:
        yield from results
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
