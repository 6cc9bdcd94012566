"""Guided DDIM, written once for numpy arrays and torch tensors: the reference of every runtime.

One step at angle a, next angle b, with the denoised mean m and the command c:

    x0 = clip(m + K (c - m)) + R z,     x <- sin b / sin a x + (cos b - cos a sin b / sin a) x0.

With x0 drawn from its guided distribution the pair (x0, noise) is again one of the guided
prior's, so the step is exact at any length; with R = 0 it is plain DDIM moved by the proximal
guidance.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dexgen_controller.guidance import GuidanceTable
from dexgen_controller.noise_schedule import NoiseSchedule


class Sample(NamedTuple):
    """Motions in normalised coordinates.

    Attributes:
      motion: (B, D) sampled.
      means: (N, B, D) what the prior alone expected at each step.
    """

    motion: np.ndarray
    means: np.ndarray


def sample(
    denoise: Callable,
    schedule: NoiseSchedule,
    table: GuidanceTable,
    command,
    trust,
    start,
    noise,
    bound,
) -> Sample:
    """Draw guided motions.

    Args:
      denoise: (x (B, D), step index) -> denoised mean (B, D).
      schedule: N steps.
      table: gains and roots of those steps, as arrays of the same kind as `start`.
      command: (B, D) commanded motion.
      trust: (B, 1) share of the table's lift that is added to its gain.
      start: (B, D) noisy motion to start from.
      noise: (N, B, D) standard normal numbers; not used where the roots are zero.
      bound: (D,) largest denoised coordinate.

    Returns:
      Motions and the prior's means.
    """
    x = start
    means = []
    for index in range(schedule.steps):
        mean = denoise(x, index)
        means.append(mean)
        asked = command - mean
        guided = mean + asked @ table.gain[index].T + trust * (asked @ table.lift[index].T)
        clean = guided.clip(-bound, bound) + noise[index] @ table.root[index].T
        x = float(schedule.keep[index]) * x + float(schedule.gain[index]) * clean
    return Sample(x, means)


def denoised(prediction: str, x, output, signal: float, noise: float):
    """The clean motion that a network's output means: x0 from the noise, or from the velocity."""
    if prediction == 'noise':
        return (x - noise * output) / signal
    return signal * x - noise * output
