"""Units of the networks, measured on a sample of the data."""

from dexgen_controller.checkpoint import Normaliser
from dexgen_controller.model_config import ModelConfig
import numpy as np
import torch

from dexgen_learning.training.samples import Batch, SampleSource

REACH = 0.995
"""Share of the data within the bounds of motions and commands."""


def measure_normaliser(
    source: SampleSource, config: ModelConfig, seed: int = 0, count: int = 20_000
) -> Normaliser:
    """Means, scales and bounds of the training rows."""
    rows = source.rows(held_out=False)
    random = np.random.default_rng(seed)
    rows = np.sort(random.choice(rows, min(count, len(rows)), replace=False))
    batch = Batch(*(torch.as_tensor(part).cpu().numpy() for part in source.batch(rows)))
    motion = batch.motion.astype(float)
    length = np.linalg.norm(
        motion.reshape(len(rows), config.steps, config.keypoints, 3)[:, -1], axis=-1
    )
    scale = np.maximum(motion.std(axis=0), 1e-4)
    return Normaliser(
        state_mean=batch.state.mean(axis=0, dtype=float),
        state_scale=np.maximum(batch.state.std(axis=0, dtype=float), 1e-3),
        motion_scale=scale,
        motion_bound=np.maximum(np.quantile(np.abs(motion), 0.999, axis=0), scale),
        motion_reference=np.array([np.sqrt(np.mean(motion**2))]),
        command_bound=np.maximum(np.quantile(length, REACH, axis=0), 0.01),
        target_scale=np.maximum(batch.increment.std(axis=0, dtype=float), 1e-4),
    )
