"""Benchmark of the batched environment: `python -m dexgen_learning.bench_simulation`.

Compares control steps per processor second of the whole environment (limiter, wrist, kicks,
noise, history in numpy) with MuJoCo's plain C loop over the same models, states and controls,
interleaved in the same run; prints one JSON line. With `--device cuda` it counts control steps
per second of wall time with MuJoCo Warp on the GPU, by number of environments.
"""

from dataclasses import dataclass
import json
import time
from typing import Literal

from dexgen_description import load_hand, load_object
import mujoco
from mujoco import rollout as mujoco_rollout
import numpy as np
import tyro

from dexgen_learning.env.environment import EnvironmentConfig, HandEnvironment
from dexgen_learning.env.simulation import SimulationConfig
from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.paths import find_grasps
from dexgen_learning.rollout.collector import Collector, CollectorConfig
from dexgen_learning.tasks.goal import GoalBook

CONTROL = int(mujoco.mjtState.mjSTATE_CTRL | mujoco.mjtState.mjSTATE_XFRC_APPLIED)


@dataclass(frozen=True)
class BenchConfig:
    """What is measured.

    Args:
        hand: name of the hand.
        object_name: name of the object.
        environments: side by side, for the comparison with the C loop.
        steps: control steps of the comparison.
        many: environments of the large batch.
        many_steps: its control steps.
        device: of physics: `cuda` and `warp-cpu` are timed by the clock and not compared.
        batches: numbers of environments there.
        seed: of the randomness.
    """

    hand: str = 'allegro_right'
    object_name: str = 'cube'
    environments: int = 64
    steps: int = 40
    many: int = 4096
    many_steps: int = 2
    device: Literal['cpu', 'cuda', 'warp-cpu'] = 'cpu'
    batches: tuple[int, ...] = (1024, 4096, 8192)
    seed: int = 0


def build(config: BenchConfig, n: int) -> HandEnvironment:
    """N environments in random grasps."""
    hand, model = load_hand(config.hand), load_object(config.object_name)
    grasps = GraspSet.load(find_grasps(config.hand, config.object_name), config.hand)
    environment = EnvironmentConfig(simulation=SimulationConfig(device=config.device))
    env = HandEnvironment(hand, [model], n, environment, config.seed)
    book = GoalBook([model], [grasps])
    env.reset(np.arange(n), book.start(book.random_rows(env.object_index, env.rng)))
    return env


def environment_cost(env: HandEnvironment, steps: int) -> float:
    """Processor time of a control step of one environment [s]."""
    begin = time.process_time()
    for _ in range(steps):
        env.step(env.sim.target)
    return (time.process_time() - begin) / (steps * env.n)


class PlainLoop:
    """MuJoCo's own C loop (`mujoco.rollout`, one thread) on copies of the same models."""

    def __init__(self, env: HandEnvironment) -> None:
        """Copy the randomised models; done outside the timing."""
        self.group = env.sim.groups[0]
        batch = self.group.batch
        self.models = [batch.get_model(i) for i in range(env.n)]
        self.data = mujoco.MjData(self.group.model)
        self.state = np.zeros((env.n, mujoco.mj_stateSize(
            self.group.model, mujoco.mjtState.mjSTATE_FULLPHYSICS)))
        self.warmstart = np.zeros((env.n, self.group.model.nv))

    def remember(self) -> None:
        """Take the environment's states before its step."""
        for i in range(len(self.models)):
            self.group.batch.get_data(i, self.data)
            mujoco.mj_getState(self.models[i], self.data, self.state[i],
                               mujoco.mjtState.mjSTATE_FULLPHYSICS)
            self.warmstart[i] = self.data.qacc_warmstart

    def cost(self, control: np.ndarray) -> float:
        """Processor time of the same control step [s] with (n, substeps, nu) controls."""
        for i, model in enumerate(self.models):
            model.opt.gravity[:] = self.group.gravity[i]
        force = np.repeat(self.group.xfrc.reshape(len(self.models), 1, -1), control.shape[1], 1)
        inputs = np.concatenate([control, force], axis=-1)
        begin = time.process_time()
        mujoco_rollout.rollout(self.models, self.data, self.state, inputs, control_spec=CONTROL,
                               nstep=control.shape[1], initial_warmstart=self.warmstart)
        return (time.process_time() - begin) / len(self.models)


def compare(config: BenchConfig) -> dict[str, float]:
    """Environment and C loop, a control step of each in turn."""
    env = build(config, config.environments)
    environment_cost(env, 10)
    loop = PlainLoop(env)
    own, plain = [], []
    for _ in range(config.steps):
        loop.remember()
        own.append(environment_cost(env, 1))
        control = np.repeat(env.sim.groups[0].ctrl[:, None], env.sim.substeps, axis=1)
        plain.append(loop.cost(control))
    return {'control_steps_per_s': 1.0 / float(np.mean(own)),
            'c_loop_control_steps_per_s': 1.0 / float(np.mean(plain)),
            'ratio_to_c_loop': float(np.sum(plain) / np.sum(own))}


def rollout_cost(config: BenchConfig) -> float:
    """Processor time of a recorded control step [s]: goals, expert, record, all of it."""
    hand, model = load_hand(config.hand), load_object(config.object_name)
    grasps = GraspSet.load(find_grasps(config.hand, config.object_name), config.hand)
    collector = Collector(hand, [model], [grasps], CollectorConfig(
        per_object=config.environments, steps=config.steps), seed=config.seed)
    begin = time.process_time()
    collector.collect()
    return (time.process_time() - begin) / (config.environments * config.steps)


def on_device(config: BenchConfig) -> dict:
    """Control steps per second of wall time on a device, by number of environments."""
    rates = {}
    for n in config.batches:
        env = build(config, n)
        environment_cost(env, 2)
        begin = time.perf_counter()
        environment_cost(env, config.steps)
        rates[str(n)] = n * config.steps / (time.perf_counter() - begin)
    return {'device': config.device, 'control_steps_per_s': rates, 'steps': config.steps,
            'failures': env.failures, 'seed': config.seed, 'clock': 'wall time'}


def main(config: BenchConfig) -> None:
    """Measure and print."""
    if config.device != 'cpu':
        print(json.dumps(on_device(config)))
        return
    result = compare(config)
    small = environment_cost(build(config, 64), 20)
    large_env = build(config, config.many)
    large = environment_cost(large_env, config.many_steps)
    result |= {
        'cost_ratio_4096_to_64': large / small, 'large_batch': config.many,
        'rollout_ratio': environment_cost(build(config, config.environments), config.steps)
        / rollout_cost(config),
        'environments': config.environments, 'steps': config.steps, 'threads': 1,
        'seed': config.seed, 'clock': 'processor time'}
    print(json.dumps(result))


if __name__ == '__main__':
    main(tyro.cli(BenchConfig, description=__doc__))
