"""The evaluation as a whole: every job of the protocol, and the result that they make."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from dexgen_learning.evaluation.behaviours import BehaviourJob, BEHAVIOURS
from dexgen_learning.evaluation.cells import cell_row, held_out_share
from dexgen_learning.evaluation.dexgen_control import dexgen, Learned, OURS
from dexgen_learning.evaluation.jobs import Job, perform_all, StreamJob
from dexgen_learning.evaluation.laboratory import EvaluationConfig, Laboratory
from dexgen_learning.evaluation.levels import compare_at_level
from dexgen_learning.evaluation.point import Point
from dexgen_learning.evaluation.protocol import COMMANDS, Protocol
from dexgen_learning.evaluation.rivals import Hold, Raw
from dexgen_learning.evaluation.tasks.manoeuvre import TASKS
from dexgen_learning.evaluation.tasks.row import task_row
from dexgen_learning.evaluation.tasks.trials import Score, TaskJob

OTHER_OBJECTS = 'other objects'
OTHERS = f'{COMMANDS}, {OTHER_OBJECTS}'
PARTS = ('cells', 'sweeps', 'commands', 'held_out', 'behaviours', 'tasks')


class Entry(NamedTuple):
    """A job and what it is for."""

    part: str
    job: Job


class Campaign:
    """Plans, runs and sums up an evaluation.

    Args:
      config: what is evaluated.
      protocol: how; the shipped one if None.
      report: called with each point as soon as it is known.

    Raises:
      ValueError: a part that there is not.
    """

    def __init__(
        self,
        config: EvaluationConfig,
        protocol: Protocol | None = None,
        report: Callable[[Point], None] = lambda _: None,
    ):
        unknown = set(config.parts) - set(PARTS)
        if unknown:
            raise ValueError(f'parts {sorted(unknown)} are none; allowed: {", ".join(PARTS)}')
        self.laboratory = Laboratory(config, protocol)
        self.protocol, self.content = self.laboratory.protocol, self.laboratory.protocol.content
        self._config, self._report = config, report
        self._learned = self.laboratory.checkpoint is not None
        self._objects = tuple(self.content['objects'])
        self.points: list[Point] = []
        self.behaviours: dict[str, tuple[int, int]] = dict.fromkeys(BEHAVIOURS, (0, 0))
        self.scores: dict[str, list[Score]] = {}
        self.left_out: dict[str, str] = {}

    def run(self) -> dict:
        """Run every job; returns the result."""
        parts = self._config.parts or PARTS
        entries = [entry for entry in self.plan() if entry.part in parts]
        results = perform_all([e.job for e in entries], self._config, self.protocol)
        for entry, found in zip(entries, results, strict=True):
            self._note(entry, found)
        return self.result()

    def plan(self) -> Iterator[Entry]:
        """Every job of the protocol."""
        common = self._ours(self.laboratory.guidance)
        for stream in (COMMANDS, *self.content['cells']):
            part = 'commands' if stream == COMMANDS else 'cells'
            yield Entry(part, StreamJob(stream, (Raw(), Hold(), *common), self._objects))
            for controls in self._sweep():
                job = StreamJob(stream, controls, self._objects, brief=part == 'cells')
                yield Entry('sweeps' if job.brief else part, job)
        yield Entry('cells', StreamJob('clean', (Raw(), *common), self._objects))
        yield Entry('commands', StreamJob('stay', (Hold(), *common), self._objects))
        yield from self._other_scales()
        if self._learned:
            yield from self._held_out()
            yield from self._behaviours()
        for name, task in TASKS.items():
            if self._has_grasps(name, (task.object_name,)):
                for controls in self._task_controls():
                    yield Entry('tasks', TaskJob(name, controls))

    def _ours(self, guidance: float | None) -> list[Learned]:
        return [] if guidance is None else [dexgen(guidance, self.laboratory.sampling)]

    def _sweep(self) -> Iterator[tuple]:
        """Every other control at every setting, those of one kind side by side."""
        if self._learned:
            sampling, common = self.laboratory.sampling, self.laboratory.guidance
            ours = [dexgen(g, sampling) for g in self.content['guidance'] if g != common]
            rivals = self.protocol.model_rivals(sampling)
            for several in (ours, rivals):
                half = -(-len(several) // 2)
                halves = tuple(several[:half]), tuple(several[half:])
                yield from (controls for controls in halves if controls)
        yield from (tuple(family) for family in self.protocol.families())

    def _other_scales(self) -> Iterator[Entry]:
        if not self.laboratory.size.action_scales:
            return
        for scale in self.content['other_action_scales']:
            for stream in ('clean', *self.content['cells']):
                controls = (Raw(), Hold(), *self._ours(self.laboratory.guidance))
                job = StreamJob(stream, controls, self._objects, scale=scale)
                yield Entry('sweeps', job)

    def _has_grasps(self, what: str, objects: tuple[str, ...]) -> bool:
        """Whether there are grasps of all objects; what is left out for want of them is noted."""
        try:
            for name in objects:
                self.laboratory.grasps(name)
        except FileNotFoundError as error:
            self.left_out[what] = str(error)
            return False
        return True

    def _task_controls(self) -> Iterator[tuple]:
        """Raw and the controller, then the rivals without a model, or some of them."""
        common = self._ours(self.laboratory.guidance)
        yield (Raw(), *common)
        rivals = self.protocol.rivals()[2 :: self.laboratory.size.task_rivals]
        yield from (tuple(rivals[i : i + 8]) for i in range(0, len(rivals), 8))

    def _held_out(self) -> Iterator[Entry]:
        def controls():
            return (Raw(), Hold(), *self._ours(self.laboratory.guidance))

        others = tuple(self.content['held_out_objects'])
        if self._has_grasps(OTHER_OBJECTS, others):
            job = StreamJob(COMMANDS, controls(), others, label=OTHER_OBJECTS)
            yield Entry('held_out', job)
        for name in self.content['conditions']:
            yield Entry('held_out', StreamJob(COMMANDS, controls(), self._objects, name))

    def _behaviours(self) -> Iterator[Entry]:
        spec = self._ours(self.laboratory.guidance)[0]
        count = -(-self.laboratory.size.behaviours // len(self._objects))
        for name in BEHAVIOURS:
            for index, object_name in enumerate(self._objects):
                left = self.laboratory.size.behaviours - index * count
                job = BehaviourJob(name, object_name, min(count, left), spec)
                yield Entry('behaviours', job)

    def _note(self, entry: Entry, found: Any) -> None:
        if isinstance(entry.job, BehaviourJob):
            good, trials = self.behaviours[entry.job.name]
            self.behaviours[entry.job.name] = good + found[0], trials + found[1]
            return
        if isinstance(entry.job, TaskJob):
            self.scores.setdefault(entry.job.name, []).extend(found)
            return
        for point in found:
            self.points.append(point)
            self._report(point)

    def of_stream(self, stream: str) -> list[Point]:
        """The points of one stream."""
        return [point for point in self.points if point.stream == stream]

    def ours(self, stream: str) -> Point | None:
        """The controller at the common strength."""
        guidance = self.laboratory.guidance
        found = (p for p in self.of_stream(stream) if p.family == OURS and p.setting == guidance)
        return next(found, None)

    def without_model(self, stream: str) -> list[Point]:
        """The rivals without a model, raw and hold among them."""
        families = {rival.family for rival in self.protocol.rivals()}
        return [point for point in self.of_stream(stream) if point.family in families]

    def with_model(self, stream: str) -> list[Point]:
        """The rivals with a model."""
        families = {r.family for r in self.protocol.model_rivals(self.laboratory.sampling)}
        return [point for point in self.of_stream(stream) if point.family in families]

    def result(self) -> dict:
        """The JSON line of the evaluation: its keys are the protocol's and no others."""
        return {
            'cells': {
                name: cell_row(self.without_model(name), self.ours(name), self._clean())
                for name in self.content['cells']
                if any(point.family == 'raw' for point in self.of_stream(name))
            },
            'at_following': self.levels(self.without_model(COMMANDS)),
            'tasks': {name: task_row(scores) for name, scores in self.scores.items()},
            'held_out_share': held_out_share(self.ours(COMMANDS), self.ours(OTHERS)),
            **{
                f'{name}_share': good / trials if trials else None
                for name, (good, trials) in self.behaviours.items()
            },
            'guidance': self.laboratory.guidance,
            'evaluation_hash': self.protocol.digest,
            'seed': self.laboratory.seed,
            'drops': int(sum(point.drops.sum() for point in self.points)),
        }

    def levels(self, rivals: list[Point]) -> dict:
        """The controller beside the best of some rivals at every level of following."""
        ours = [point for point in self.of_stream(COMMANDS) if point.family == OURS]
        window = self.content['matching_window']
        return {
            f'{level:g}': compare_at_level(ours, rivals, level, window)
            for level in self.content['levels']
        }

    def _clean(self) -> Point | None:
        return next((p for p in self.of_stream('clean') if p.family == 'raw'), None)
