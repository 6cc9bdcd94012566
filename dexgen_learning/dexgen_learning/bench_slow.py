"""What slow commands do: `python3 -m dexgen_learning.bench_slow`; prints one JSON line.

The behaviour tests command a finger away, or the palm open, at once. A person takes seconds, and
each of the steps is small. Here the same commands grow over some time and the object must stay for
10 s more.
"""

from dataclasses import dataclass
import json

import tyro

from dexgen_learning.evaluation.behaviours import BehaviourJob
from dexgen_learning.evaluation.dexgen_control import dexgen
from dexgen_learning.evaluation.jobs import perform_all
from dexgen_learning.evaluation.laboratory import EvaluationConfig, Laboratory
from dexgen_learning.scoring.interval import binomial_interval

NAMES = ('magnetic', 'refusal')


@dataclass(frozen=True)
class SlowConfig:
    """What is measured.

    Args:
        seconds: over which commands grow, 0 for at once.
        count: trials of each test and time, at most.
        guidance: strength; negative: the checkpoint's own.
        checkpoint: folder of the controller; empty: the shipped one.
        workers: processes, 0 for as many as there are processors.
    """

    seconds: tuple[float, ...] = (0.0, 2.0, 5.0)
    count: int = 200
    guidance: float = -1.0
    checkpoint: str = ''
    workers: int = 0


def shares(config: SlowConfig) -> dict[str, dict]:
    """Of each test, by seconds: share of the trials whose object stays, interval and number."""
    asked = EvaluationConfig(
        config.checkpoint, guidance=config.guidance, workers=config.workers
    )
    laboratory = Laboratory(asked)
    objects = laboratory.protocol.content['objects']
    control = dexgen(laboratory.guidance, laboratory.sampling)
    count = -(-config.count // len(objects))
    rows = [(name, ramp) for name in NAMES for ramp in config.seconds]
    jobs = [
        BehaviourJob(name, object_name, count, control, ramp)
        for name, ramp in rows
        for object_name in objects
    ]
    found = list(perform_all(jobs, asked, laboratory.protocol))
    result: dict[str, dict] = {name: {} for name in NAMES}
    for index, (name, ramp) in enumerate(rows):
        own = found[index * len(objects) : (index + 1) * len(objects)]
        result[name][f'{ramp:g}'] = share(*(sum(part) for part in zip(*own, strict=True)))
    return result


def share(good: int, trials: int) -> dict:
    """A share and its exact 95 % interval."""
    if not trials:
        return {'share': None, 'ci95': None, 'trials': 0}
    return {
        'share': round(good / trials, 3),
        'ci95': [round(bound, 3) for bound in binomial_interval(good, trials)],
        'trials': trials,
    }


def main() -> None:
    """Measure and print."""
    config = tyro.cli(SlowConfig, description=__doc__)
    seed = Laboratory(EvaluationConfig(config.checkpoint)).seed
    print(json.dumps({**shares(config), 'seed': seed}))


if __name__ == '__main__':
    main()
