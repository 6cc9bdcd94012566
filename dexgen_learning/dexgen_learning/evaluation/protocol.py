"""The protocol as data: loaded from evaluation.yaml, with the hash that stands in every result."""

from dataclasses import dataclass, replace
import hashlib
from importlib import resources

import yaml

from dexgen_learning.env.randomization import Randomization, Span
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
from dexgen_learning.evaluation.streams import CorruptedExpert, Expert, Stay, Stream, Walk


@dataclass(frozen=True)
class Size:
    """How much is simulated.

    Attributes:
      rule: when a point is known well enough.
      per_object: environments of each object.
    """

    rule: StopRule
    per_object: int


@dataclass(frozen=True)
class Protocol:
    """Everything that fixes the evaluation but the checkpoint and the expert.

    Attributes:
      content: of the file.
      digest: SHA-256 of its bytes.
    """

    content: dict
    digest: str

    def size(self, quick: bool) -> Size:
        """The full size, or the quick one: fewer hours, wider intervals, the same protocol."""
        values = dict(self.content['quick' if quick else 'full'])
        per_object = values.pop('per_object')
        return Size(StopRule(**values), per_object)

    def stream(self, name: str, expert: Expert) -> Stream:
        """A fresh stream of a cell, or `walk`, `stay`, or `clean`: the expert as it is."""
        content = self.content
        if name == 'stay':
            return Stay()
        if name == 'walk':
            return Walk(content['walk']['deviation'], content['walk']['corner'], content['seed'])
        corruption = {} if name == 'clean' else content['cells'][name]
        return CorruptedExpert(
            name, expert, scale=content['action_scale'], seed=content['seed'], **corruption
        )

    def randomization(self, condition: str = '') -> Randomization:
        """The school's randomisation, or that of a held-out condition."""
        table = Randomization()
        change = dict(self.content['conditions'][condition]) if condition else {}
        factor = change.pop('friction', 1.0)
        friction = Span(factor * table.friction.low, factor * table.friction.high)
        return replace(table, friction=friction, **change)

    def rivals(self, stream: str) -> list[Control]:
        """Raw, hold, and every rival at every setting, fresh."""
        settings = self.content['rivals']
        return [
            Raw(),
            Hold(),
            *(Shrink(value) for value in settings['shrink']),
            *(LowPass(value) for value in settings['low_pass']),
            *(LowPass(*value) for value in settings['low_pass_shrink']),
            *(RateLimit(value) for value in settings['rate_limit']),
            *(LeakyReturn(value) for value in settings['leaky_return']),
        ]


def load_protocol() -> Protocol:
    """The protocol that ships."""
    data = (resources.files('dexgen_learning.evaluation') / 'evaluation.yaml').read_bytes()
    return Protocol(yaml.safe_load(data), hashlib.sha256(data).hexdigest())
