"""Grow a grasp set: close from random postures, expand what was found, keep it apart and mixed."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
import time

from dexgen_description import Hand, Kinematics, ObjectModel
import numpy as np

from dexgen_learning.env.simulation import SimulationConfig
from dexgen_learning.grasps import analytic, closing, expansion, manipulation
from dexgen_learning.grasps.analytic import AnalyticConfig
from dexgen_learning.grasps.closing import ClosingConfig
from dexgen_learning.grasps.column import Column
from dexgen_learning.grasps.conveyor import (
    Accepted,
    Candidates,
    concatenated,
    Conveyor,
    ValidationConfig,
)
from dexgen_learning.grasps.expansion import ExpansionConfig
from dexgen_learning.grasps.grasp_set import GRASP_ARRAYS, GraspSet, KINDS
from dexgen_learning.grasps.kinds import kinds
from dexgen_learning.grasps.manipulation import ManipulationConfig
from dexgen_learning.grasps.metric import Metric
from dexgen_learning.grasps.separation import Separation
from dexgen_learning.grasps.stock import Stock
from dexgen_learning.grasps.stratification import OTHER, Quota

PARENTS = 1024
"""Grasps from which the parents of one batch of candidates are drawn."""
RARE = 0.75
"""Share of them that belong to types below their share, where there are such types."""
FRESH = 64
"""Candidates that are made at a time from nothing."""


@dataclass(frozen=True)
class GenerationConfig:
    """How a set is grown.

    Args:
        count: grasps wanted.
        patience: so many candidates in a row without a new grasp end the growth.
        seed: of all randomness.
        lanes: candidates validated side by side.
        threads: of the simulation; they change nothing but the speed.
        seeds: grasps found by closing before expansion starts.
        analytic_share: share of these that come from surface points (the paper's base set)
            instead of closing.
        closing_share: share of both among the candidates afterwards.
        manipulation_share: share of motions that the simulator carries out from a grasp among
            the others; the rest are kinematic steps with contact repair.
        separation: least feature distance between grasps.
        kind_share: least share of each kind; room for it is kept, rarer kinds are expanded
            first.
        validation: what a candidate must survive.
        analytic: surface points with net force optimisation.
        closing: random closing.
        expansion: RRT-like growth.
        manipulation: growth by moving the held object.
    """

    count: int = 1000
    patience: int = 10_000
    seed: int = 0
    lanes: int = 128
    threads: int = 1
    seeds: int = 60
    analytic_share: float = 0.3
    closing_share: float = 0.01
    manipulation_share: float = 0.88
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
        self.conveyor = Conveyor(hand, object_model, self.config.lanes, self.config.validation,
                                 SimulationConfig(threads=self.config.threads))
        self._fresh = Stock(self._close, FRESH)
        self._grown = Stock(self._grow, self.config.lanes)
        self.separation = Separation(object_model, self.config.separation)
        self.metric, self.quota = Metric(), Quota(self.config.count, self.config.kind_share)
        empty = GraspSet.empty(hand.name, object_model.name, len(hand.joint_names))
        self._columns = {name: Column(value.shape[1:], value.dtype)
                         for name in GRASP_ARRAYS for value in [getattr(empty, name)]}
        self._parents = Column(dtype=int)
        self.validated = self._fruitful = 0
        self._cpu_s = self._wall_s = 0.0

    def grow(self, progress: Callable[[int], None] | None = None,
             time_limit: float | None = None) -> Growth:
        """Run until the set is full, the time [s] is over, or nothing new comes."""
        wall, cpu = time.perf_counter(), time.process_time()
        self._fruitful = self.conveyor.tried
        while len(self.grasps) < self.config.count and not self._exhausted:
            if time_limit is not None and time.perf_counter() - wall > time_limit:
                break
            free = len(self.conveyor.free)
            if free:
                self.conveyor.fill(self._propose(free), self.rng)
            self._add(self.conveyor.tick())
            if progress is not None:
                progress(len(self.grasps))
        self._wall_s += time.perf_counter() - wall
        self._cpu_s += time.process_time() - cpu
        return self.growth

    @property
    def grasps(self) -> GraspSet:
        """The set so far, without copying: a view that holds until it grows."""
        return GraspSet(self.hand.name, self.object_model.name, **{
            name: column.values for name, column in self._columns.items()})

    @property
    def growth(self) -> Growth:
        """What came of it so far."""
        grasps = self.grasps.take(np.arange(min(len(self.grasps), self.config.count)))
        grasps.config.update(asdict(self.config))
        return Growth(grasps, self._parents.values[:len(grasps)].copy(), self.conveyor.tried,
                      self.validated, self._cpu_s, self._wall_s)

    def prune(self, keep: np.ndarray) -> None:
        """Forget the grasps where keep (N,) is false; they still keep others at a distance."""
        for column in (*self._columns.values(), self._parents):
            column.keep(keep)
        self._parents.values[:] = renumbered(self._parents.values, keep)
        self.conveyor.parent[:] = renumbered(self.conveyor.parent, keep)
        self._grown.clear()

    @property
    def _exhausted(self) -> bool:
        return self.conveyor.tried - self._fruitful > self.config.patience

    def _propose(self, n: int) -> Candidates:
        if len(self.grasps) < min(self.config.seeds, self.config.count):
            return self._fresh.take(n)
        fresh = int(self.rng.binomial(n, self.config.closing_share))
        return concatenated([self._fresh.take(fresh), self._grown.take(n - fresh)])

    def _grow(self, n: int) -> Candidates:
        """N candidates from grasps of the set, moved and kinematic."""
        config, rows = self.config, self._parent_rows()
        moved, pool = int(self.rng.binomial(n, config.manipulation_share)), self.grasps.take(rows)
        joined = concatenated([
            manipulation.propose(self.kinematics, pool, moved, self.rng, config.manipulation),
            expansion.propose(self.hand, pool, n - moved, self.rng, config.expansion,
                              self.metric)])
        mixed = joined.take(self.rng.permutation(n))
        return replace(mixed, parent=rows[mixed.parent])

    def _close(self, n: int) -> Candidates:
        """Candidates from nothing: surface points, closing."""
        config = self.config
        computed = int(self.rng.binomial(n, config.analytic_share))
        return concatenated([
            analytic.propose(self.kinematics, self.object_model, computed, self.rng,
                             config.analytic),
            closing.propose(self.kinematics, self.object_model, n - computed, self.rng,
                            config.closing)])

    @property
    def _count(self) -> np.ndarray:
        """(len(KINDS),) grasps of each kind so far."""
        return np.bincount(self.grasps.kind, minlength=len(KINDS))

    def _parent_rows(self) -> np.ndarray:
        """(PARENTS,) rows to grow from: any, and more of the types that lack grasps."""
        kind, count = self.grasps.kind, self._count
        rows = self.rng.integers(len(kind), size=PARENTS)
        rare = np.flatnonzero(self.quota.short(count) & (count[:OTHER] > 0))
        each = int(RARE * PARENTS) // max(len(rare), 1)
        for number, k in enumerate(rare):
            rows[number * each:(number + 1) * each] = self.rng.choice(
                np.flatnonzero(kind == k), each)
        return rows

    def _add(self, accepted: Accepted) -> None:
        if len(accepted.q) == 0:
            return
        self.validated += len(accepted.q)
        kind = kinds(self.hand, accepted.contacts)
        keep = self.quota.admitted(kind, self._count)
        keep[keep] &= self.separation.add(
            accepted.q[keep], accepted.object_pos[keep], accepted.object_quat[keep])
        if keep.any():
            self._fruitful = self.conveyor.tried
        fresh = {**{name: getattr(accepted, name) for name in GRASP_ARRAYS if name != 'kind'},
                 'kind': kind}
        for name, column in self._columns.items():
            column.append(fresh[name][keep])
        self._parents.append(accepted.parent[keep])


def renumbered(rows: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """Rows (M,) of a set by their numbers among those kept; -1 for none and for what is gone."""
    number = np.append(np.where(keep, np.cumsum(keep) - 1, -1), -1)
    return number[rows]
