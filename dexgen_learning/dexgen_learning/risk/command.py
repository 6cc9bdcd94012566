"""`dexgen-learn train-risk`: a controller in, the same with a network for risk out."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
import json
import multiprocessing
import os
from pathlib import Path

from dexgen_controller.checkpoint import (
    CARD,
    Checkpoint,
    load_checkpoint,
    save_checkpoint,
    shipped_checkpoint,
)

from dexgen_learning.risk.rollout import RiskRollout


@dataclass(frozen=True)
class TrainRisk:
    """Learn what following commands costs; goes on where a run of the same name stopped.

    In every round hands follow commands of every kind by random shares and, from the second round
    on, by what was learned in the round before; then the network is trained on all rounds.

    Args:
        name: of the run; its checkpoint lies in the run's folder.
        checkpoint: folder of the controller; empty for the shipped one.
        hand: whose shipped controller.
        policy: file of the expert's policy; empty for the shipped one.
        objects: names.
        per_object: hands of each, in every process.
        steps: control steps of each process in a round.
        rounds: of exploring and learning.
        workers: processes; 0 for as many as there are processors.
        passes: over the data in training.
        seed: of all randomness.
    """

    name: str = 'risk'
    checkpoint: str = ''
    hand: str = 'allegro_right'
    policy: str = ''
    objects: tuple[str, ...] = ('cube', 'cylinder', 'sphere', 'slab', 'rod', 'hammer')
    per_object: int = 48
    steps: int = 2000
    rounds: int = 2
    workers: int = 0
    passes: float = 1.5
    seed: int = 100


def train_risk_command(command: TrainRisk, folder: Path) -> Path:
    """Explore and learn in rounds; returns the folder of the checkpoint.

    Raises:
      FileNotFoundError: there is no controller.
      ValueError: a run of this name was begun with other arguments.
    """
    given = command.checkpoint or shipped_checkpoint(command.hand)
    if not given:
        raise FileNotFoundError(f'no controller ships for {command.hand}; pass --checkpoint')
    workers = command.workers or len(os.sched_getaffinity(0))
    _begin(replace(command, checkpoint=str(given), workers=workers), folder)
    first = load_checkpoint(given)
    kept = {k: v for k, v in first.weights.items() if not k.startswith('risk.')}
    made = replace(first, weights=kept)
    last, files = folder / 'checkpoint', []
    card = (Path(given) / CARD).read_text()
    save_checkpoint(made, last, card)
    for number in range(command.rounds):
        jobs = [
            RiskRollout(str(last), command.policy, command.objects, command.per_object,
                        command.steps, command.seed + number * workers + worker)
            for worker in range(workers)
        ]  # fmt: skip
        parts = [folder / f'round-{number}-{worker}.npz' for worker in range(workers)]
        with ProcessPoolExecutor(workers, multiprocessing.get_context('spawn')) as pool:
            files += pool.map(RiskRollout.perform, jobs, parts)
        made = learned(made, files, command)
        save_checkpoint(made, last, card)
    return last


def _begin(command: TrainRisk, folder: Path) -> None:
    """Write the resolved arguments of the run, or see that they are those it was begun with."""
    file, told = folder / 'command.json', json.loads(json.dumps(asdict(command)))
    if file.is_file():
        before = json.loads(file.read_text())
        other = {k: (before.get(k), v) for k, v in told.items() if before.get(k) != v}
        if other:
            raise ValueError(
                f"run '{command.name}' was begun with other arguments (then, now): {other}; pass "
                f'those of then, or another --name'
            )
        return
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(told, indent=2) + '\n')


def learned(checkpoint: Checkpoint, files: list[Path], command: TrainRisk) -> Checkpoint:
    """The controller with a network trained on these rollouts."""
    from dexgen_learning.risk.training import risk_samples, RiskConfig, train_risk

    config = RiskConfig(passes=command.passes, seed=command.seed)
    weights, figures = train_risk(risk_samples(files), config)
    facts = {**checkpoint.facts, 'risk': {**figures, 'rollouts': len(files)}}
    return replace(checkpoint, weights={**checkpoint.weights, **weights}, facts=facts)
