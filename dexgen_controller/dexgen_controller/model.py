"""The networks in PyTorch: for training, and the reference that every other runtime must match.

Sizes: B batch, D motion (3 T K), S state, M modes, J joints, W width. The conditioning of the
UNet is *linear* in what depends on the state and in what depends on the diffusion step, so that
both are computed once and added.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from dexgen_controller.model_config import ModelConfig

FREQUENCIES = 32
"""Sine and cosine pairs in the embedding of the diffusion angle."""


class GroupNorm(nn.Module):
    """Group normalisation of (B, W) features, with an affine part on request."""

    def __init__(self, width: int, groups: int, affine: bool = True):
        super().__init__()
        self.groups = groups
        self.scale = nn.Parameter(torch.ones(width)) if affine else None
        self.shift = nn.Parameter(torch.zeros(width)) if affine else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, W) -> (B, W)."""
        grouped = x.reshape(x.shape[0], self.groups, -1)
        x = functional.layer_norm(grouped, grouped.shape[-1:]).reshape(x.shape)
        return x if self.scale is None else x * self.scale + self.shift


class Layer(nn.Module):
    """Linear, group normalisation, SiLU."""

    def __init__(self, size: int, width: int, groups: int):
        super().__init__()
        self.linear = nn.Linear(size, width)
        self.norm = GroupNorm(width, groups)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, size) -> (B, W)."""
        return functional.silu(self.norm(self.linear(x)))


class FilmBlock(nn.Module):
    """Two fully connected layers, the first modulated by the condition, around a residual path.

    Args:
      size: width of the input; its first W features run along the residual path.
    """

    def __init__(self, size: int, width: int, groups: int):
        super().__init__()
        self.width = width
        self.first = nn.Linear(size, width)
        self.norm = GroupNorm(width, groups, affine=False)
        self.second = Layer(width, width, groups)

    def forward(self, x: torch.Tensor, film: torch.Tensor) -> torch.Tensor:
        """Input (B, size), scale and shift (B, 2 W) -> (B, W)."""
        scale, shift = film.chunk(2, dim=-1)
        hidden = functional.silu(self.norm(self.first(x)) * (1.0 + scale) + shift)
        return x[:, : self.width] + self.second(hidden)


class MotionModel(nn.Module):
    """Noise predictor: a fully connected UNet with FiLM by state, mode and diffusion step."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        width, groups = config.width, config.groups
        sizes = [config.state_size + len(config.modes)]
        sizes += [config.encoder_width] * config.encoder_layers
        self.encoder = nn.ModuleList(
            Layer(size, config.encoder_width, groups) for size in sizes[:-1]
        )
        self.film_state = nn.Linear(config.encoder_width, config.film_size)
        self.step_embedding = nn.ModuleList(
            [
                nn.Linear(2 * FREQUENCIES, config.step_width),
                nn.Linear(config.step_width, config.step_width),
            ]
        )
        self.film_step = nn.Linear(config.step_width, config.film_size, bias=False)
        self.inlet = nn.Linear(config.motion_size, width)
        self.down = nn.ModuleList(FilmBlock(width, width, groups) for _ in range(config.depth))
        self.up = nn.ModuleList(FilmBlock(2 * width, width, groups) for _ in range(config.depth))
        self.outlet = nn.Linear(width, config.motion_size)

    def condition_state(self, state: torch.Tensor, mode: torch.Tensor) -> torch.Tensor:
        """Compute FiLM terms (B, film) of normalised states (B, S) and one-hot modes (B, M)."""
        hidden = torch.cat([state, mode], dim=-1)
        for layer in self.encoder:
            hidden = layer(hidden)
        return self.film_state(hidden)

    def condition_step(self, angle: torch.Tensor) -> torch.Tensor:
        """Compute FiLM terms (B, film) of diffusion angles (B,) [rad]."""
        phase = angle[:, None] * frequencies().to(angle)
        hidden = torch.cat([torch.sin(phase), torch.cos(phase)], dim=-1)
        for layer in self.step_embedding:
            hidden = functional.silu(layer(hidden))
        return self.film_step(hidden)

    def forward(self, x: torch.Tensor, film: torch.Tensor) -> torch.Tensor:
        """Prediction (B, D) for noisy motions (B, D) under the summed FiLM terms (B, film)."""
        terms = film.chunk(2 * self.config.depth, dim=-1)
        hidden = self.inlet(x)
        skips = []
        for block, term in zip(self.down, terms, strict=False):
            hidden = block(hidden, term)
            skips.append(hidden)
        for block, term in zip(self.up, terms[self.config.depth :], strict=True):
            hidden = block(torch.cat([hidden, skips.pop()], dim=-1), term)
        return self.outlet(hidden)


class InverseDynamics(nn.Module):
    """What to add to the last applied target so that a motion happens: a normal distribution.

    Trained with Gaussian likelihood on normalised target increments.
    """

    LOG_DEVIATION = (-5.0, 2.0)
    """Range of the logarithm of the standard deviation, in units of the increments' scale."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        size = config.state_size + len(config.modes) + config.motion_size
        width = config.inverse_width
        self.inlet = nn.Linear(size, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(Layer(width, width, config.groups), nn.Linear(width, width))
            for _ in range(config.inverse_blocks)
        )
        self.outlet = nn.Linear(width, 2 * config.joints)

    def forward(
        self, state: torch.Tensor, mode: torch.Tensor, motion: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and log deviation (B, J) for states (B, S), modes (B, M), motions (B, D)."""
        hidden = functional.silu(self.inlet(torch.cat([state, mode, motion], dim=-1)))
        for block in self.blocks:
            hidden = hidden + block(hidden)
        mean, log_deviation = self.outlet(hidden).chunk(2, dim=-1)
        return mean, log_deviation.clamp(*self.LOG_DEVIATION)


class DexGenModel(nn.Module):
    """Motion model and inverse dynamics together: what a checkpoint holds."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.motion = MotionModel(config)
        self.inverse = InverseDynamics(config)


def frequencies() -> torch.Tensor:
    """Angular frequencies of the step embedding, shape (FREQUENCIES,), 1 to 100, geometric."""
    return torch.exp(torch.linspace(0.0, math.log(100.0), FREQUENCIES))
