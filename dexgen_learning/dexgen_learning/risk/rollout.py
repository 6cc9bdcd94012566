"""Hands that follow commands by random shares, and when they drop the object."""

from dataclasses import dataclass
from pathlib import Path

from dexgen_controller.planner import MotionPlanner
from dexgen_controller.risk import RiskEstimator, WORTH
from dexgen_description import Kinematics
import numpy as np

from dexgen_learning.evaluation.dexgen_control import dexgen, DexGenControl
from dexgen_learning.evaluation.laboratory import EvaluationConfig, Laboratory
from dexgen_learning.evaluation.protocol import shipped_clip
from dexgen_learning.evaluation.run import Run
from dexgen_learning.evaluation.situation import Control
from dexgen_learning.risk.commands import Mixed

CHANGE = 1.0
"""Mean time for which a share is kept [s]."""
OWN = 0.6
"""Share of the time in which what is known already decides, where something is."""
GUIDANCE = 3.0


class Explorer:
    """Permits random shares, each for a while, and keeps what was seen.

    A third of the shares is 0, a third small, a third from a half to all. Where a network is
    known it decides for most of the time, so that what it brings about is seen too.

    Args:
      hands: n.
      seed: of the shares.
      rate: control rate [Hz].
      known: the network of the round before, None for none.
    """

    def __init__(self, hands: int, seed: int, rate: float, known: RiskEstimator | None):
        self._random, self._known = np.random.default_rng([seed, 2]), known
        self._change = 1.0 / (CHANGE * rate)
        self._own = np.zeros(hands, bool)
        self._worth, self._share = np.ones(hands), np.zeros(hands)
        self._draw(np.ones(hands, bool))

    def _draw(self, new: np.ndarray) -> None:
        random, count = self._random, int(new.sum())
        kind = random.integers(3, size=count)
        small = np.exp(random.uniform(np.log(0.02), np.log(0.5), count))
        large = random.uniform(0.5, 1.0, count)
        self._share[new] = np.select([kind == 1, kind == 2], [small, large], 0.0)
        self._own[new] = random.random(count) < OWN
        self._worth[new] = np.exp(random.uniform(np.log(0.4), np.log(2.5), count))

    def __call__(self, features: np.ndarray, steady: np.ndarray, guidance: float) -> np.ndarray:
        """Shares (n,)."""
        self._draw(self._random.random(len(features)) < self._change)
        self.share, self.features = self._share.copy(), features
        if self._known is not None:
            best = self._known.best(features, WORTH * guidance * self._worth)
            self.share = np.where(self._own, best, self.share)
        return self.share


@dataclass(frozen=True)
class RiskRollout:
    """One process's part of the data.

    Attributes:
      checkpoint: folder of the controller; its network for risk, if any, takes part.
      policy: file of the expert's policy, empty for the shipped one.
      objects: names.
      per_object: hands of each.
      steps: control steps.
      seed: of all randomness.
    """

    checkpoint: str
    policy: str
    objects: tuple[str, ...]
    per_object: int
    steps: int
    seed: int

    def perform(self, file: Path) -> Path:
        """Write features (T, n, N), shares (T, n) and ends (T, n): 1 drop, 2 time is over."""
        if file.exists():
            return file
        config = EvaluationConfig(self.checkpoint, self.policy, 'medium', workers=1)
        lab = Laboratory(config)
        lab.seed = self.seed
        task = lab.task(self.objects, self.per_object)
        weights, rate = lab.checkpoint.part('risk'), lab.checkpoint.config.rate
        explorer = Explorer(task.n, self.seed, rate, RiskEstimator(weights) if weights else None)
        planner = MotionPlanner(lab.checkpoint, lab.sampling, task.n, permit=explorer)
        control = DexGenControl(dexgen(GUIDANCE, lab.sampling), planner, Kinematics(lab.hand))
        content = lab.protocol.content
        walk = content['walk']['deviation'], content['walk']['corner']
        stream = Mixed(lab.hand, lab.expert, shipped_clip(lab.hand), walk,
                       content['action_scale'], self.seed)  # fmt: skip
        rows = list(_played(task, stream, control, explorer, self.steps))
        features, shares, ends = (np.stack(column) for column in zip(*rows, strict=True))
        torn = file.with_suffix('.part.npz')
        np.savez(torn, features=features.astype(np.float16), shares=shares, ends=ends)
        return torn.replace(file)


def _played(task, stream, control: Control, explorer: Explorer, steps: int):
    run = Run(task, stream, [control])
    for _ in range(steps):
        outcome = run.advance()
        yield explorer.features, explorer.share, outcome.dropped + 2 * outcome.timeout
