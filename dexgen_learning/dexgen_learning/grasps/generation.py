"""Grow a grasp set: close from random postures, expand what was found, keep it apart and mixed."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
import time

from dexgen_description import Hand, Kinematics, ObjectModel
import numpy as np

from dexgen_learning.grasps import analytic, closing, expansion, manipulation
from dexgen_learning.grasps.analytic import AnalyticConfig
from dexgen_learning.grasps.closing import ClosingConfig
from dexgen_learning.grasps.conveyor import (
    Accepted,
    Candidates,
    concatenated,
    Conveyor,
    ValidationConfig,
)
from dexgen_learning.grasps.expansion import ExpansionConfig
from dexgen_learning.grasps.grasp_set import GraspSet, KINDS
from dexgen_learning.grasps.kinds import kinds
from dexgen_learning.grasps.manipulation import ManipulationConfig
from dexgen_learning.grasps.metric import Metric
from dexgen_learning.grasps.separation import Separation


@dataclass(frozen=True)
class GenerationConfig:
    """How a set is grown.

    Args:
        count: grasps wanted.
        seed: of all randomness.
        lanes: candidates validated side by side.
        seeds: grasps found by closing before expansion starts.
        analytic_share: share of these that come from surface points (the paper's base set)
            instead of closing.
        closing_share: share of both among the candidates afterwards.
        manipulation_share: share of motions that the simulator carries out from a grasp; the
            rest are kinematic steps with contact repair.
        separation: least feature distance between grasps.
        kind_share: least share wanted of each kind; rarer kinds are expanded first.
        validation: what a candidate must survive.
        analytic: surface points with net force optimisation.
        closing: random closing.
        expansion: RRT-like growth.
        manipulation: growth by moving the held object.
    """

    count: int = 1000
    seed: int = 0
    lanes: int = 128
    seeds: int = 30
    analytic_share: float = 0.3
    closing_share: float = 0.1
    manipulation_share: float = 0.75
    separation: float = 0.3
    kind_share: float = 0.1
    validation: ValidationConfig = field(default_factory=ValidationConfig)
    analytic: AnalyticConfig = field(default_factory=AnalyticConfig)
    closing: ClosingConfig = field(default_factory=ClosingConfig)
    expansion: ExpansionConfig = field(default_factory=ExpansionConfig)
    manipulation: ManipulationConfig = field(default_factory=ManipulationConfig)


@dataclass(frozen=True)
class Growth:
    """What came of it.

    Args:
        grasps: the set.
        parents: (N,) row of the grasp that each grew from, -1 for none.
        tried: candidates in all.
        validated: candidates that survived the test.
        cpu_s: processor time [s].
        wall_s: [s].
    """

    grasps: GraspSet
    parents: np.ndarray
    tried: int
    validated: int
    cpu_s: float
    wall_s: float


class Generator:
    """Grows the set of one object."""

    def __init__(self, hand: Hand, object_model: ObjectModel,
                 config: GenerationConfig | None = None) -> None:
        """Build the conveyor and an empty set."""
        self.hand, self.object_model = hand, object_model
        self.config = config or GenerationConfig()
        self.kinematics = Kinematics(hand)
        self.rng = np.random.default_rng(self.config.seed)
        self.conveyor = Conveyor(hand, object_model, self.config.lanes, self.config.validation)
        self.separation = Separation(object_model, self.config.separation)
        self.metric = Metric()
        self.grasps = GraspSet.empty(hand.name, object_model.name, len(hand.joint_names))
        self.parents = np.zeros(0, dtype=int)
        self.validated = 0

    def grow(self, progress: Callable[[int], None] | None = None,
             time_limit: float | None = None) -> Growth:
        """Run until the set is full or the time [s] is over."""
        wall, cpu = time.perf_counter(), time.process_time()
        while len(self.grasps) < self.config.count:
            if time_limit is not None and time.perf_counter() - wall > time_limit:
                break
            free = len(self.conveyor.free)
            if free >= min(16, self.config.lanes):
                self.conveyor.fill(self._propose(free), self.rng)
            self._add(self.conveyor.tick())
            if progress is not None:
                progress(len(self.grasps))
        grasps = self.grasps.take(np.arange(min(len(self.grasps), self.config.count)))
        grasps.config.update(asdict(self.config))
        return Growth(grasps, self.parents[:len(grasps)], self.conveyor.tried, self.validated,
                      time.process_time() - cpu, time.perf_counter() - wall)

    def _propose(self, n: int) -> Candidates:
        config = self.config
        if len(self.grasps) < min(config.seeds, config.count):
            return self._fresh(n)
        fresh, moved, kinematic = self.rng.multinomial(n, [
            config.closing_share, config.manipulation_share,
            1.0 - config.closing_share - config.manipulation_share])
        rows = self._rare_first()
        pool = self.grasps.take(rows)
        batches = [
            self._fresh(fresh),
            manipulation.propose(self.kinematics, pool, moved, self.rng, config.manipulation),
            expansion.propose(self.hand, pool, kinematic, self.rng, config.expansion,
                              self.metric)]
        joined = concatenated(batches)
        return replace(joined, parent=np.where(joined.parent >= 0, rows[joined.parent], -1))

    def _fresh(self, n: int) -> Candidates:
        """Candidates from nothing: surface points, closing."""
        config = self.config
        computed = int(self.rng.binomial(n, config.analytic_share))
        return concatenated([
            analytic.propose(self.kinematics, self.object_model, computed, self.rng,
                             config.analytic),
            closing.propose(self.kinematics, self.object_model, n - computed, self.rng,
                            config.closing)])

    def _rare_first(self) -> np.ndarray:
        """Rows to expand: all, or only those of a kind that falls short of its share."""
        shares = np.bincount(self.grasps.kind, minlength=len(KINDS)) / len(self.grasps)
        rare = [k for k in range(len(KINDS) - 1)
                if 0.0 < shares[k] < 1.2 * self.config.kind_share]
        if not rare or self.rng.random() < 0.4:
            return np.arange(len(self.grasps))
        return np.flatnonzero(self.grasps.kind == self.rng.choice(rare))

    def _add(self, accepted: Accepted) -> None:
        if len(accepted.q) == 0:
            return
        self.validated += len(accepted.q)
        kind = kinds(self.hand, accepted.contacts)
        keep = self._wanted(kind)
        keep[keep] &= self.separation.add(
            accepted.q[keep], accepted.object_pos[keep], accepted.object_quat[keep])
        fresh = GraspSet(
            self.hand.name, self.object_model.name, accepted.q[keep], accepted.target[keep],
            accepted.object_pos[keep], accepted.object_quat[keep], accepted.contacts[keep],
            kind[keep])
        self.grasps = self.grasps.joined(fresh)
        self.parents = np.concatenate([self.parents, accepted.parent[keep]])

    def _wanted(self, kind: np.ndarray) -> np.ndarray:
        """Refuse kinds that would leave no room for the least share of the others."""
        limit = max(1.0 - 5.5 * self.config.kind_share, 0.2)
        shares = np.bincount(self.grasps.kind, minlength=len(KINDS)) / max(self.config.count, 1)
        allowed = shares < limit
        allowed[-1] = shares[-1] < self.config.kind_share
        return allowed[kind]
