"""Training: samples in, checkpoint out; resumed exactly where it was stopped.

What a step draws depends on the seed, the step and the process alone, so a run that was stopped
goes on as if it had not been.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
import math
from pathlib import Path
import time

from dexgen_controller.checkpoint import (
    Checkpoint,
    HandLayout,
    Normaliser,
)
from dexgen_controller.model import DexGenModel
from dexgen_controller.model_config import ModelConfig
import numpy as np
import torch
from torch.nn.parallel import DistributedDataParallel

from dexgen_learning.training.losses import Losses, Normalisation, TrainingStep
from dexgen_learning.training.normalisation import measure_normaliser
from dexgen_learning.training.processes import Process
from dexgen_learning.training.run_state import load_run, save_run
from dexgen_learning.training.samples import SampleSource
from dexgen_learning.training.spread import measure_spread
from dexgen_learning.training.training_config import TrainingConfig


@dataclass(frozen=True)
class Report:
    """Where a run stands.

    Attributes:
      step: steps done.
      losses: means since the last report: motion, inverse, inverse_error.
      samples_per_second: over the last reports, wall time.
      loading_share: share of the time that went into reading samples.
    """

    step: int
    losses: dict[str, float]
    samples_per_second: float
    loading_share: float


class Trainer:
    """One training run.

    Args:
      model_config: sizes of the networks.
      config: how to train.
      source: samples.
      folder: of the run's state.
      process: this process among those of the run.
    """

    def __init__(
        self,
        model_config: ModelConfig,
        config: TrainingConfig,
        source: SampleSource,
        folder: Path,
        process: Process,
    ):
        torch.set_num_threads(config.threads)
        torch.manual_seed(config.seed)
        torch.set_float32_matmul_precision('high' if config.precision == 'tf32' else 'highest')
        self.config, self.process, self._source = config, process, source
        self._folder = Path(folder)
        self.model = DexGenModel(model_config).to(process.device)
        self.average = DexGenModel(model_config).to(process.device).requires_grad_(False)
        self.average.load_state_dict(self.model.state_dict())
        self.normaliser = measure_normaliser(source, model_config, config.seed)
        self._normalisation = Normalisation(
            self.normaliser, len(model_config.modes), process.device
        )
        self._step = TrainingStep(self.model, config.draws, config.blur)
        if process.count > 1:
            self._step = DistributedDataParallel(self._step)
        self._optimizer = torch.optim.AdamW(
            self.model.parameters(), config.learning_rate, weight_decay=config.weight_decay
        )
        self._rows = source.rows(held_out=False)
        self.steps_done = 0
        self._resume()

    def train(self, report: Callable[[Report], None] = lambda _: None) -> None:
        """Train to the last step, saving the run's state on the way."""
        config = self.config
        sums = torch.zeros(3, device=self.process.device)
        loading, started, since = 0.0, time.perf_counter(), self.steps_done
        while self.steps_done < config.steps:
            before = time.perf_counter()
            batch = self._source.batch(self._draw_rows())
            loading += time.perf_counter() - before
            losses = self._optimise(batch)
            self.steps_done += 1
            sums += torch.stack(losses).detach()  # not read here: a GPU would be waited for
            if self.steps_done % config.report_every == 0 or self.steps_done == config.steps:
                elapsed, done = time.perf_counter() - started, self.steps_done - since
                means = dict(zip(Losses._fields, (sums / done).tolist(), strict=True))
                rate = done * config.batch / elapsed
                report(Report(self.steps_done, means, rate, loading / elapsed))
                sums.zero_()
                loading, started, since = 0.0, time.perf_counter(), self.steps_done
            if self.steps_done % config.save_every == 0 or self.steps_done == config.steps:
                self.save()

    def _optimise(self, batch) -> Losses:
        config = self.config
        for group in self._optimizer.param_groups:
            group['lr'] = config.learning_rate * learning_rate_share(self.steps_done, config)
        device = torch.device(self.process.device)
        generator = torch.Generator(device).manual_seed(self._seed(1))
        with torch.autocast(device.type, torch.bfloat16, enabled=config.precision == 'bf16'):
            losses = self._step(self._normalisation(batch), generator)
            total = losses.motion + losses.inverse
        self._optimizer.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.clip)
        self._optimizer.step()
        self._follow()
        return losses

    @torch.no_grad()
    def _follow(self) -> None:
        decay = min(self.config.average, (1.0 + self.steps_done) / (10.0 + self.steps_done))
        torch._foreach_lerp_(
            list(self.average.parameters()), list(self.model.parameters()), 1.0 - decay
        )

    def _seed(self, purpose: int) -> int:
        key = [self.config.seed, self.steps_done, self.process.rank, purpose]
        return int(np.random.SeedSequence(key).generate_state(1)[0])

    def _draw_rows(self) -> np.ndarray:
        random = np.random.default_rng(self._seed(0))
        return random.choice(self._rows, self.config.batch // self.process.count)

    def _resume(self) -> None:
        state = load_run(self._folder)
        if state is None:
            return
        self.model.load_state_dict(state['model'])
        self.average.load_state_dict(state['average'])
        self._optimizer.load_state_dict(state['optimizer'])
        self.steps_done = state['steps_done']
        self.normaliser = Normaliser(
            **{name: value.cpu().numpy() for name, value in state['normaliser'].items()}
        )
        self._normalisation = Normalisation(
            self.normaliser, len(self.model.config.modes), self.process.device
        )

    def save(self) -> None:
        """Write the run's state; only the leading process does."""
        if not self.process.leads:
            return
        save_run(
            self._folder,
            {
                'model': self.model.state_dict(),
                'average': self.average.state_dict(),
                'optimizer': self._optimizer.state_dict(),
                'steps_done': self.steps_done,
                'normaliser': {
                    name: torch.from_numpy(np.array(value))
                    for name, value in vars(self.normaliser).items()
                },
            },
        )

    def checkpoint(self, hand, facts: dict) -> Checkpoint:
        """The averaged weights with everything that a controller needs."""
        model = self.average.eval()
        return Checkpoint(
            self.model.config,
            HandLayout.of(hand),
            {name: value.cpu().numpy() for name, value in model.state_dict().items()},
            self.normaliser,
            measure_spread(model, self._source, self._normalisation, self.config.seed),
            {**facts, 'training': asdict(self.config) | {'steps_done': self.steps_done}},
        )


def learning_rate_share(step: int, config: TrainingConfig) -> float:
    """Share of the peak learning rate at a step: linear warm-up, cosine to a hundredth."""
    if step < config.warm_up:
        return (step + 1) / config.warm_up
    done = min((step - config.warm_up) / max(config.steps - config.warm_up, 1), 1.0)
    return 0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * done))
