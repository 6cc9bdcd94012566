"""A small network of fully connected layers in numpy: no runtime is worth its while."""

from collections.abc import Mapping

import numpy as np


class Perceptron:
    """Fully connected layers with SiLU between them.

    Args:
      weights: `mean`, `scale` (N,) of the features and `layers.I.weight`, `layers.I.bias`.
      layers: how many.
      limit: normalised features are clipped to it.

    Raises:
      ValueError: a weight is missing.
    """

    def __init__(self, weights: Mapping[str, np.ndarray], layers: int, limit: float = np.inf):
        names = weight_names(layers)
        missing = [name for name in names if name not in weights]
        if missing:
            raise ValueError(
                f'a network of the controller lacks {missing}; train it anew with '
                '`dexgen-learn train-controller`, what knows risk with `dexgen-learn train-risk`'
            )
        self._mean, self._scale, *rest = (weights[name] for name in names)
        self._limit = limit
        self._layers = [
            (np.ascontiguousarray(weight.T), bias)
            for weight, bias in zip(rest[::2], rest[1::2], strict=True)
        ]

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Outputs (B, M) of features (B, N)."""
        hidden = np.clip((features - self._mean) / self._scale, -self._limit, self._limit)
        for weight, bias in self._layers[:-1]:
            hidden = hidden @ weight + bias
            hidden = hidden * sigmoid(hidden)
        weight, bias = self._layers[-1]
        return hidden @ weight + bias


def weight_names(layers: int) -> list[str]:
    """Names of the network's weights, in the order of their use."""
    parts = [f'layers.{i}.{part}' for i in range(layers) for part in ('weight', 'bias')]
    return ['mean', 'scale', *parts]


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)) that does not overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * x))
