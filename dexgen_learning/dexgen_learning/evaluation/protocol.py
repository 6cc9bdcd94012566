"""The protocol as data: loaded from evaluation.yaml, with the hash that stands in every result."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
import hashlib
from importlib import resources

from dexgen_controller.sampling_config import SamplingConfig
import yaml

from dexgen_learning.env.randomization import Randomization, Span
from dexgen_learning.evaluation.clip import shipped_clip
from dexgen_learning.evaluation.dexgen_control import cloning, Learned, partial_noising, prior
from dexgen_learning.evaluation.rivals import (
    Hold,
    LeakyReturn,
    LowPass,
    RateLimit,
    Raw,
    Shrink,
)
from dexgen_learning.evaluation.run import StopRule
from dexgen_learning.evaluation.situation import Control
from dexgen_learning.evaluation.streams import (
    Alternating,
    CorruptedExpert,
    Expert,
    Recorded,
    Stay,
    Stream,
    Walk,
)

COMMANDS = 'walk and clip'
"""The stream on which following is matched: walks and recorded hands in turn."""


@dataclass(frozen=True)
class Size:
    """How much is simulated.

    Attributes:
      rule: when a point is known well enough.
      brief: the same for the sweeps in the cells.
      per_object: environments of each object and control.
      behaviours: trials of each behaviour test.
      trials: of each task of the suite.
      task_rivals: one in so many rivals takes part in the task suite.
      action_scales: whether other action scales are reported too.
    """

    rule: StopRule
    brief: StopRule
    per_object: int
    behaviours: int
    trials: int
    task_rivals: int
    action_scales: bool


@dataclass(frozen=True)
class Protocol:
    """Everything that fixes the evaluation but the checkpoint and the expert.

    Attributes:
      content: of the file.
      digest: SHA-256 of its bytes.
    """

    content: dict
    digest: str

    def size(self, name: str) -> Size:
        """How much is simulated; smaller sizes have fewer hours and wider intervals.

        Args:
          name: of the size.

        Raises:
          ValueError: an unknown size.
        """
        if name not in self.content['sizes']:
            raise ValueError(f"size is '{name}'; allowed: {', '.join(self.content['sizes'])}")
        values = dict(self.content['sizes'][name])
        rule = StopRule(*(values.pop(key) for key in ('drops', 'hours', 'warm_up')))
        return Size(rule, replace(rule, hours=values.pop('brief_hours')), **values)

    def stream(self, name: str, expert: Expert, hand, scale: float = 0.0) -> Stream:
        """A fresh stream: a cell, `clean` (the expert as it is), `stay`, or `walk and clip`.

        Args:
          name: of the stream.
          expert: of the cells.
          hand: hand description.
          scale: of an action [rad per 0.1 s], 0 for the protocol's.
        """
        content, seed = self.content, self.content['seed']
        if name == 'stay':
            return Stay()
        if name == COMMANDS:
            walk = Walk(content['walk']['deviation'], content['walk']['corner'], seed)
            return Alternating(COMMANDS, (walk, Recorded(shipped_clip(hand), seed)))
        corruption = {} if name == 'clean' else content['cells'][name]
        label = f'{name}, scale {scale:g}' if scale else name
        scale = scale or content['action_scale']
        return CorruptedExpert(label, expert, scale=scale, seed=seed, **corruption)

    def randomization(self, condition: str = '') -> Randomization:
        """The school's randomisation, or that of a held-out condition."""
        table = Randomization()
        change = dict(self.content['conditions'][condition]) if condition else {}
        for name in ('friction', 'object_scale'):
            factor, span = change.pop(name, 1.0), getattr(table, name)
            change[name] = Span(factor * span.low, factor * span.high)
        return replace(table, **change)

    def families(self) -> list[list[Control]]:
        """The rivals without a model, family by family, at every setting, fresh."""
        settings = self.content['rivals']
        return [
            [Shrink(value) for value in settings['shrink']],
            [LowPass(value) for value in settings['low_pass']],
            [LowPass(*value) for value in settings['low_pass_shrink']],
            [RateLimit(value) for value in settings['rate_limit']],
            [LeakyReturn(value) for value in settings['leaky_return']],
        ]

    def rivals(self) -> list[Control]:
        """Raw, hold, and every rival without a model at every setting, fresh."""
        return [Raw(), Hold(), *(rival for family in self.families() for rival in family)]

    def model_rivals(self, sampling: SamplingConfig) -> list[Learned]:
        """The rivals with a model: the prior, behaviour cloning, the partly noised command."""
        angles: Sequence[float] = self.content['rivals']['partial_noising']
        return [
            prior(sampling),
            cloning(sampling),
            *(partial_noising(angle, sampling) for angle in angles),
        ]


def load_protocol() -> Protocol:
    """The protocol that ships."""
    data = (resources.files('dexgen_learning.evaluation') / 'evaluation.yaml').read_bytes()
    return Protocol(yaml.safe_load(data), hashlib.sha256(data).hexdigest())
