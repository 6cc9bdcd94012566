"""Training of the network that tells which fingers press, on the contacts that the data record."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dexgen_controller.touch import LAYERS, TouchFilter
from dexgen_description import load_hand
import numpy as np
import torch
from torch import nn
from torch.nn import functional

from dexgen_learning.rollout.dataset import Dataset
from dexgen_learning.training.recorded import EPISODE, WHITE
from dexgen_learning.training.samples import HELD_OUT
from dexgen_learning.training.training_config import TouchConfig

TRAJECTORIES = 2000
"""Trajectories that are filtered side by side."""


class TouchNetwork(nn.Module):
    """Fully connected layers with SiLU between them; `TouchEstimator` in torch.

    Args:
      mean, scale: (N,) of the features.
      width: of the hidden layers.
      fingers: F.
    """

    def __init__(self, mean: np.ndarray, scale: np.ndarray, width: int, fingers: int):
        super().__init__()
        self.register_buffer('mean', torch.as_tensor(mean, dtype=torch.float32))
        self.register_buffer('scale', torch.as_tensor(scale, dtype=torch.float32))
        sizes = [len(mean), *[width] * (LAYERS - 1), fingers]
        self.layers = nn.ModuleList(
            nn.Linear(size, into) for size, into in zip(sizes[:-1], sizes[1:], strict=True)
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Logits (B, F) of features (B, N)."""
        hidden = (features - self.mean) / self.scale
        for layer in self.layers[:-1]:
            hidden = functional.silu(layer(hidden))
        return self.layers[-1](hidden)


@dataclass(frozen=True)
class TouchSamples:
    """Features of rows, and what they should tell.

    Attributes:
      features: (M, N) float32.
      presses: (M, F) bool.
      aside: (M,) whether the row's trajectory is kept aside.
    """

    features: np.ndarray
    presses: np.ndarray
    aside: np.ndarray


def trained_touch(
    data: Dataset, config: TouchConfig, fingers: int
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """The network's weights and figures from a data set, see `train_touch`."""
    return train_touch(touch_samples(data, config, fingers), config)


def trained_touch_of(
    folder: Path, config: TouchConfig
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """The same from the data set in a folder, in a process of its own."""
    torch.set_num_threads(1)
    data = Dataset(folder)
    return trained_touch(data, config, len(load_hand(data.hand).fingers))


def touch_samples(data: Dataset, config: TouchConfig, fingers: int) -> TouchSamples:
    """Features of the data set's trajectories with sensor noise, as a hand would show them."""
    random = np.random.default_rng([config.seed, 2])
    step = data.column('step')
    begin = np.flatnonzero(step == 0)
    length = np.diff(np.append(begin, len(step)))
    order = random.permutation(len(begin))
    order = order[: np.searchsorted(np.cumsum(length[order]), config.limit) + 1]
    parts = []
    for first in range(0, len(order), TRAJECTORIES):
        some = order[first : first + TRAJECTORIES]
        some = some[np.argsort(length[some])]
        parts += _filtered(data, begin[some], length[some], config, fingers, random)
    return TouchSamples(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _filtered(
    data: Dataset,
    begin: np.ndarray,
    length: np.ndarray,
    config: TouchConfig,
    fingers: int,
    random: np.random.Generator,
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Features, presses and aside of the steps of trajectories, in order of rising length."""
    count, joints = len(begin), data.rows(begin[:1])['q'].shape[-1]
    touch = TouchFilter(joints, data.control_rate, count)
    factor = random.uniform(*config.noise, size=(count, 1))
    offset = factor * EPISODE * random.standard_normal((count, joints))
    aside = (begin // 97) % HELD_OUT == HELD_OUT - 1
    for t in range(int(length.max())):
        alive = length > t
        rows = data.rows(np.where(alive, begin + t, begin))
        white = factor * WHITE * random.standard_normal((count, joints))
        fresh = np.full(count, t == 0)
        features = touch.step(rows['q'] + offset + white, rows['target'], fresh)
        presses = (rows['pressing'][:, None] >> np.arange(fingers)) & 1 > 0
        yield features[alive], presses[alive], aside[alive]


def train_touch(samples: TouchSamples, config: TouchConfig) -> tuple[dict, dict[str, float]]:
    """Weights for `TouchEstimator`, names with `touch.` in front, and how good they are.

    The figures are of the trajectories kept aside, if there are any: accuracy, share of pressing
    fingers missed and of the others taken for pressing, at probability 0.5.
    """
    torch.manual_seed(config.seed)
    train = np.flatnonzero(~samples.aside)
    seen = samples.features[train]
    network = TouchNetwork(
        seen.mean(axis=0), seen.std(axis=0) + 1e-3, config.width, samples.presses.shape[1]
    ).to(config.device)
    features = torch.from_numpy(samples.features).to(config.device)
    presses = torch.from_numpy(samples.presses).to(config.device).float()
    optimizer = torch.optim.AdamW(
        network.parameters(), config.learning_rate, weight_decay=config.weight_decay
    )
    random = np.random.default_rng([config.seed, 3])
    for step in range(config.steps):
        for group in optimizer.param_groups:
            group['lr'] = config.learning_rate * (1.0 - step / config.steps)
        rows = torch.from_numpy(random.choice(train, config.batch)).to(config.device)
        logits = network(features[rows])
        loss = functional.binary_cross_entropy_with_logits(logits, presses[rows])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    network = network.cpu()
    weights = {f'touch.{k}': v.detach().numpy() for k, v in network.state_dict().items()}
    return weights, _figures(network, samples)


@torch.inference_mode()
def _figures(network: TouchNetwork, samples: TouchSamples) -> dict[str, float]:
    if not samples.aside.any():
        return {'rows': 0}
    told = (network(torch.from_numpy(samples.features[samples.aside])) > 0.0).numpy()
    true = samples.presses[samples.aside]
    return {
        'rows': int(samples.aside.sum()),
        'accuracy': float((told == true).mean()),
        'missed': float((~told & true).sum() / max(true.sum(), 1)),
        'false': float((told & ~true).sum() / max((~true).sum(), 1)),
    }
