"""A training run, as data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainingConfig:
    """How the networks are trained.

    Attributes:
      model: name of the model configuration.
      steps: optimiser steps.
      batch: samples of a step, over all processes.
      draws: noisy versions of each motion in a step.
      blur: noise on the motions that the inverse dynamics sees, normalised.
      learning_rate: peak, after a warm-up, before a cosine to a hundredth.
      warm_up: steps.
      weight_decay: of AdamW.
      clip: largest norm of the gradient.
      average: decay of the exponential moving average of the weights.
      save_every: steps between saved states of the run.
      report_every: steps between reports.
      threads: computing threads of a process.
      device: cpu or cuda; each process takes the GPU of its local rank.
      precision: f32, tf32 or bf16, of the matrix products.
      resident: keep the whole data set in the memory of the device: for a GPU.
      seed: of weights, samples and noise.
    """

    model: str = 'small'
    steps: int = 20_000
    batch: int = 1024
    draws: int = 4
    blur: float = 0.05
    learning_rate: float = 1e-3
    warm_up: int = 200
    weight_decay: float = 1e-4
    clip: float = 1.0
    average: float = 0.999
    save_every: int = 500
    report_every: int = 50
    threads: int = 1
    device: str = 'cpu'
    precision: str = 'f32'
    resident: bool = False
    seed: int = 0

    def __post_init__(self):
        if self.precision not in ('f32', 'tf32', 'bf16'):
            raise ValueError(f"precision is '{self.precision}'; allowed: f32, tf32, bf16")


@dataclass(frozen=True)
class TouchConfig:
    """How the network that tells which fingers press is trained.

    Attributes:
      steps: optimiser steps; 0 leaves it out.
      batch: samples of a step.
      width: of the hidden layers.
      learning_rate: at the start; it falls to 0 linearly.
      weight_decay: of AdamW.
      noise: range of the factor on the sensor noise, drawn for each trajectory.
      limit: use about so many rows.
      device: cpu or cuda.
      seed: of weights, samples and noise.
    """

    steps: int = 8_000
    batch: int = 512
    width: int = 256
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    noise: tuple[float, float] = (0.0, 1.2)
    limit: int = 1_000_000
    device: str = 'cpu'
    seed: int = 0
