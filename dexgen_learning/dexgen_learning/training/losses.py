"""What the networks learn: the noise in a motion, and the target that makes a motion happen."""

from typing import NamedTuple

from dexgen_controller.checkpoint import Normaliser, STATE_LIMIT
from dexgen_controller.model import DexGenModel
from dexgen_controller.noise_schedule import START
import torch
from torch.nn import functional

from dexgen_learning.training.samples import Batch

SMALLEST = 0.02
"""Smallest diffusion angle trained [rad]."""


class Losses(NamedTuple):
    """Mean losses of a batch.

    Attributes:
      motion: mean squared error of the prediction.
      inverse: Gaussian negative log likelihood of the normalised target increment, per joint.
      inverse_error: mean squared error of the same.
    """

    motion: torch.Tensor
    inverse: torch.Tensor
    inverse_error: torch.Tensor


class NormalBatch(NamedTuple):
    """A batch in the networks' units, as tensors; `mode` is one-hot."""

    state: torch.Tensor
    motion: torch.Tensor
    increment: torch.Tensor
    mode: torch.Tensor


class Normalisation:
    """Puts batches into the networks' units, on their device."""

    def __init__(self, normaliser: Normaliser, modes: int, device: str):
        def tensor(array):
            return torch.as_tensor(array, dtype=torch.float32, device=device)

        self._device = device
        self._modes = modes
        self._mean, self._scale = tensor(normaliser.state_mean), tensor(normaliser.state_scale)
        self._motion, self._target = (
            tensor(normaliser.motion_scale),
            tensor(normaliser.target_scale),
        )

    def __call__(self, batch: Batch) -> NormalBatch:
        """The batch in the networks' units."""
        state, motion, increment, label = (
            torch.as_tensor(array).to(self._device) for array in batch
        )
        state = ((state - self._mean) / self._scale).clamp(-STATE_LIMIT, STATE_LIMIT)
        mode = functional.one_hot(label, self._modes).to(state.dtype)
        return NormalBatch(state, motion / self._motion, increment / self._target, mode)


def noisy_motions(
    motion: torch.Tensor, prediction: str, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Noisy motions (B, D), their angles (B,) [rad] and what the network is to predict (B, D)."""
    draw = torch.rand(len(motion), generator=generator, device=motion.device)
    angle = SMALLEST + (START - SMALLEST) * draw
    noise = torch.randn(motion.shape, generator=generator, device=motion.device)
    signal, share = torch.cos(angle)[:, None], torch.sin(angle)[:, None]
    target = noise if prediction == 'noise' else signal * noise - share * motion
    return signal * motion + share * noise, angle, target


class TrainingStep(torch.nn.Module):
    """The losses of a batch as one module, so that its forward pass can be distributed.

    Args:
      model: networks.
      draws: noisy versions of each motion; the condition is computed once for all of them.
      blur: standard deviation of noise on the motions that the inverse dynamics sees, so that it
        also learns motions that a sampler nearly gets right.
    """

    def __init__(self, model: DexGenModel, draws: int, blur: float):
        super().__init__()
        self.model = model
        self._draws = draws
        self._blur = blur

    def forward(self, batch: NormalBatch, generator: torch.Generator) -> Losses:
        """Losses of a batch."""
        motion_model, config = self.model.motion, self.model.config
        film_state = motion_model.condition_state(batch.state, batch.mode)
        repeated = batch.motion.repeat(self._draws, 1)
        noisy, angle, target = noisy_motions(repeated, config.prediction, generator)
        film = film_state.repeat(self._draws, 1) + motion_model.condition_step(angle)
        motion = functional.mse_loss(motion_model(noisy, film), target)
        blurred = batch.motion + self._blur * torch.randn(
            batch.motion.shape, generator=generator, device=batch.motion.device
        )
        mean, log_deviation = self.model.inverse(batch.state, batch.mode, blurred)
        error = (batch.increment - mean) ** 2
        inverse = (0.5 * error * torch.exp(-2.0 * log_deviation) + log_deviation).mean()
        return Losses(motion, inverse, error.mean())
