"""Recorded and generated hands that retargeting is measured on, and the error's reference."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.signal import butter, sosfiltfilt

from dexgen_teleop.human_hand import HumanHand, OPEN
from dexgen_teleop.landmarks import FINGERS, INDEX, TIPS

CUTOFF = 6.0
"""[Hz] of the reference filter: the usual one of human movement analysis (Winter 2009)."""


class Recording(NamedTuple):
    """Landmarks at a fixed rate: points (N, 21, 3) [m], rate [Hz]."""

    points: np.ndarray
    rate: float


def read_clip(path: Path) -> Recording:
    """World landmarks and rate of a clip.

    Args:
      path: .npz with `world` (N, 21, 3) [m] and `fps` [Hz].

    Raises:
      FileNotFoundError: there is none.
    """
    if not path.is_file():
        raise FileNotFoundError(f'no clip at {path}; give one with --clip')
    with np.load(path) as data:
        return Recording(data['world'].astype(float), float(data['fps']))


def smoothed(values: np.ndarray, rate: float) -> np.ndarray:
    """Zero-phase Butterworth low-pass, second order forward and backward, along the first axis.

    Args:
      values: (N, ...) samples.
      rate: [Hz].
    """
    sections = butter(2, CUTOFF, fs=rate, output='sos')
    return sosfiltfilt(sections, values, axis=0)


def operator_gaps(points: np.ndarray, fingers: tuple[str, ...]) -> np.ndarray:
    """Gaps (N, len(fingers)) [m] between the operator's thumb and fingertips."""
    tips = [TIPS[FINGERS.index(finger)] for finger in fingers]
    return np.linalg.norm(points[:, tips] - points[:, [INDEX['thumb_tip']]], axis=-1)


def pinch_sequences(
    side: str, finger: str, count: int, rate: float, generator: np.random.Generator
) -> list[Recording]:
    """Generated operators who open, pinch with `finger` and open again.

    Hands of 85 to 115 % of an adult's size, whose other fingers are curled at random, who take
    0.4 to 1 s to close and stay closed for 0.2 s; jitter of 0.5 mm on every landmark.

    Args:
      side: 'right' or 'left'.
      finger: the operator's finger that meets the thumb.
      count: number of sequences.
      rate: [Hz].
      generator: of the random numbers.
    """
    return [_pinch_sequence(side, finger, rate, generator) for _ in range(count)]


def _pinch_sequence(
    side: str, finger: str, rate: float, generator: np.random.Generator
) -> Recording:
    human = HumanHand(side, float(generator.uniform(0.85, 1.15)))
    closed = human.pinch(finger)
    others = [i for i, name in enumerate(FINGERS) if name not in ('thumb', finger)]
    closed[others] += generator.uniform(0.0, 0.8, (len(others), 1)) * [0.0, 1.0, 1.0, 0.5]
    opened = OPEN + generator.uniform(-0.08, 0.08, OPEN.shape)
    share = generator.uniform(0.85, 1.0)
    target = opened + share * (closed - opened)
    steps = max(2, round(rate * generator.uniform(0.4, 1.0)))
    phase = np.linspace(0.0, 1.0, steps)
    rise = phase**3 * (10.0 - 15.0 * phase + 6.0 * phase**2)
    hold, rest = np.ones(max(1, round(0.2 * rate))), np.zeros(round(0.3 * rate))
    blend = np.concatenate((rest, rise, hold, rise[::-1], rest))[:, None, None]
    points = human.landmarks(opened + blend * (target - opened))
    return Recording(points + generator.normal(0.0, 5e-4, points.shape), rate)
