"""The expert against its rivals: `python -m dexgen_learning.evaluate_policy`; one JSON line.

Policy, interpolation (swept over its rate; the best is the rival) and holding still run in the
same environment with the same seed, randomised and with a moving wrist, warmed up. On held-out
objects too, so that what is kept of the goals stands beside what is kept of the lead over
interpolation: objects differ in how hard they are for every expert.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
import json
import multiprocessing
import os
from pathlib import Path
import sys
from typing import NamedTuple

from dexgen_description import load_hand, load_object
import tyro

from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.paths import find_grasps, find_policy
from dexgen_learning.ppo.network import PolicyNetwork
from dexgen_learning.scoring.interval import ratio_interval
from dexgen_learning.scoring.score import (
    Expert,
    following,
    holding,
    interpolating,
    Score,
    score,
    servoing,
)
from dexgen_learning.tasks.anygrasp import AnygraspConfig, AnygraspTask


@dataclass(frozen=True)
class EvaluateConfig:
    """What is evaluated.

    Args:
        policy: file of the policy, or `shipped`; empty for the newest one, else the shipped one.
        hand: name of the hand.
        objects: empty for those that the policy was trained on.
        held_out: objects that it has never seen; those without a grasp set are left out.
        rates: of interpolation [share per 0.1 s].
        per_object: environments of each object.
        warm_up: simulated time before anything counts [s].
        seconds: simulated time of each environment [s].
        seeds: one run each.
        task: the task.
        workers: processes, 0 for as many as there are processors; the figures do not depend on it.
    """

    policy: str = ''
    hand: str = 'allegro_right'
    objects: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ('cuboid', 'ellipsoid', 'capsule', 'pen', 'screwdriver')
    rates: tuple[float, ...] = (0.1, 0.2, 0.3, 0.5, 0.8)
    per_object: int = 16
    warm_up: float = 20.0
    seconds: float = 60.0
    seeds: tuple[int, ...] = (0,)
    task: AnygraspConfig = field(default_factory=AnygraspConfig)
    workers: int = 0


class Row(NamedTuple):
    """One row of the comparison: `policy`, `servo`, `hold` or `interpolation`, with whose rate."""

    expert: str
    objects: tuple[str, ...]
    rate: float = 0.0


def expert_of(row: Row, config: EvaluateConfig) -> Expert:
    """The expert of a row."""
    if row.expert == 'policy':
        return following(PolicyNetwork.load(find_policy(config.hand, config.policy), config.hand))
    return {'servo': servoing(), 'hold': holding(), 'interpolation': interpolating(row.rate)}[
        row.expert]


def run_rows(config: EvaluateConfig, rows: Sequence[Row]) -> list[Score]:
    """The scores of rows, by as many processes as the configuration says."""
    workers = config.workers or len(os.sched_getaffinity(0))
    if workers == 1:
        return [run(config, row) for row in rows]
    os.environ.update(dict.fromkeys(('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS'), '1'))
    with ProcessPoolExecutor(workers, multiprocessing.get_context('spawn')) as pool:
        return list(pool.map(run, [config] * len(rows), rows))


def run(config: EvaluateConfig, row: Row) -> Score:
    """Score a row over all seeds."""
    expert, objects = expert_of(row, config), row.objects
    models = [load_object(name) for name in objects]
    sets = [GraspSet.load(find_grasps(config.hand, name), config.hand) for name in objects]
    parts = [score(AnygraspTask(load_hand(config.hand), models, sets, config.per_object,
                                config.task, seed), expert, config.warm_up, config.seconds, seed)
             for seed in config.seeds]
    return merged(parts)


def merged(parts: list[Score]) -> Score:
    """Scores of several seeds as one; the interval of goals is the widest of theirs."""
    if len(parts) == 1:
        return parts[0]
    from dexgen_learning.scoring.interval import time_between
    seconds, drops = sum(p.seconds for p in parts), sum(p.drops for p in parts)
    between, interval = time_between(seconds, drops)
    goals = sum(p.goals for p in parts)
    return replace(parts[0], goals=goals, drops=drops, seconds=seconds,
                   goals_per_min=60.0 * goals / seconds, s_between_drops=between,
                   drops_ci95=interval,
                   goals_ci95=(min(p.goals_ci95[0] for p in parts),
                               max(p.goals_ci95[1] for p in parts)),
                   clamped_share=sum(p.clamped_share for p in parts) / len(parts))


def rows_of(objects: tuple[str, ...], rates: tuple[float, ...]) -> list[Row]:
    """Every expert on some objects; none on none."""
    if not objects:
        return []
    blind = [Row(name, objects) for name in ('policy', 'hold', 'servo')]
    return blind + [Row('interpolation', objects, rate) for rate in rates]


def compared(rates: Sequence[float], scores: Sequence[Score]) -> dict:
    """The policy beside holding still and the best interpolation, of the scores of `rows_of`."""
    policy, hold, servo = scores[:3]
    swept = dict(zip(rates, scores[3:], strict=True))
    rate = max(swept, key=lambda r: swept[r].goals_per_min)
    best = swept[rate]
    return {
        'policy': policy.as_dict(), 'interpolation': {'rate': rate, **best.as_dict()},
        'hold': hold.as_dict(), 'servo': servo.as_dict(),
        'interpolation_by_rate': {str(r): s.as_dict() for r, s in swept.items()},
        'goals_ratio': policy.goals_per_min / max(best.goals_per_min, 1e-9),
        'time_ratio': policy.s_between_drops / best.s_between_drops,
        'time_ratio_ci95': ratio_interval((policy.seconds, policy.drops),
                                          (best.seconds, best.drops)),
        'time_ratio_to_hold': policy.s_between_drops / hold.s_between_drops}


def held_out_shares(trained: dict, away: dict) -> dict:
    """What is kept on held-out objects: of the goals, and of the lead over interpolation."""
    goals = [found['policy']['goals_per_min'] for found in (trained, away)]
    lead = {name: away[name] / max(trained[name], 1e-9) for name in ('goals_ratio', 'time_ratio')}
    return {'held_out_share': goals[1] / max(goals[0], 1e-9),
            'held_out_goals_ratio_share': lead['goals_ratio'],
            'held_out_time_ratio_share': lead['time_ratio'], 'held_out': away}


def evaluate(config: EvaluateConfig) -> dict:
    """All rows of the comparison."""
    network = PolicyNetwork.load(find_policy(config.hand, config.policy), config.hand)
    objects = config.objects or tuple(network.config['objects'])
    held_out = tuple(n for n in config.held_out
                     if n not in network.config['objects'] and _has_grasps(config.hand, n))
    rows = [rows_of(names, config.rates) for names in (objects, held_out)]
    scores = run_rows(config, rows[0] + rows[1])
    trained = compared(config.rates, scores[:len(rows[0])])
    away = {'held_out_share': None}
    if held_out:
        away = held_out_shares(trained, compared(config.rates, scores[len(rows[0]):]))
    return {**trained, **away, 'held_out_objects': held_out, 'objects': objects,
            'seeds': config.seeds, 'iteration': network.config.get('iteration')}


def _has_grasps(hand: str, name: str) -> bool:
    return Path(find_grasps(hand, name)).exists()


def main(config: EvaluateConfig) -> None:
    """Evaluate and print; a policy of another hand or a missing file ends with one line."""
    try:
        print(json.dumps(evaluate(config)))
    except (ValueError, FileNotFoundError) as error:
        print(f'evaluate_policy: {error}', file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == '__main__':
    main(tyro.cli(EvaluateConfig, description=__doc__))
