"""A trained actor as plain arrays: runs in numpy, is small enough to be committed."""

from dataclasses import dataclass
import json
from pathlib import Path
import zipfile

import numpy as np

FORMAT = 'dexgen policy 1'


@dataclass(frozen=True)
class PolicyNetwork:
    """A multilayer perceptron with ELU and normalised input.

    Args:
        weights: (out, in) of each layer.
        biases: (out,) of each layer.
        mean: (A,) of the observations.
        scale: (A,) by which they are divided.
        std: (J,) standard deviation of the action in training.
        config: the resolved configuration of the training, with hand and objects.
    """

    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    mean: np.ndarray
    scale: np.ndarray
    std: np.ndarray
    config: dict

    def act(self, observation: np.ndarray) -> np.ndarray:
        """The mean action (n, J) of observations (n, A)."""
        x = (observation - self.mean) / self.scale
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = x @ weight.T + bias
            if i + 1 < len(self.weights):
                x = np.where(x > 0.0, x, np.expm1(np.minimum(x, 0.0)))
        return x

    def save(self, path: Path) -> None:
        """Write to a .npz file."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays = {f'weight_{i}': w for i, w in enumerate(self.weights)}
        arrays |= {f'bias_{i}': b for i, b in enumerate(self.biases)}
        header = json.dumps({'format': FORMAT, 'layers': len(self.weights), **self.config})
        partial = path.with_suffix('.partial')
        with partial.open('wb') as file:
            np.savez(file, header=np.array(header), mean=self.mean, scale=self.scale,
                     std=self.std, **arrays)
        partial.replace(path)

    @staticmethod
    def load(path: Path, hand: str | None = None) -> 'PolicyNetwork':
        """Read a policy.

        Raises:
            FileNotFoundError: no such file.
            ValueError: not a policy, or one of another hand than `hand`.
        """
        path = Path(path)
        if not path.exists():
            raise FileNotFoundError(f'no policy at {path}; train one with `dexgen-learn train`')
        try:
            with np.load(path, allow_pickle=False) as data:
                config = json.loads(str(data['header']))
                layers = config.pop('layers')
                network = PolicyNetwork(
                    tuple(data[f'weight_{i}'] for i in range(layers)),
                    tuple(data[f'bias_{i}'] for i in range(layers)),
                    data['mean'], data['scale'], data['std'], config)
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise ValueError(f'{path} is not a readable policy ({error}); train one with '
                             '`dexgen-learn train`') from error
        if hand is not None and config.get('hand') != hand:
            raise ValueError(f'the policy {path} was trained for the hand {config.get("hand")}, '
                             f'not {hand}; train one with `dexgen-learn train --hand {hand}`')
        return network


def from_actor(state: dict, config: dict) -> PolicyNetwork:
    """The arrays of an rsl_rl actor's state dictionary (tensors)."""
    layers = sorted({int(k.split('.')[1]) for k in state if k.startswith('mlp.')})
    weights = tuple(state[f'mlp.{i}.weight'].numpy().copy() for i in layers)
    biases = tuple(state[f'mlp.{i}.bias'].numpy().copy() for i in layers)
    mean = state['obs_normalizer._mean'].numpy()[0].copy()
    scale = state['obs_normalizer._std'].numpy()[0] + 1e-2
    std = np.exp(state['distribution.log_std_param'].numpy()).copy()
    return PolicyNetwork(weights, biases, mean, scale.astype(np.float32), std, config)
