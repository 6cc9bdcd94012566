"""What each choice of the model is worth: variants trained alike on one subset, one table."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
import json
from pathlib import Path
from typing import Literal

from dexgen_controller.checkpoint import load_checkpoint, save_checkpoint
from dexgen_controller.model_config import model_config, ModelConfig
from dexgen_description import Kinematics, load_hand

from dexgen_learning.evaluation.dexgen_control import dexgen
from dexgen_learning.evaluation.jobs import perform_all, StreamJob
from dexgen_learning.evaluation.laboratory import EvaluationConfig, Laboratory
from dexgen_learning.evaluation.levels import at_level
from dexgen_learning.evaluation.point import Point
from dexgen_learning.evaluation.protocol import COMMANDS
from dexgen_learning.evaluation.report import records
from dexgen_learning.training.training_config import TouchConfig, TrainingConfig


@dataclass(frozen=True)
class Variant:
    """One choice, against the base.

    Attributes:
      name: as in the table.
      model: name of the sizes, empty for the base's.
      horizon: T.
      history: H.
      tips: K = 4, the fingertips alone.
      without: sources of data left out.
      steps: diffusion steps when sampling.
      retrained: False samples the base's checkpoint in another way.
    """

    name: str
    model: str = ''
    horizon: int = 2
    history: int = 4
    tips: bool = False
    without: tuple[str, ...] = ()
    steps: int = 12
    retrained: bool = True


VARIANTS = (
    Variant('base'),
    Variant('steps 8', steps=8, retrained=False),
    Variant('steps 4', steps=4, retrained=False),
    Variant('K 4', tips=True),
    Variant('T 1', horizon=1),
    Variant('T 4', horizon=4),
    Variant('history 1', history=1),
    Variant('history 2', history=2),
    Variant('tiny', model='tiny'),
    Variant('small', model='small'),
    Variant('without walk', without=('walk',)),
    Variant('without hold', without=('hold',)),
    Variant('without policy', without=('policy',)),
    Variant('without finger', without=('finger',)),
    Variant('without precision', without=('precision',)),
    Variant('without wander', without=('wander',)),
)


@dataclass(frozen=True)
class Ablate:
    """Train and measure variants of the model; goes on where a run of the same name stopped.

    Args:
        name: of the runs.
        data: name of the data set, or a folder.
        windows: the fixed subset: the first so many windows of the data set.
        config: training of every variant.
        touch: training of what tells which fingers press, once for all variants.
        variants: names, empty for all.
        train_only: measure nothing; without it the command goes on, on another machine too.
        guidance: strengths on walks and clips.
        cell: stream in which time and goals at strength 1 are measured.
        output: Markdown table, empty for none.
        size: of the evaluation.
        workers: processes of the evaluation, 0 for as many as there are processors.
    """

    name: str = 'ablation'
    data: str = 'data'
    windows: int = 200_000
    config: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(model='mini', steps=3000, batch=512)
    )
    touch: TouchConfig = field(default_factory=TouchConfig)
    variants: tuple[str, ...] = ()
    train_only: bool = False
    guidance: tuple[float, ...] = (0.1, 0.3, 1.0, 3.0, 10.0)
    cell: str = 'noise-0.75'
    output: str = ''
    size: Literal['full', 'medium', 'quick'] = 'quick'
    workers: int = 0


class Narrowed:
    """A source of samples with some sources of the data, or some keypoints, left out.

    Args:
      source: of everything, with `rows` and `batch`.
      sources: (N,) source of every row of the data set, as a number.
      without: numbers left out.
      points: keypoints kept, None for all.
      keypoints: how many there are.
    """

    def __init__(self, source, sources, without, points, keypoints: int):
        self._source, self._sources, self._without = source, sources, set(without)
        self._points, self._keypoints = points, keypoints

    def rows(self, held_out: bool):
        """Rows that may be drawn."""
        rows = self._source.rows(held_out)
        keep = [self._sources[row] not in self._without for row in rows]
        return rows[keep]

    def batch(self, rows):
        """The samples of these rows."""
        batch = self._source.batch(rows)
        if self._points is None:
            return batch
        motion = batch.motion.reshape(len(rows), -1, self._keypoints, 3)[:, :, self._points]
        return batch._replace(motion=motion.reshape(len(rows), -1))


def ablate(command: Ablate, runs: Path, data: Path) -> list[dict]:
    """`dexgen-learn ablate`: a JSON line for each variant, then the table.

    Args:
        command: what.
        runs: folder of the runs.
        data: folder of the data set.

    Raises:
        ValueError: a variant that there is not.
    """
    known = {variant.name: variant for variant in VARIANTS}
    unknown = [name for name in command.variants if name not in known]
    if unknown:
        raise ValueError(f'no variant {", ".join(unknown)}; allowed: {", ".join(known)}')
    chosen = [known[name] for name in command.variants] or list(VARIANTS)
    rows = []
    for row in _rows(command, chosen, runs / command.name, data):
        print(json.dumps(row), flush=True)
        rows.append(row)
    if command.output:
        lines = records({row.pop('variant'): row for row in rows}, 'variant')
        Path(command.output).write_text('\n'.join(lines))
    return rows


def _rows(command: Ablate, chosen: list[Variant], runs: Path, data: Path) -> Iterator[dict]:
    base = next(variant for variant in VARIANTS if variant.name == 'base')
    touch = cache(lambda: _touch(command, data))
    for variant in chosen:
        own = variant if variant.retrained else base
        folder = runs / own.name.replace(' ', '-')
        checkpoint = train_variant(command, own, folder, data, touch)
        figures = {} if command.train_only else measure(command, variant, checkpoint)
        yield {'variant': variant.name, **figures}


def _touch(command: Ablate, data: Path) -> tuple[dict, dict[str, float]]:
    """What tells which fingers press: it knows nothing of what the variants vary."""
    from dexgen_learning.rollout.dataset import Dataset
    from dexgen_learning.training.touch_training import trained_touch

    recorded = Dataset(data)
    return trained_touch(recorded, command.touch, len(load_hand(recorded.hand).fingers))


def sizes(command: Ablate, variant: Variant, hand, rate: float) -> ModelConfig:
    """The model of a variant."""
    model = model_config(variant.model or command.config.model)
    keypoints = len(hand.tip_indices) if variant.tips else len(hand.keypoint_names)
    return replace(
        model, steps=variant.horizon, history=variant.history, keypoints=keypoints, rate=rate
    )


def train_variant(
    command: Ablate, variant: Variant, folder: Path, data: Path, touch: Callable[[], tuple]
) -> Path:
    """The folder of a variant's checkpoint; trained if it is not there yet."""
    if (folder / 'checkpoint' / 'config.json').is_file():
        return folder / 'checkpoint'
    from dexgen_learning.rollout.dataset import Dataset
    from dexgen_learning.training.resident import recorded_source
    from dexgen_learning.training.training_run import train_controller

    recorded = Dataset(data)
    hand = load_hand(recorded.hand)
    model = sizes(command, variant, hand, recorded.control_rate)
    names = recorded.index.content['sources']
    whole = recorded_source(
        Kinematics(hand), recorded, model, command.config, limit=command.windows
    )
    points = list(hand.tip_indices) if variant.tips else None
    without = [names.index(name) for name in variant.without if name in names]
    source = Narrowed(
        whole, recorded.column('source'), without, points, len(hand.keypoint_names)
    )
    config = replace(command.config, model=variant.model or command.config.model)
    facts = {'data': f'{data.name}, {command.windows} windows', 'variant': variant.name}
    made = train_controller(config, model, hand, source, folder, facts, touch)
    if variant.tips:
        checkpoint = load_checkpoint(made)
        kept = tuple(hand.keypoint_names[i] for i in hand.tip_indices)
        layout = replace(checkpoint.hand, keypoint_names=kept)
        save_checkpoint(replace(checkpoint, hand=layout), made, (made / 'README.md').read_text())
    return made


def measure(command: Ablate, variant: Variant, checkpoint: Path) -> dict:
    """Figures of a variant: time between drops at following 0.3, staying, a cell."""
    config = EvaluationConfig(
        checkpoint=str(checkpoint), size=command.size, steps=variant.steps,
        workers=command.workers,
    )  # fmt: skip
    laboratory = Laboratory(config)
    content, sampling = laboratory.protocol.content, laboratory.sampling
    objects, one = tuple(content['objects']), (dexgen(1.0, sampling),)
    sweep = tuple(dexgen(strength, sampling) for strength in command.guidance)
    jobs = [
        StreamJob(COMMANDS, sweep, objects),
        StreamJob('stay', one, objects),
        StreamJob(command.cell, one, objects),
    ]
    commands, (stay,), (cell,) = perform_all(jobs, config, laboratory.protocol)
    return {
        'parameters': laboratory.checkpoint.parameters,
        **following_row([p for p in commands if p.stream == COMMANDS], content),
        'stay_s': stay.holding.mean,
        f'{command.cell}_s': cell.holding.mean,
        f'{command.cell}_goals_per_min': cell.goals_per_minute,
    }


def following_row(points: list[Point], content: dict) -> dict:
    """Time between drops at each level of following, None where it is not reached."""
    row = {}
    for level in content['levels']:
        found = at_level(points, level, content['matching_window'], 0)
        row[f'at_{level:g}_s'] = found.time if found else None
    return row
