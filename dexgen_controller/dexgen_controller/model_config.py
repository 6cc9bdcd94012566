"""Size and shape of the learned controller, as data."""

from dataclasses import dataclass, replace

MODES = ('default', 'precision_rotation')
"""Labels that the data carry; the model takes one of them as a condition."""


@dataclass(frozen=True)
class ModelConfig:
    """Everything that fixes the shapes of the networks and the meaning of their numbers.

    Attributes:
      name: name of the configuration.
      steps: T, future steps of a motion.
      keypoints: K, keypoints of the hand.
      joints: J, joints of the hand.
      fingers: F, fingers of the hand.
      history: H, stacked steps of proprioception.
      rate: control rate [Hz]: spacing of the stacked and of the future steps.
      modes: labels of the data.
      width: hidden width of the UNet.
      depth: encoder blocks of the UNet, and as many decoder blocks.
      groups: groups of each group normalisation.
      encoder_width, encoder_layers: of the state encoder.
      step_width: width of the diffusion step's embedding.
      inverse_width, inverse_blocks: of the inverse dynamics model.
      prediction: what the UNet predicts, `noise` as in the paper or `velocity`.
    """

    name: str = 'paper'
    steps: int = 2
    keypoints: int = 8
    joints: int = 16
    fingers: int = 4
    history: int = 4
    rate: float = 10.0
    modes: tuple[str, ...] = MODES
    width: int = 768
    depth: int = 3
    groups: int = 8
    encoder_width: int = 1024
    encoder_layers: int = 6
    step_width: int = 256
    inverse_width: int = 1024
    inverse_blocks: int = 3
    prediction: str = 'noise'

    def __post_init__(self):
        if self.prediction not in ('noise', 'velocity'):
            raise ValueError(
                f"prediction is '{self.prediction}'; allowed: noise (the paper's), velocity"
            )
        for name in ('width', 'encoder_width', 'inverse_width'):
            if getattr(self, name) % self.groups:
                raise ValueError(
                    f'{name} {getattr(self, name)} is not a multiple of groups {self.groups}'
                )

    @property
    def motion_size(self) -> int:
        """Numbers in a motion, 3 T K."""
        return 3 * self.steps * self.keypoints

    @property
    def state_size(self) -> int:
        """Numbers in a stacked observation, 3 H (F + J)."""
        return 3 * self.history * (self.fingers + self.joints)

    @property
    def film_size(self) -> int:
        """Numbers that modulate the UNet: scale and shift of each block."""
        return 2 * 2 * self.depth * self.width


PAPER = ModelConfig()
"""The paper's sizes; that of the inverse dynamics model is not given there."""

SMALL = ModelConfig(
    name='small',
    width=256,
    encoder_width=512,
    encoder_layers=4,
    step_width=128,
    inverse_width=384,
    inverse_blocks=2,
    prediction='velocity',
)
"""About 4 M parameters: trains on two cores, samples in a few milliseconds on one.

It predicts the velocity cos(angle) noise - sin(angle) motion: near pure noise a clean motion
made from predicted noise is divided by almost nothing, which a model trained for minutes does
not survive.
"""

MINI = replace(
    SMALL,
    name='mini',
    width=128,
    encoder_width=256,
    encoder_layers=3,
    step_width=64,
    inverse_width=256,
)
"""About 1 M parameters: for ablations, minutes of training each."""

TINY = ModelConfig(
    name='tiny',
    width=64,
    encoder_width=64,
    encoder_layers=2,
    step_width=32,
    inverse_width=64,
    inverse_blocks=1,
    prediction='velocity',
)
"""For tests."""

CONFIGS = {config.name: config for config in (PAPER, SMALL, MINI, TINY)}


def model_config(name: str) -> ModelConfig:
    """The configuration of that name.

    Raises:
      ValueError: there is none.
    """
    if name not in CONFIGS:
        raise ValueError(f"no model configuration '{name}'; allowed: {', '.join(CONFIGS)}")
    return CONFIGS[name]
