"""Training of the network that knows what following a command costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dexgen_controller.risk import basis, LAYERS, LIMIT
import numpy as np
import torch
from torch import nn
from torch.nn import functional

DISCOUNT = 0.97
"""A drop k control steps from now counts 0.97^k: soon is within some three seconds."""
HORIZON = 40
"""Steps that must be known after a row without a drop."""
ASIDE = 11
"""Every so many hands are kept aside."""
WIDER = 2
"""The first hidden layer is so many times as wide as the others."""


@dataclass(frozen=True)
class RiskConfig:
    """How the network is trained.

    Attributes:
      passes: over the data; drops are few, and more passes learn them by heart.
      batch: samples of a step.
      width: of the hidden layers behind the first.
      learning_rate: peak.
      weight_decay: of AdamW.
      dropout: of features and hidden layers.
      seed: of weights and samples.
    """

    passes: float = 1.5
    batch: int = 4096
    width: int = 160
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.05
    dropout: float = 0.2
    seed: int = 0


@dataclass(frozen=True)
class RiskSamples:
    """Rows whose future is known.

    Attributes:
      features: (M, N).
      shares: (M,) of the command that was followed.
      soon: (M,) DISCOUNT to the power of the steps until the drop, 0 for none.
      aside: (M,) whether the row is kept aside.
    """

    features: np.ndarray
    shares: np.ndarray
    soon: np.ndarray
    aside: np.ndarray


class RiskNetwork(nn.Module):
    """`RiskEstimator` in torch, with dropout in training.

    Args:
      mean, scale: (N,) of the features.
      config: sizes.
    """

    def __init__(self, mean: np.ndarray, scale: np.ndarray, config: RiskConfig):
        super().__init__()
        self.register_buffer('mean', torch.as_tensor(mean, dtype=torch.float32))
        self.register_buffer('scale', torch.as_tensor(scale, dtype=torch.float32))
        width = config.width
        sizes = [len(mean), WIDER * width, *[width] * (LAYERS - 2), 1 + len(basis(0.0))]
        self.layers = nn.ModuleList(map(nn.Linear, sizes[:-1], sizes[1:]))
        self._dropout = config.dropout

    def forward(self, features: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
        """Logit (B,) of soon, of features (B, N) and shares (B,)."""
        hidden = ((features - self.mean) / self.scale).clamp(-LIMIT, LIMIT)
        for layer in self.layers[:-1]:
            hidden = functional.dropout(hidden, self._dropout, self.training)
            hidden = functional.silu(layer(hidden))
        stay, *slopes = self.layers[-1](hidden).T
        return stay + sum(s * b for s, b in zip(slopes, basis(shares), strict=True))


def risk_samples(files: Sequence[Path]) -> RiskSamples:
    """The rows of rollouts whose future is known for long enough."""
    parts = [_samples(np.load(file)) for file in files]
    return RiskSamples(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _samples(part) -> tuple[np.ndarray, ...]:
    ends, shares = part['ends'], part['shares']
    steps = np.full(ends.shape, np.inf)
    until, seen = np.full(ends.shape[1], np.inf), np.zeros(ends.shape[1])
    known = np.zeros(ends.shape, bool)
    for t in range(len(ends) - 1, -1, -1):
        drop, over = ends[t] == 1, ends[t] == 2
        until = np.where(drop, 0.0, np.where(over, np.inf, until + 1.0))
        seen = np.where(over, 0.0, seen + 1.0)
        steps[t], known[t] = until, np.isfinite(until) | (seen > HORIZON)
    aside = np.broadcast_to(np.arange(ends.shape[1]) % ASIDE == ASIDE - 1, ends.shape)
    soon = np.where(np.isfinite(steps), DISCOUNT**steps, 0.0).astype(np.float32)
    return part['features'][known], shares[known].astype(np.float32), soon[known], aside[known]


def train_risk(samples: RiskSamples, config: RiskConfig) -> tuple[dict, dict[str, float]]:
    """Weights for `RiskEstimator`, names with `risk.` in front, and how good they are.

    The figures are of the rows kept aside: the cross-entropy, that of shares that were shuffled
    (what the share tells) and that of one risk for all.
    """
    torch.manual_seed(config.seed)
    train = np.flatnonzero(~samples.aside)
    some = samples.features[train[:: max(len(train) // 20_000, 1)]].astype(np.float32)
    network = RiskNetwork(some.mean(axis=0), some.std(axis=0) + 1e-3, config)
    steps = max(round(config.passes * len(train) / config.batch), 1)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, steps + 1, pct_start=0.1
    )
    random = np.random.default_rng([config.seed, 4])
    for _ in range(steps):
        rows = random.choice(train, config.batch)
        loss = _loss(network, samples, rows, samples.shares[rows])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
    weights = {f'risk.{k}': v.detach().numpy() for k, v in network.state_dict().items()}
    return weights, _figures(network.eval(), samples, random)


def _loss(
    network: RiskNetwork, samples: RiskSamples, rows: np.ndarray, shares: np.ndarray
) -> torch.Tensor:
    features = torch.from_numpy(samples.features[rows].astype(np.float32))
    logit = network(features, torch.from_numpy(shares))
    soon = torch.from_numpy(samples.soon[rows])
    return functional.binary_cross_entropy_with_logits(logit, soon)


@torch.inference_mode()
def _figures(
    network: RiskNetwork, samples: RiskSamples, random: np.random.Generator
) -> dict[str, float]:
    rows = np.flatnonzero(samples.aside)
    if not len(rows):
        return {'rows': 0}
    mean = samples.soon[~samples.aside].mean()
    soon = samples.soon[rows]
    shares = samples.shares[rows]
    return {
        'rows': len(rows),
        'loss': float(_loss(network, samples, rows, shares)),
        'loss_shuffled_shares': float(_loss(network, samples, rows, random.permutation(shares))),
        'loss_constant': float(-(soon * np.log(mean) + (1 - soon) * np.log(1 - mean)).mean()),
    }
