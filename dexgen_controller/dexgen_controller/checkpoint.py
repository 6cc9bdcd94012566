"""A trained controller on disk: tensors as safetensors, the rest as JSON, a model card."""

from dataclasses import asdict, dataclass, field
import json
from pathlib import Path

import numpy as np

from dexgen_controller.model_config import ModelConfig
from dexgen_controller.touch import feature_count, LAYERS

WEIGHTS, CONFIG, CARD = 'weights.safetensors', 'config.json', 'README.md'
SHIPPED = Path(__file__).parent / 'checkpoints'
"""Checkpoints that come with the package, a folder for each hand."""
VERSION = 2
"""Version of the layout; a checkpoint of another one is refused."""


@dataclass(frozen=True)
class HandLayout:
    """The hand that the numbers belong to.

    Attributes:
      name: name of the hand description.
      joint_names, keypoint_names, fingers: in the order of the numbers.
    """

    name: str
    joint_names: tuple[str, ...]
    keypoint_names: tuple[str, ...]
    fingers: tuple[str, ...]

    @classmethod
    def of(cls, hand) -> 'HandLayout':
        """The layout of a hand description."""
        return cls(
            hand.name, tuple(hand.joint_names), tuple(hand.keypoint_names), tuple(hand.fingers)
        )


@dataclass(frozen=True)
class Normaliser:
    """Units of the networks.

    Attributes:
      state_mean, state_scale: (S,) of the stacked observation.
      motion_scale: (D,) length of one normalised unit [m].
      motion_bound: (D,) longest coordinate that the data reach [m].
      motion_reference: (1,) root mean square of all motion coordinates [m]: unit of guidance.
      command_bound: (K,) longest keypoint offset that the data reach [m].
      target_scale: (J,) of the target increments [rad].
    """

    state_mean: np.ndarray
    state_scale: np.ndarray
    motion_scale: np.ndarray
    motion_bound: np.ndarray
    motion_reference: np.ndarray
    command_bound: np.ndarray
    target_scale: np.ndarray


STATE_LIMIT = 8.0
"""Normalised observations are clipped to this many scales."""


@dataclass(frozen=True)
class DenoisingSpread:
    """How uncertain the trained denoiser is, measured on data kept aside.

    Attributes:
      angles: (A,) rising diffusion angles [rad].
      covariance: (A, D, D) of the clean motion about the denoised one, normalised units.
    """

    angles: np.ndarray
    covariance: np.ndarray


@dataclass(frozen=True)
class Checkpoint:
    """Everything that a controller needs.

    Attributes:
      config: sizes of the networks.
      hand: hand that it was trained on.
      weights: name to array, `motion.` and `inverse.` as in the PyTorch modules, `touch.` as in
        `touch.TouchEstimator`.
      normaliser: units.
      spread: uncertainty of the denoiser.
      facts: where it came from: data, training, evaluation.
    """

    config: ModelConfig
    hand: HandLayout
    weights: dict[str, np.ndarray]
    normaliser: Normaliser
    spread: DenoisingSpread
    facts: dict = field(default_factory=dict)

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return sum(array.size for array in self.weights.values())

    def part(self, name: str) -> dict[str, np.ndarray]:
        """The weights of one network, without its name in front."""
        head = f'{name}.'
        return {k.removeprefix(head): v for k, v in self.weights.items() if k.startswith(head)}

    @property
    def guidance(self) -> float:
        """Guidance strength that its evaluation was done with; 1 where its facts do not say."""
        return float(self.facts.get('guidance', 1.0))


def save_checkpoint(checkpoint: Checkpoint, folder: str | Path, card: str = '') -> Path:
    """Write a checkpoint into a folder, which is made; returns the folder."""
    from safetensors.numpy import save_file

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f'weights.{name}': array for name, array in checkpoint.weights.items()}
    for group in ('normaliser', 'spread'):
        for name, array in vars(getattr(checkpoint, group)).items():
            tensors[f'{group}.{name}'] = array
    save_file(
        {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in tensors.items()},
        folder / WEIGHTS,
    )
    text = {
        'version': VERSION,
        'model': asdict(checkpoint.config),
        'hand': asdict(checkpoint.hand),
        'facts': checkpoint.facts,
    }
    (folder / CONFIG).write_text(json.dumps(text, indent=2) + '\n')
    (folder / CARD).write_text(card or f'# Controller for {checkpoint.hand.name}\n')
    return folder


def load_checkpoint(folder: str | Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
      FileNotFoundError: the folder or a file in it does not exist.
      ValueError: the files are damaged or of another version, or weights are missing.
    """
    folder = Path(folder)
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise FileNotFoundError(
                f"checkpoint '{folder}' has no {name}; give the folder of a trained controller"
            )
    try:
        text = json.loads((folder / CONFIG).read_text())
        version = text.get('version')
    except (ValueError, AttributeError) as error:
        raise _damaged(folder, error) from None
    if version != VERSION:
        raise ValueError(f"checkpoint '{folder}' has version {version}; this one reads {VERSION}")
    from safetensors import SafetensorError

    try:
        return _read(folder, text)
    except (KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise _damaged(folder, error) from None


def _damaged(folder: Path, error: Exception) -> ValueError:
    return ValueError(f"checkpoint '{folder}' is damaged: {error!r}; copy it anew, or train again")


def _read(folder: Path, text: dict) -> Checkpoint:
    from safetensors.numpy import load_file

    tensors = load_file(folder / WEIGHTS)
    groups: dict[str, dict[str, np.ndarray]] = {'weights': {}, 'normaliser': {}, 'spread': {}}
    for name, array in tensors.items():
        group, _, rest = name.partition('.')
        groups[group][rest] = array
    names = ('joint_names', 'keypoint_names', 'fingers')
    layout = HandLayout(text['hand']['name'], *(tuple(text['hand'][name]) for name in names))
    model = {**text['model'], 'modes': tuple(text['model']['modes'])}
    return Checkpoint(
        ModelConfig(**model),
        layout,
        groups['weights'],
        Normaliser(**groups['normaliser']),
        DenoisingSpread(**groups['spread']),
        text['facts'],
    )


def shipped_checkpoint(hand: str) -> Path | None:
    """The folder of the checkpoint that ships for a hand, None where there is none.

    A left and a right hand share one: the other's numbers are mirrored when it is loaded.
    """
    pair = {'_left': '_right', '_right': '_left'}
    other = next((hand.removesuffix(a) + b for a, b in pair.items() if hand.endswith(a)), hand)
    for name in (hand, other):
        if (SHIPPED / name / CONFIG).is_file():
            return SHIPPED / name
    return None


def random_checkpoint(config: ModelConfig, hand, seed: int = 0) -> Checkpoint:
    """A checkpoint with random weights: for timing sizes that nobody trained.

    Its numbers mean nothing; its facts say so.
    """
    import torch

    from dexgen_controller.model import DexGenModel

    torch.manual_seed(seed)
    model = DexGenModel(config)
    size = config.motion_size
    angles = np.linspace(0.05, 1.55, 8)
    spread = np.sin(angles)[:, None, None] ** 2 * np.eye(size)
    ones = np.ones(size)
    return Checkpoint(
        config,
        HandLayout.of(hand),
        {name: value.detach().numpy() for name, value in model.state_dict().items()}
        | random_touch(config, seed),
        Normaliser(
            state_mean=np.zeros(config.state_size),
            state_scale=np.ones(config.state_size),
            motion_scale=0.01 * ones,
            motion_bound=0.08 * ones,
            motion_reference=np.array([0.01]),
            command_bound=np.full(config.keypoints, 0.08),
            target_scale=np.full(config.joints, 0.05),
        ),
        DenoisingSpread(angles, spread),
        {'trained': False, 'seed': seed},
    )


def random_touch(config: ModelConfig, seed: int, width: int = 256) -> dict[str, np.ndarray]:
    """Random weights of the network that tells which fingers press."""
    random, count = np.random.default_rng(seed), feature_count(config.joints)
    sizes = [count, *[width] * (LAYERS - 1), config.fingers]
    weights = {'touch.mean': np.zeros(count), 'touch.scale': np.ones(count)}
    for i, (size, into) in enumerate(zip(sizes[:-1], sizes[1:], strict=True)):
        weights[f'touch.layers.{i}.weight'] = random.normal(0.0, size**-0.5, (into, size))
        weights[f'touch.layers.{i}.bias'] = np.zeros(into)
    return {name: value.astype(np.float32) for name, value in weights.items()}
