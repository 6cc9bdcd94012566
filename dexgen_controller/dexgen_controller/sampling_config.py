"""How motions are drawn, as data."""

from dataclasses import dataclass

from dexgen_controller.arbitration import ArbitrationConfig
from dexgen_controller.noise_schedule import START


@dataclass(frozen=True)
class SamplingConfig:
    """How motions are drawn.

    Attributes:
      steps: diffusion steps.
      temperature: 1 draws from the guided distribution, 0 is deterministic DDIM.
      start_temperature: share of noise in the motion that sampling starts from; 0 starts from
        zero.
      samples: motions drawn at each tick, of which the likeliest under the prior is taken.
      start: largest diffusion angle [rad].
      origin: what the noise is mixed with at the start: `noise` starts from noise alone,
        `command` from the partly noised command with no further guidance ("To the Noise and
        Back"), `plan` from the last plan.
      arbitration: what share of the command each finger takes; None leaves the command bare.
      backend, precision: runtime.
      seed: of the random numbers.
    """

    steps: int = 12
    temperature: float = 0.0
    start_temperature: float = 0.0
    samples: int = 1
    start: float = START
    origin: str = 'noise'
    arbitration: ArbitrationConfig | None = ArbitrationConfig()
    backend: str = 'auto'
    precision: str = 'f32'
    seed: int = 0

    def __post_init__(self):
        if self.origin not in ('noise', 'command', 'plan'):
            raise ValueError(f"origin is '{self.origin}'; allowed: noise, command, plan")
        if self.samples < 1:
            raise ValueError(f'samples is {self.samples}; at least 1 is needed')
        if self.samples > 1 and self.temperature <= 0.0 and self.start_temperature <= 0.0:
            raise ValueError(
                f'{self.samples} samples without noise are all the same; set temperature or '
                'start_temperature above 0'
            )
