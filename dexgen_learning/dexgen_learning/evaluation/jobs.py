"""What a process is asked to measure, as data; the same result wherever and whenever it runs."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
import multiprocessing
import os
from typing import Any, Protocol

import numpy as np

from dexgen_learning.evaluation.dexgen_control import Learned
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


_laboratory: Laboratory | None = None


def _open(config: EvaluationConfig, rules: Rules) -> None:
    global _laboratory
    _laboratory = Laboratory(config, rules)


def _perform(job: Job) -> Any:
    return job.perform(_laboratory)


def perform_all(
    jobs: Sequence[Job], config: EvaluationConfig, rules: Rules
) -> Iterator[Any]:
    """The results of jobs, in their order, by as many processes as the configuration says."""
    workers = config.workers or len(os.sched_getaffinity(0))
    if workers == 1:
        laboratory = Laboratory(config, rules)
        yield from (job.perform(laboratory) for job in jobs)
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
