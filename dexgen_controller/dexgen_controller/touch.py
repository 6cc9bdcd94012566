"""Which fingers press on something, told from the motors: no sensor at the tip is needed.

A finger that presses is bent away from its targets, but so is one that hangs in gravity, moves,
or is read by a noisy sensor. `TouchFilter` keeps what tells them apart, the bends of all joints
over several times; a small network that was trained on contacts of the simulator
(`TouchEstimator`) reads it.
"""

from collections.abc import Mapping

import numpy as np

TIMES = (0.2, 0.5, 1.5, 4.0)
"""Time constants of the filters on the bends [s]."""
STEPS = 4
"""Last steps that are seen as they are."""
GAIN = 10.0
"""Bends and steps of targets are counted in tenths of a radian."""
LAYERS = 3
DITHER = 0.01
"""Noise added to the measured positions, in training as in use, so that a simulator's exact
numbers and a hand's noisy ones look alike to the network [rad]."""


def feature_count(joints: int) -> int:
    """Numbers that the filter gives of a hand with so many joints."""
    return joints * (1 + len(TIMES) + STEPS + STEPS - 1)


class TouchFilter:
    """What the network sees of a batch of hands, from one control step to the next.

    Args:
      joints: J, joints of the hand.
      rate: control rate [Hz].
      batch: B, number of hands.
      dither: standard deviation of the noise added to positions [rad].
    """

    def __init__(self, joints: int, rate: float, batch: int, dither: float = DITHER):
        self._keep = np.exp(-1.0 / (rate * np.array(TIMES)))[:, None, None]
        self._positions = np.zeros((batch, joints))
        self._bends = np.zeros((len(TIMES), batch, joints))
        self._past = np.zeros((STEPS, 2, batch, joints))
        self._dither = dither
        self.restart()

    def restart(self) -> None:
        """Begin the dither anew, so that a session can be repeated to the bit."""
        self._random = np.random.default_rng(0)

    def step(self, positions: np.ndarray, targets: np.ndarray, fresh: np.ndarray) -> np.ndarray:
        """Features (B, N) float32, see `feature_count`, of this step.

        Args:
          positions: (B, J) measured joint positions [rad].
          targets: (B, J) last applied targets [rad].
          fresh: (B,) whether the past of a hand is forgotten before this step.
        """
        anew = fresh[:, None]
        positions = positions + self._dither * self._random.standard_normal(positions.shape)
        now = np.stack([targets - positions, targets])
        self._past = np.where(anew, now, np.concatenate([self._past[1:], now[None]]))
        self._bends = np.where(anew, now[0], now[0] + self._keep * (self._bends - now[0]))
        self._positions = np.where(
            anew, positions, positions + self._keep[0] * (self._positions - positions)
        )
        bends, targets = self._past[:, 0], self._past[:, 1]
        steps = targets[1:] - targets[:-1]
        joints = np.concatenate([self._bends, bends, steps]) * GAIN
        flat = joints.transpose(1, 0, 2).reshape(len(fresh), -1)
        return np.concatenate([self._positions, flat], axis=1, dtype=np.float32)


class TouchEstimator:
    """A network of fully connected layers with SiLU between them, in numpy.

    Args:
      weights: `mean`, `scale` (N,) of the features and `layers.I.weight`, `layers.I.bias`.

    Raises:
      ValueError: a weight is missing.
    """

    def __init__(self, weights: Mapping[str, np.ndarray]):
        names = weight_names()
        missing = [name for name in names if name not in weights]
        if missing:
            raise ValueError(
                f'the network that tells which fingers press lacks {missing}; train the '
                'controller anew with `dexgen-learn train-controller`'
            )
        self._mean, self._scale, *layers = (weights[name] for name in names)
        self._layers = [
            (np.ascontiguousarray(weight.T), bias)
            for weight, bias in zip(layers[::2], layers[1::2], strict=True)
        ]

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Probability (B, F) that each finger presses, of features (B, N)."""
        hidden = (features - self._mean) / self._scale
        for weight, bias in self._layers[:-1]:
            hidden = hidden @ weight + bias
            hidden = hidden * _sigmoid(hidden)
        weight, bias = self._layers[-1]
        return _sigmoid(hidden @ weight + bias)


def weight_names() -> list[str]:
    """Names of the network's weights, in the order of their use."""
    layers = [f'layers.{i}.{part}' for i in range(LAYERS) for part in ('weight', 'bias')]
    return ['mean', 'scale', *layers]


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1.0 + np.tanh(0.5 * x))
