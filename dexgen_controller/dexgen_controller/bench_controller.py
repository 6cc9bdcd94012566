"""Time of one tick of the learned controller, printed as one JSON line.

`python -m dexgen_controller.bench_controller` times the configurations with random weights: the
time of a tick does not depend on what was learned. CPU time is what the process used, so that a
busy machine blurs it less than wall time. Every precision and batch is printed as a line of its
own; the last line has the first batch in every precision, the first of them as the headline, the
peers and the processor. A precision that the processor has not is left out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
import json
import os
import sys
import time

from dexgen_description import load_hand
import numpy as np

from dexgen_controller.checkpoint import Checkpoint, load_checkpoint, random_checkpoint
from dexgen_controller.guidance import command_precision, guidance_table, interpolate_covariance
from dexgen_controller.model_config import model_config
from dexgen_controller.noise_schedule import NoiseSchedule
from dexgen_controller.processor import described
from dexgen_controller.runtime import OpenVinoRuntime, TorchRuntime


@dataclass(frozen=True)
class BenchConfig:
    """What is timed.

    Attributes:
      ticks: ticks of each row; the peers and larger batches take a tenth of them.
      rate: [Hz] at which ticks come; 0 runs them back to back.
      steps: diffusion steps.
      configurations: names of model configurations.
      precisions: of the runtime; the first is the headline.
      batches: hands planned for at once; the first is the headline.
      checkpoint: folder of a checkpoint to time instead of random weights, empty for none.
      hand: hand description.
      priority: SCHED_FIFO priority, 0 for none.
      seed: of weights and inputs.
    """

    ticks: int = 1000
    rate: float = 30.0
    steps: int = 12
    configurations: tuple[str, ...] = ('paper', 'small')
    precisions: tuple[str, ...] = ('f32', 'bf16', 'int8')
    batches: tuple[int, ...] = (1, 16)
    checkpoint: str = ''
    hand: str = 'allegro_right'
    priority: int = 0
    seed: int = 0

    @property
    def few(self) -> int:
        """Calls of the peers and of larger batches."""
        return max(self.ticks // 10, 20)


def main() -> None:
    """Time every row and print them."""
    import tyro

    print(json.dumps(bench(tyro.cli(BenchConfig))))


def bench(config: BenchConfig) -> dict:
    """The last line; every row is printed on the way."""
    import torch

    torch.set_num_threads(1)
    if config.priority:
        take_priority(config.priority)
    hand = load_hand(config.hand)
    checkpoints = {
        name: random_checkpoint(model_config(name), hand, config.seed)
        for name in config.configurations
    }
    if config.checkpoint:
        checkpoints['checkpoint'] = load_checkpoint(config.checkpoint)
    result: dict[str, dict] = {}
    peers = {name: bench_peers(checkpoint, config) for name, checkpoint in checkpoints.items()}
    for name, checkpoint in checkpoints.items():
        for row in bench_checkpoint(checkpoint, peers[name]['eager'], config):
            print(json.dumps({'model': name} | row), flush=True)
            if row['batch'] == config.batches[0]:
                figures = {key: row[key] for key in KEYS}
                result.setdefault(name, figures)
                if figures['precision'] != result[name]['precision']:
                    result[name][figures['precision']] = figures
    return result | {'peers': peers, 'processor': described()}


KEYS = (
    'precision',
    'parameters',
    'cpu_ms_median',
    'cpu_ms_p99',
    'wall_ms_p99',
    'ratio_to_eager',
    'max_abs_difference_f32',
)
"""Figures of a model in the last line."""


def take_priority(priority: int) -> None:
    """Run at a SCHED_FIFO priority where that is allowed; said where it is not."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except OSError as error:
        print(f'no real-time priority: {error}', file=sys.stderr)


def bench_checkpoint(
    checkpoint: Checkpoint, eager: dict[str, float], config: BenchConfig
) -> Iterator[dict]:
    """Figures of one checkpoint, for every batch and precision; the headline first.

    `ratio_to_eager` is how many times longer naive PyTorch takes for one hand, by `eager`.
    """
    schedule = NoiseSchedule.build(config.steps)
    for batch in config.batches:
        given = tick_inputs(checkpoint, schedule, batch, config.seed)
        expected = TorchRuntime(checkpoint, schedule).run(given)
        for precision in config.precisions:
            runtime = OpenVinoRuntime(checkpoint, schedule, batch, precision)
            if precision not in (runtime.arithmetic, 'int8'):
                print(f'{precision} is left out', file=sys.stderr)
                continue
            count = config.ticks if batch == config.batches[0] else config.few
            figures = timed(
                lambda runtime=runtime, given=given: runtime.run(given), count, config.rate
            )
            found = runtime.run(given)
            yield {
                'precision': precision,
                'batch': batch,
                'parameters': checkpoint.parameters,
                **figures,
                'ratio_to_eager': round(
                    batch * eager['cpu_ms_median'] / figures['cpu_ms_median'], 2
                ),
                'max_abs_difference_f32': difference(checkpoint, found, expected),
            }


def tick_inputs(
    checkpoint: Checkpoint, schedule: NoiseSchedule, batch: int, seed: int
) -> dict[str, np.ndarray]:
    """Random inputs of a tick at guidance 1."""
    random = np.random.default_rng(seed)
    config, normaliser = checkpoint.config, checkpoint.normaliser
    size, steps = config.motion_size, schedule.steps
    spread = checkpoint.spread
    covariance = interpolate_covariance(spread.covariance, spread.angles, schedule.angles[:-1])
    precision = command_precision(
        1.0, normaliser.motion_scale, float(normaliser.motion_reference[0])
    )
    table = guidance_table(covariance, precision, 0.0, 10.0 * precision)
    state = normaliser.state_mean + normaliser.state_scale * random.normal(
        size=(batch, config.state_size)
    )
    arrays = {
        'state': state,
        'mode': np.tile(np.eye(len(config.modes))[0], (batch, 1)),
        'command': random.normal(size=(batch, size)),
        'trust': random.random((batch, 1)),
        'start': random.normal(size=(batch, size)),
        'noise': np.zeros((steps, batch, size)),
        'gain': table.gain.transpose(0, 2, 1),
        'lift': table.lift.transpose(0, 2, 1),
        'root': table.root.transpose(0, 2, 1),
        'bound': (normaliser.motion_bound / normaliser.motion_scale)[None],
    }
    return {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}


def timed(run: Callable[[], object], count: int, rate: float) -> dict[str, float]:
    """CPU and wall time of `count` calls [ms], at `rate` [Hz] or back to back."""
    for _ in range(5):
        run()
    cpu, wall = np.empty(count), np.empty(count)
    due = time.monotonic()
    for index in range(count):
        if rate > 0.0:
            due += 1.0 / rate
            time.sleep(max(due - time.monotonic(), 0.0))
        before_wall, before_cpu = time.perf_counter(), time.process_time()
        run()
        cpu[index] = time.process_time() - before_cpu
        wall[index] = time.perf_counter() - before_wall
    return {
        'cpu_ms_median': round(1e3 * float(np.median(cpu)), 3),
        'cpu_ms_p99': round(1e3 * float(np.quantile(cpu, 0.99)), 3),
        'wall_ms_p99': round(1e3 * float(np.quantile(wall, 0.99)), 3),
    }


def difference(checkpoint: Checkpoint, found: dict, expected: dict) -> float:
    """Largest difference of motion [m] and target increment [rad] from the reference."""
    normaliser = checkpoint.normaliser
    motion = (found['motion'] - expected['motion']) * normaliser.motion_scale
    increment = (found['increment'] - expected['increment']) * normaliser.target_scale
    return float(f'{max(np.abs(motion).max(), np.abs(increment).max()):.3g}')


def bench_peers(checkpoint: Checkpoint, config: BenchConfig) -> dict[str, dict | str]:
    """The same model and others of as many parameters, one hand, in eager PyTorch.

    A peer that is not installed (`setup/requirements/peers.txt`) is said to be so.
    """
    from dexgen_controller.peer_networks import PEERS, Task

    model, schedule = checkpoint.config, NoiseSchedule.build(config.steps)
    naive = TorchRuntime(checkpoint, schedule, tabulate=False)
    given = tick_inputs(checkpoint, schedule, 1, config.seed)
    found: dict[str, dict | str] = {'eager': timed(lambda: naive.run(given), config.few, 0.0)}
    task = Task(3 * model.keypoints, model.state_size, config.steps)
    for name, make in PEERS.items():
        try:
            parameters, sample = make(task, checkpoint.parameters, 1)
        except ImportError:
            found[name] = 'not installed'
            continue
        found[name] = {'parameters': parameters, **timed(sample, config.few, 0.0)}
    return found


if __name__ == '__main__':
    main()
