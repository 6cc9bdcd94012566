"""Train a policy: resumable, with checkpoints, TensorBoard and the exported network."""

from dataclasses import asdict, dataclass, field, replace
from functools import partial
import json
from pathlib import Path
import re
from typing import Annotated, Literal

from dexgen_description import load_hand, load_object
import numpy as np
import tyro

from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.paths import find_grasps, policy_file
from dexgen_learning.ppo.adapter import vector_environment
from dexgen_learning.ppo.beginning import critic_alone, put_actor
from dexgen_learning.ppo.config import CPU, PAPER, PpoConfig, runner_config
from dexgen_learning.ppo.network import from_actor, PolicyNetwork
from dexgen_learning.ppo.team import Part, Team
from dexgen_learning.tasks import snapshot
from dexgen_learning.tasks.anygrasp import AnygraspConfig, AnygraspTask
from dexgen_learning.tasks.reward import STYLES


@dataclass(frozen=True)
class TrainConfig:
    """A training run.

    Args:
        hand: name of the hand.
        objects: names of the objects; each needs a grasp set.
        task: the task.
        ppo: the learner.
        iterations: of PPO in all.
        save_every: iterations between checkpoints.
        style: `fast` or `slow`: other weights of style and effort, where `task` leaves them alone.
        device: of physics and networks: `cpu`, or `cuda` with MuJoCo Warp, where settings of PPO
            left alone become the paper's; `warp-cpu` tests the latter without a GPU.
        seed: of everything random.
        processes: that step the environments, each its share; the run depends on how many.
        start: policy that the actor begins as, `shipped` or a file; empty for a random actor.
        critic_first: iterations for which only the critic learns, if there is a `start`.
        threads: of torch.
    """

    hand: str = 'allegro_right'
    objects: tuple[str, ...] = ('cube', 'cylinder', 'sphere')
    task: AnygraspConfig = field(default_factory=AnygraspConfig)
    ppo: PpoConfig = field(default_factory=PpoConfig)
    iterations: int = 1000
    save_every: int = 20
    style: Literal['default', 'fast', 'slow'] = 'default'
    device: Annotated[Literal['cpu', 'cuda', 'warp-cpu'],
                      tyro.conf.arg(prefix_name=False)] = 'cpu'
    seed: int = 0
    processes: int = 1
    start: str = ''
    critic_first: int = 20
    threads: int = 1


def resolved(config: TrainConfig) -> TrainConfig:
    """The configuration with what style and device mean written out."""
    task, ppo = config.task, config.ppo
    if task.weights == STYLES['default']:
        task = replace(task, weights=STYLES[config.style])
    if config.device != 'cpu':
        simulation = replace(task.environment.simulation, device=config.device)
        task = replace(task, environment=replace(task.environment, simulation=simulation))
    if config.device == 'cuda' and ppo == CPU:
        ppo = PAPER
    return replace(config, task=task, ppo=ppo)


def build_task(config: TrainConfig, grasps: Path | None = None, part: int = 0) -> AnygraspTask:
    """A part of a run's task, with grasp sets from the folder `grasps` or the cache."""
    hand = load_hand(config.hand)
    objects = [load_object(name) for name in config.objects]
    sets = [GraspSet.load(find_grasps(config.hand, name, grasps), config.hand)
            for name in config.objects]
    per_object = max(1, config.ppo.environments // len(objects) // config.processes)
    seed = config.seed
    if part:
        seed = int(np.random.SeedSequence([config.seed, part]).generate_state(1)[0])
    return AnygraspTask(hand, objects, sets, per_object, config.task, seed)


def build_team(config: TrainConfig, grasps: Path | None = None) -> Part | Team:
    """All environments of a run."""
    if config.processes == 1:
        return Part(build_task(config, grasps))
    return Team(partial(build_task, config, grasps), config.processes)


def latest_checkpoint(folder: Path) -> Path | None:
    """The newest `model_<iteration>.pt` of a run."""
    found = [(int(m.group(1)), p) for p in Path(folder).glob('model_*.pt')
             if (m := re.fullmatch(r'model_(\d+)\.pt', p.name))]
    return max(found)[1] if found else None


def train(config: TrainConfig, folder: Path, grasps: Path | None = None) -> Path:
    """Train until `config.iterations`, going on from the newest checkpoint in `folder`.

    Returns:
        The exported policy, `policy.npz` in the folder.

    Raises:
        ValueError: `processes` differs from that of the run so far, or asks for many on a GPU;
            or the policy to begin with does not fit.
        FileNotFoundError: there is no such policy.
    """
    from rsl_rl.runners import OnPolicyRunner
    import torch

    config = resolved(config)
    if config.processes > 1 and config.device != 'cpu':
        raise ValueError(f'physics on {config.device} runs in one process, not in '
                         f'{config.processes}: --config.processes 1')
    start = None
    if config.start:
        start = PolicyNetwork.load(policy_file(config.start, config.hand), config.hand)
    device = 'cuda' if config.device == 'cuda' else 'cpu'
    torch.set_num_threads(config.threads)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'config.json').write_text(json.dumps(asdict(config), indent=1, default=_plain))
    torch.manual_seed(config.seed)
    team = build_team(config, grasps)
    settings = runner_config(config.ppo, config.seed, config.save_every)
    environment = vector_environment(team, config.task, device)
    runner = OnPolicyRunner(environment, settings, str(folder), device)
    if start is not None and latest_checkpoint(folder) is None:
        put_actor(runner, start)
        with critic_alone(runner.alg):
            advance(runner, team, config, folder, min(config.critic_first, config.iterations))
    else:
        resume(runner, team, folder)
    while runner.current_learning_iteration < config.iterations:
        left = config.iterations - runner.current_learning_iteration
        advance(runner, team, config, folder, min(config.save_every, left))
    team.close()
    return folder / 'policy.npz'


def advance(runner, team: Part | Team, config: TrainConfig, folder: Path, count: int) -> None:
    """Learn for some iterations and keep what came of it."""
    if not count:
        return
    runner.learn(count)
    export(runner, config, folder / 'policy.npz')
    keep_state(runner, team, folder)
    runner.current_learning_iteration += 1


def resume(runner, team: Part | Team, folder: Path) -> None:
    """Load the newest checkpoint; with its state file, to the last bit as if never stopped."""
    import torch
    checkpoint = latest_checkpoint(folder)
    if checkpoint is None:
        return
    runner.load(str(checkpoint), map_location=runner.device)
    state = folder / checkpoint.name.replace('model_', 'state_').replace('.pt', '.npz')
    if state.exists():
        arrays = snapshot.load(state)
        torch.set_rng_state(torch.from_numpy(arrays.pop('torch_rng')))
        team.put(parted(arrays))
    runner.current_learning_iteration += 1


def keep_state(runner, team: Part | Team, folder: Path) -> None:
    """Write the environments' and torch's state beside the newest checkpoint, delete older."""
    import torch
    path = folder / f'state_{runner.current_learning_iteration}.npz'
    arrays = {f'{i}/{name}': value for i, state in enumerate(team.take())
              for name, value in state.items()}
    snapshot.save(path, arrays | {'torch_rng': torch.get_rng_state().numpy()})
    for old in folder.glob('state_*.npz'):
        if old != path:
            old.unlink()


def parted(arrays: dict[str, np.ndarray]) -> list[dict[str, np.ndarray]]:
    """The states of a run's parts, from the arrays `part/name` of its file."""
    states: dict[int, dict[str, np.ndarray]] = {}
    for name, value in arrays.items():
        part, own = name.split('/', 1)
        states.setdefault(int(part), {})[own] = value
    return [states[part] for part in sorted(states)]


def export(runner, config: TrainConfig, path: Path) -> None:
    """Write the runner's actor as arrays."""
    state = {k: v.detach().cpu() for k, v in runner.alg.get_policy().state_dict().items()}
    header = json.loads(json.dumps(asdict(config), default=_plain))
    header['iteration'] = runner.current_learning_iteration
    from_actor(state, header).save(path)


def _plain(value):
    """Arrays of the configuration as lists."""
    return value.tolist() if isinstance(value, np.ndarray) else str(value)
