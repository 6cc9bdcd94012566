"""Other people's samplers, for the benchmark alone: as many parameters, plain PyTorch, eager.

`ColumbiaUnet` follows the conditional UNet of Diffusion Policy (Chi et al. 2023; MIT): 1-D
convolutions over a horizon of 16 steps, FiLM by step and observation.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
import math

import numpy as np
import torch
from torch import nn

HORIZON = 16
"""Steps of their motions."""
WIDTHS = range(16, 513, 8)


@dataclass(frozen=True)
class Task:
    """What is sampled.

    Attributes:
      channels: numbers in a step of a motion.
      state: numbers in the observation.
      steps: diffusion steps.
    """

    channels: int
    state: int
    steps: int


def count(network: nn.Module) -> int:
    """Parameters of a network."""
    return sum(parameter.numel() for parameter in network.parameters())


def of_size(build: Callable[[int], nn.Module], parameters: int) -> nn.Module:
    """The smallest network that has at least as many parameters as asked for."""
    with torch.device('meta'):
        place = bisect_left(WIDTHS, parameters, key=lambda width: count(build(width)))
    return build(WIDTHS[min(place, len(WIDTHS) - 1)]).eval()


def conv_block(inside: int, outside: int) -> nn.Sequential:
    """Convolution, group normalisation, Mish."""
    return nn.Sequential(
        nn.Conv1d(inside, outside, 5, padding=2), nn.GroupNorm(8, outside), nn.Mish()
    )


class ResidualBlock(nn.Module):
    """Two convolutions, FiLM between them, a residual."""

    def __init__(self, inside: int, outside: int, condition: int):
        super().__init__()
        self.first, self.second = conv_block(inside, outside), conv_block(outside, outside)
        self.film = nn.Sequential(nn.Mish(), nn.Linear(condition, 2 * outside))
        same = inside == outside
        self.residual = nn.Identity() if same else nn.Conv1d(inside, outside, 1)

    def forward(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        """(B, C, L) to (B, C', L)."""
        scale, shift = self.film(condition).chunk(2, dim=-1)
        y = self.first(x) * scale[..., None] + shift[..., None]
        return self.second(y) + self.residual(x)


class ColumbiaUnet(nn.Module):
    """The conditional UNet of Diffusion Policy."""

    def __init__(self, task: Task, width: int, step_width: int = 256):
        super().__init__()
        self._step_width = step_width
        self.step = nn.Sequential(
            nn.Linear(step_width, 4 * step_width), nn.Mish(), nn.Linear(4 * step_width, step_width)
        )
        condition = step_width + task.state
        sizes = [task.channels, width, 2 * width, 4 * width]
        pairs = list(zip(sizes[:-1], sizes[1:], strict=True))
        self.down = nn.ModuleList(
            nn.ModuleList([
                ResidualBlock(a, b, condition),
                ResidualBlock(b, b, condition),
                nn.Conv1d(b, b, 3, 2, 1) if b != sizes[-1] else nn.Identity(),
            ])
            for a, b in pairs
        )
        self.middle = nn.ModuleList(
            ResidualBlock(sizes[-1], sizes[-1], condition) for _ in range(2)
        )
        self.up = nn.ModuleList(
            nn.ModuleList([
                ResidualBlock(2 * b, a, condition),
                ResidualBlock(a, a, condition),
                nn.ConvTranspose1d(a, a, 4, 2, 1),
            ])
            for a, b in reversed(pairs[1:])
        )
        self.last = nn.Sequential(conv_block(width, width), nn.Conv1d(width, task.channels, 1))

    def forward(self, x: torch.Tensor, step: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        """Noise in a motion (B, C, L), at steps (B,), given observations (B, S)."""
        half = self._step_width // 2
        rate = torch.exp(-math.log(10_000.0) / (half - 1) * torch.arange(half))
        angle = step[:, None] * rate
        condition = torch.cat([self.step(torch.cat([angle.sin(), angle.cos()], -1)), state], -1)
        kept = []
        for first, second, shorter in self.down:
            x = second(first(x, condition), condition)
            kept.append(x)
            x = shorter(x)
        for block in self.middle:
            x = block(x, condition)
        for first, second, longer in self.up:
            x = torch.cat([x, kept.pop()], dim=1)
            x = longer(second(first(x, condition), condition))
        return self.last(x)


def columbia(task: Task, parameters: int, batch: int) -> tuple[int, Callable[[], object]]:
    """Parameters, and a call that samples `batch` motions by plain DDIM."""
    network = of_size(lambda width: ColumbiaUnet(task, width), parameters)
    state = torch.randn(batch, task.state)
    angles = np.linspace(1.55, 0.0, task.steps + 1)

    @torch.inference_mode()
    def sample():
        x = torch.randn(batch, task.channels, HORIZON)
        for here, there in zip(angles[:-1], angles[1:], strict=True):
            noise = network(x, torch.full((batch,), 100.0 * float(here)), state)
            clean = (x - math.sin(here) * noise) / math.cos(here)
            x = math.cos(there) * clean.clamp(-1.0, 1.0) + math.sin(there) * noise
        return x

    return count(network), sample


def diffusers_unet(task: Task, parameters: int, batch: int) -> tuple[int, Callable[[], object]]:
    """The same with diffusers' UNet1DModel and DDIMScheduler; the observation as channels.

    Raises:
      ImportError: diffusers is not installed.
    """
    from diffusers import DDIMScheduler, UNet1DModel

    network = of_size(
        lambda width: UNet1DModel(
            sample_size=HORIZON,
            in_channels=task.channels + task.state,
            out_channels=task.channels,
            time_embedding_type='positional',
            use_timestep_embedding=True,
            down_block_types=('DownResnetBlock1D',) * 3,
            up_block_types=('UpResnetBlock1D',) * 2,
            mid_block_type='MidResTemporalBlock1D',
            out_block_type='OutConv1DBlock',
            block_out_channels=(width, 2 * width, 4 * width),
            act_fn='mish',
        ),
        parameters,
    )
    scheduler = DDIMScheduler(num_train_timesteps=100)
    scheduler.set_timesteps(task.steps)
    state = torch.randn(batch, task.state, 1).expand(-1, -1, HORIZON)

    @torch.inference_mode()
    def sample():
        x = torch.randn(batch, task.channels, HORIZON)
        for step in scheduler.timesteps:
            noise = network(torch.cat([x, state], dim=1), step).sample
            x = scheduler.step(noise, step, x).prev_sample
        return x

    return count(network), sample


PEERS = {'columbia': columbia, 'diffusers': diffusers_unet}
"""Makes each peer: parameters, and a call that samples."""
