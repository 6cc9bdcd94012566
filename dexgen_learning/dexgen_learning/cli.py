"""The command line `dexgen-learn`: one subcommand a step of the school, typed configurations."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
import json
from operator import or_
from pathlib import Path
import sys
from typing import Annotated, Literal

import tyro

from dexgen_learning.evaluation.ablation import Ablate
from dexgen_learning.evaluation.laboratory import EvaluationConfig
from dexgen_learning.grasps.pipeline import GraspsConfig
from dexgen_learning.paths import cache_folder, data_path, grasp_path, run_path
from dexgen_learning.ppo.training import TrainConfig
from dexgen_learning.rollout.chunk import RolloutConfig
from dexgen_learning.training.command import train_controller_command, TrainController
from dexgen_learning.training.ship import Ship, ship


@dataclass(frozen=True)
class Grasps:
    """Find, validate and join grasps into a set for each object.

    Args:
        hand: name of the hand.
        objects: names of objects, or paths of mesh files.
        config: how.
        folder: where the sets go; empty for the cache.
        minutes: time limit for each object; 0 for none.
        picture: also draw each set into a .png beside it.
    """

    hand: str = 'allegro_right'
    objects: tuple[str, ...] = ('cube', 'cylinder', 'sphere')
    config: GraspsConfig = field(default_factory=GraspsConfig)
    folder: str = ''
    minutes: float = 0.0
    picture: bool = True


@dataclass(frozen=True)
class Train:
    """Train a policy with PPO; goes on where a run of the same name stopped.

    Args:
        name: of the run.
        config: what.
    """

    name: str = 'anygrasp'
    config: TrainConfig = field(default_factory=TrainConfig)


@dataclass(frozen=True)
class Rollout:
    """Make a data set from grasp-graph walks, holding and policies; safe to kill and resume.

    Args:
        name: of the data set.
        config: what.
        workers: processes.
        ray: address of a Ray cluster (`auto`), or empty for processes of this machine.
    """

    name: str = 'first'
    config: RolloutConfig = field(default_factory=RolloutConfig)
    workers: int = 1
    ray: str = ''


@dataclass(frozen=True)
class Show:
    """Play an expert, a grasp set or a data set: to a PNG, to an MP4, or in the browser.

    Args:
        what: `policy`, `interpolation`, `grasps` or `data`.
        hand: name of the hand.
        object_name: name of the object, or its file.
        policy: file of the policy; empty for the newest one.
        data: name of the data set.
        frames: how many.
        output: a file ending in .png or .mp4; empty for the browser.
        port: of the browser page.
        seed: of the randomness.
    """

    what: Literal['policy', 'interpolation', 'grasps', 'data'] = 'policy'
    hand: str = 'allegro_right'
    object_name: str = 'cube'
    policy: str = ''
    data: str = 'first'
    frames: int = 100
    output: str = ''
    port: int = 8081
    seed: int = 0


@dataclass(frozen=True)
class Figures:
    """Draw learning curves of runs, or statistics of grasp sets or of a data set.

    Args:
        what: `curves`, `grasps` or `data`.
        names: of runs, of objects, or of one data set.
        hand: name of the hand.
        output: a file ending in .png or .svg.
    """

    what: Literal['curves', 'grasps', 'data']
    names: tuple[str, ...]
    hand: str = 'allegro_right'
    output: str = 'figure.png'


def run_grasps(command: Grasps) -> None:
    """`dexgen-learn grasps`."""
    from dexgen_description import load_hand
    from tqdm import tqdm

    from dexgen_learning.grasps.coverage import coverage
    from dexgen_learning.grasps.pipeline import make_grasp_set, summary
    from dexgen_learning.objects import load_any_object
    hand = load_hand(command.hand)
    folder = Path(command.folder) if command.folder else None
    for name in command.objects:
        model = load_any_object(name, hand)
        path = grasp_path(command.hand, model.name, folder)
        with tqdm(total=command.config.generation.count, desc=model.name, unit='grasp') as bar:
            grasps, growth = make_grasp_set(
                hand, model, command.config, path, lambda k, bar=bar: bar.update(k - bar.n),
                command.minutes * 60.0 or None)
        print(json.dumps({'object': model.name, 'path': str(path), **summary(grasps),
                          'coverage': coverage(grasps),
                          'accepted_share': growth.validated / max(growth.tried, 1),
                          'validated_per_s': growth.validated / growth.wall_s,
                          'validated_per_cpu_s': growth.validated / growth.cpu_s}))
        if command.picture and len(grasps):
            from dexgen_learning.show.film import save_sheet
            from dexgen_learning.show.frames import of_grasps
            save_sheet(hand, of_grasps(grasps, 24, object_name=name), path.with_suffix('.png'))


def run_train(command: Train) -> None:
    """`dexgen-learn train`."""
    from dexgen_learning.ppo.training import train
    print(train(command.config, run_path(command.name)))


def run_rollout(command: Rollout) -> None:
    """`dexgen-learn rollout`."""
    from tqdm import tqdm

    from dexgen_learning.rollout.crew import Alone, Processes, RayCluster
    from dexgen_learning.rollout.rolling import rollout
    crew = Processes(command.workers) if command.workers > 1 else Alone()
    if command.ray:
        crew = RayCluster(command.ray)
    with tqdm(total=command.config.transitions, unit='row') as bar:
        print(rollout(command.config, data_path(command.name), crew,
                      lambda rows: bar.update(rows - bar.n)))


def run_show(command: Show) -> None:
    """`dexgen-learn show`."""
    from dexgen_description import load_hand

    from dexgen_learning.show.choice import chosen_frames
    hand = load_hand(command.hand)
    frames = chosen_frames(hand, command.what, command.object_name, command.policy,
                           data_path(command.data), command.frames, command.seed)
    if not command.output:
        from dexgen_learning.show.page import Page
        page = Page(hand, command.port)
        print(f'http://127.0.0.1:{command.port}')
        page.play(frames)
        return
    from dexgen_learning.show.film import save_film, save_sheet
    path = Path(command.output)
    savers = {'.png': save_sheet, '.mp4': save_film}
    if path.suffix not in savers:
        raise ValueError(f'cannot write {path.name!r}; choose a name that ends in .png or .mp4')
    savers[path.suffix](hand, frames, path)
    print(path)


def run_figures(command: Figures) -> None:
    """`dexgen-learn figures`."""
    from dexgen_learning.grasps.grasp_set import GraspSet
    from dexgen_learning.paths import find_grasps
    from dexgen_learning.rollout.dataset import Dataset
    from dexgen_learning.show import figures
    path = Path(command.output)
    if path.suffix not in ('.png', '.svg'):
        raise ValueError(f'cannot write {path.name!r}; choose a name that ends in .png or .svg')
    if command.what == 'curves':
        figures.learning_curves([run_path(name) for name in command.names], path)
    elif command.what == 'grasps':
        figures.grasp_statistics([GraspSet.load(find_grasps(command.hand, name), command.hand)
                                  for name in command.names], path)
    else:
        figures.data_statistics(Dataset(data_path(command.names[0])), path)
    print(path)


def run_train_controller(command: TrainController) -> None:
    """`dexgen-learn train-controller`."""
    data = Path(command.data)
    print(train_controller_command(
        command, run_path(command.name), data if data.is_dir() else data_path(command.data)))


def run_ship(command: Ship) -> None:
    """`dexgen-learn ship`."""
    print(ship(command))


def run_evaluate(command: EvaluationConfig) -> None:
    """`dexgen-learn evaluate`."""
    from dexgen_learning.evaluation.command import evaluate
    evaluate(command)


def run_ablate(command: Ablate) -> None:
    """`dexgen-learn ablate`."""
    from dexgen_learning.evaluation.ablation import ablate
    data = Path(command.data)
    ablate(command, run_path(''), data if data.is_dir() else data_path(command.data))


COMMANDS = {
    'grasps': (Grasps, run_grasps),
    'train': (Train, run_train),
    'rollout': (Rollout, run_rollout),
    'show': (Show, run_show),
    'figures': (Figures, run_figures),
    'train-controller': (TrainController, run_train_controller),
    'ship': (Ship, run_ship),
    'evaluate': (EvaluationConfig, run_evaluate),
    'ablate': (Ablate, run_ablate),
}
"""What each subcommand is told, and what it does."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of `dexgen-learn`."""
    commands = reduce(or_, (Annotated[kind, tyro.conf.subcommand(name)]
                            for name, (kind, _) in COMMANDS.items()))
    command = tyro.cli(commands, args=arguments, prog='dexgen-learn',
                       description=f'The school. Artefacts go to {cache_folder()}.')
    try:
        dict(COMMANDS.values())[type(command)](command)
    except (ValueError, FileNotFoundError) as error:
        print(f'dexgen-learn: {error}', file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == '__main__':
    main()
