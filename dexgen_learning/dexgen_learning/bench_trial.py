"""Long trials of single controls: `python3 -m dexgen_learning.bench_trial`; prints one JSON line.

The evaluation stops a point at 100 drops, which scatters by a sixth. What a constant is worth is
asked here: hours of hand time, several seeds pooled, each constant of the arbitration an
argument.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
import json
import sys

from dexgen_controller.arbitration import ArbitrationConfig
import numpy as np
import tyro

from dexgen_learning.evaluation.dexgen_control import dexgen, Learned
from dexgen_learning.evaluation.jobs import perform_all, StreamJob
from dexgen_learning.evaluation.laboratory import EvaluationConfig, Laboratory
from dexgen_learning.evaluation.point import ARRAYS, Point
from dexgen_learning.evaluation.protocol import COMMANDS, load_protocol, Protocol
from dexgen_learning.evaluation.rivals import (
    Hold,
    LeakyReturn,
    LowPass,
    RateLimit,
    Raw,
    Shrink,
)
from dexgen_learning.evaluation.situation import Control

PLAIN = {'raw': Raw, 'hold': Hold}
SET = {'shrink': Shrink, 'low-pass': LowPass, 'rate': RateLimit, 'leaky': LeakyReturn}


@dataclass(frozen=True)
class TrialConfig:
    """What is tried.

    Args:
        controls: `raw`, `hold`, or with a setting: `dexgen 3`, `shrink 0.45`, `low-pass 1`,
            `rate 0.2`, `leaky 0.8`.
        stream: `walk and clip`, a cell, `clean` or `stay`.
        seeds: of the evaluation, pooled.
        hours: simulated for each control and seed [h].
        per_object: environments of each object.
        warm_up: simulated time of each environment before anything counts [s].
        objects: names; empty: those of the protocol.
        checkpoint: folder of the controller; empty: the shipped one.
        arbitration: its constants, those of trust and load with them.
        workers: processes, 0 for as many as there are processors.
    """

    controls: tuple[str, ...] = ('hold', 'dexgen 3', 'shrink 0.3')
    stream: str = COMMANDS
    seeds: tuple[int, ...] = (20, 31)
    hours: float = 2.0
    per_object: int = 48
    warm_up: float = 20.0
    objects: tuple[str, ...] = ()
    checkpoint: str = ''
    arbitration: ArbitrationConfig = field(default_factory=ArbitrationConfig)
    workers: int = 0


def control_of(name: str, laboratory: Laboratory, shares: ArbitrationConfig) -> Control | Learned:
    """A control by its name.

    Raises:
        ValueError: there is none of this name, or its setting is missing or no number.
    """
    family, _, setting = name.partition(' ')
    if family in PLAIN and not setting:
        return PLAIN[family]()
    try:
        if family == 'dexgen':
            return dexgen(float(setting), replace(laboratory.sampling, arbitration=shares))
        return SET[family](float(setting))
    except (KeyError, ValueError):
        allowed = ', '.join([*PLAIN, *(f"'{known} <number>'" for known in ('dexgen', *SET))])
        raise ValueError(f"control is '{name}'; allowed: {allowed}") from None


def rules(config: TrialConfig, seed: int) -> Protocol:
    """The protocol with a trial's seed and length.

    Raises:
        ValueError: there is no such stream.
    """
    shipped = load_protocol()
    streams = (COMMANDS, *shipped.content['cells'], 'clean', 'stay')
    if config.stream not in streams:
        raise ValueError(f"stream is '{config.stream}'; allowed: {', '.join(streams)}")
    size = {
        **shipped.content['sizes']['full'],
        'drops': sys.maxsize,
        'hours': config.hours,
        'warm_up': config.warm_up,
        'per_object': config.per_object,
    }
    return replace(shipped, content={**shipped.content, 'seed': seed, 'sizes': {'full': size}})


def pooled(points: Sequence[Point]) -> Point:
    """Points of several seeds as one."""
    arrays = {name: np.concatenate([getattr(p, name) for p in points]) for name in ARRAYS}
    return replace(points[0], **arrays)


def trials(config: TrialConfig) -> dict[str, dict]:
    """What each control did, by its name."""
    asked = EvaluationConfig(config.checkpoint, workers=config.workers)
    found: dict[str, list[Point]] = {name: [] for name in config.controls}
    for seed in config.seeds:
        protocol = rules(config, seed)
        laboratory = Laboratory(asked, protocol)
        objects = config.objects or tuple(protocol.content['objects'])
        jobs = [
            StreamJob(
                config.stream, (control_of(name, laboratory, config.arbitration),), objects
            )
            for name in config.controls
        ]
        results = perform_all(jobs, asked, protocol)
        for name, points in zip(config.controls, results, strict=True):
            found[name].append(points[0])
    return {name: row(pooled(points)) for name, points in found.items()}


def row(point: Point) -> dict:
    """A point in figures: times [s], following over 1 s."""
    parts = ('all', 'touching', 'free')
    return {
        's_between_drops': round(point.holding.mean, 2),
        'ci95': [round(bound, 2) for bound in point.holding.interval()],
        'drops': int(point.drops.sum()),
        'hours': round(float(point.time.sum()) / 3600.0, 3),
        'goals_per_min': round(point.goals_per_minute, 3),
        'goals_ci95': [round(bound, 3) for bound in point.goals_interval],
        'following': {p: round(point.following_of(p)[1.0].gain, 3) for p in parts},
    }


def main() -> None:
    """Try and print; a bad argument ends with one line."""
    config = tyro.cli(TrialConfig, description=__doc__)
    try:
        found = trials(config)
    except (ValueError, FileNotFoundError) as error:
        print(f'bench_trial: {error}', file=sys.stderr)
        raise SystemExit(2) from None
    print(json.dumps({**found, 'stream': config.stream, 'seeds': config.seeds}))


if __name__ == '__main__':
    main()
