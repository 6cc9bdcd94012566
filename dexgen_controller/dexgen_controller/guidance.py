"""Guidance as a proximal step toward the command: docs/guidance.md derives it.

All in normalised motion coordinates of size D. The prior's knowledge of a clean motion behind a
noisy one is a normal distribution with the denoiser's mean m and the tabulated covariance V. A
command c weighed by the precision L gives again a normal distribution:

    K = V (V + L^-1)^-1,   mean m + K (c - m),   covariance (I - K) V.

Every eigenvalue of K lies in [0, 1): the step contracts toward the command and cannot overshoot,
and V depends on the noise alone, not on how many steps are taken.
"""

from typing import NamedTuple

import numpy as np


class GuidanceTable(NamedTuple):
    """What the sampler does at each of N steps.

    Attributes:
      gain: (N, D, D) K, share of the way to the command.
      lift: (N, D, D) what is added to K where the command is trusted in full.
      root: (N, D, D) square root of the guided covariance without trust, times the temperature.
    """

    gain: np.ndarray
    lift: np.ndarray
    root: np.ndarray


def command_precision(
    guidance: float, scale: np.ndarray, reference: float, weights: np.ndarray | None = None
) -> np.ndarray:
    """Precision of the command in normalised coordinates.

    Args:
      guidance: strength, dimensionless: with 1 the command counts as a measurement of every
        coordinate whose standard deviation is `reference`. The paper's alpha [1/m^2] is guidance
        / (2 reference^2).
      scale: (D,) length of one normalised unit [m].
      reference: root mean square of the data's motion coordinates [m].
      weights: (D,) further weights, None for all 1.

    Returns:
      (D,) diagonal of L.
    """
    precision = guidance * (np.asarray(scale) / reference) ** 2
    return precision if weights is None else precision * weights


def guidance_table(
    covariance: np.ndarray,
    precision: np.ndarray,
    temperature: float = 1.0,
    trusted: np.ndarray | None = None,
) -> GuidanceTable:
    """Gains and noise roots of every step.

    A command that is trusted by the share t has the gain (1 - t) K + t K', K' that of the larger
    precision: a mean of contractions, so a contraction itself.

    Args:
      covariance: (N, D, D) covariance V of the clean motion given the noisy one, at each step's
        noise.
      precision: (D,) diagonal of L, at least 0.
      temperature: 1 samples the guided posterior, 0 leaves DDIM deterministic.
      trusted: (D,) diagonal of L where the command is trusted in full, None for no other.

    Returns:
      Tables in float64.
    """
    gain = _gain(covariance, precision)
    lift = np.zeros_like(gain) if trusted is None else _gain(covariance, trusted) - gain
    if temperature <= 0.0:
        return GuidanceTable(gain, lift, np.zeros_like(gain))
    guided = covariance - gain @ covariance
    values, vectors = np.linalg.eigh(0.5 * (guided + np.swapaxes(guided, -1, -2)))
    deviation = temperature * np.sqrt(np.maximum(values, 0.0))
    root = (vectors * deviation[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    return GuidanceTable(gain, lift, root)


def _gain(covariance: np.ndarray, precision: np.ndarray) -> np.ndarray:
    # K = V S (I + S V S)^-1 S with S = L^(1/2): symmetric inside, and no division by a zero
    # precision.
    root = np.sqrt(np.asarray(precision, dtype=np.float64))
    identity = np.eye(len(root))
    inner = identity + root[:, None] * covariance * root
    return np.swapaxes(np.linalg.solve(inner, root[:, None] * covariance), -1, -2) * root


def normal_covariance(prior: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """V for a normal prior: (prior^-1 + cot(angle)^2 I)^-1.

    Args:
      prior: (D, D) covariance of the prior.
      angles: (N,) diffusion angles [rad].

    Returns:
      (N, D, D).
    """
    values, vectors = np.linalg.eigh(prior)
    noise, signal = np.sin(angles)[:, None] ** 2, np.cos(angles)[:, None] ** 2
    shrunk = values * noise / (signal * values + noise)
    return (vectors * shrunk[:, None, :]) @ vectors.T


def interpolate_covariance(
    table: np.ndarray, table_angles: np.ndarray, angles: np.ndarray
) -> np.ndarray:
    """Rows of a covariance table (A, D, D), rising angles (A,) [rad], at other angles (N,)."""
    place = np.clip(
        np.searchsorted(table_angles, angles, side='right') - 1, 0, len(table_angles) - 2
    )
    share = (angles - table_angles[place]) / (table_angles[place + 1] - table_angles[place])
    share = np.clip(share, 0.0, 1.0)[:, None, None]
    return (1.0 - share) * table[place] + share * table[place + 1]
