"""How uncertain a trained denoiser is: the covariance of its error at each diffusion angle."""

from dexgen_controller.checkpoint import DenoisingSpread
from dexgen_controller.model import DexGenModel
from dexgen_controller.noise_schedule import START
from dexgen_controller.sampler import denoised
import numpy as np
import torch

from dexgen_learning.training.losses import Normalisation, SMALLEST
from dexgen_learning.training.samples import SampleSource

ANGLES = 24


@torch.no_grad()
def measure_spread(
    model: DexGenModel,
    source: SampleSource,
    normalisation: Normalisation,
    seed: int = 0,
    count: int = 4096,
) -> DenoisingSpread:
    """Covariance of clean motion about denoised motion, on rows kept aside.

    Args:
      model: trained networks.
      source: data.
      normalisation: units.
      seed: of rows and noise.
      count: rows at each angle.
    """
    rows = source.rows(held_out=True)
    if len(rows) == 0:
        rows = source.rows(held_out=False)
    random = np.random.default_rng(seed)
    rows = np.sort(random.choice(rows, min(count, len(rows)), replace=False))
    batch = normalisation(source.batch(rows))
    generator = torch.Generator(batch.motion.device).manual_seed(seed)
    film_state = model.motion.condition_state(batch.state, batch.mode)
    angles = np.linspace(SMALLEST, START, ANGLES)
    covariances = []
    for angle in angles:
        noise = torch.randn(batch.motion.shape, generator=generator, device=batch.motion.device)
        signal, share = float(np.cos(angle)), float(np.sin(angle))
        x = signal * batch.motion + share * noise
        film = film_state + model.motion.condition_step(x.new_full((1,), float(angle)))
        output = model.motion(x, film)
        clean = denoised(model.config.prediction, x, output, signal, share)
        error = (batch.motion - clean).double().cpu().numpy()
        covariances.append(error.T @ error / len(error))
    return DenoisingSpread(angles, _bounded(np.stack(covariances), batch.motion))


def _bounded(covariance: np.ndarray, motion: torch.Tensor) -> np.ndarray:
    """No more uncertain than the data: a noise predictor is, near pure noise."""
    values = motion.double().cpu().numpy()
    prior = np.trace(values.T @ values) / len(values)
    size = np.trace(covariance, axis1=-2, axis2=-1)
    return covariance * np.minimum(1.0, prior / size)[:, None, None]
