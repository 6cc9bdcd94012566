"""From an object to a finished grasp set: grow, join into a graph, test the edges, save."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
import time

from dexgen_description import Hand, ObjectModel
import numpy as np

from dexgen_learning.grasps import graph
from dexgen_learning.grasps.generation import GenerationConfig, Generator, Growth, renumbered
from dexgen_learning.grasps.graph import GraphConfig
from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.grasps.stability import StabilityConfig, survival
from dexgen_learning.grasps.stratification import stratified


@dataclass(frozen=True)
class GraspsConfig:
    """A finished set.

    Args:
        generation: how grasps are found.
        stability: the long test that they must stand.
        graph: how transitions are tested.
        rounds: of growing and testing; in each, new grasps fill the places of fallen ones.
    """

    generation: GenerationConfig = field(default_factory=GenerationConfig)
    stability: StabilityConfig = field(default_factory=StabilityConfig)
    graph: GraphConfig = field(default_factory=GraphConfig)
    rounds: int = 4


def make_grasp_set(hand: Hand, object_model: ObjectModel, config: GraspsConfig,
                   path: Path | None = None, progress: Callable[[int], None] | None = None,
                   time_limit: float | None = None) -> tuple[GraspSet, Growth]:
    """Grow a set, keep what is stable, give each type its share, join all into a graph.

    The set is saved to `path` before and after the edges are tested; `time_limit` [s] is that of
    growing and testing grasps.
    """
    generator = Generator(hand, object_model, config.generation)
    growth = grow_stable(generator, config, progress, time_limit)
    grasps, parents = shared_out(growth, config.generation.kind_share)
    grasps.config.clear()
    grasps.config.update(asdict(config))
    if path is not None:
        grasps.save(path)
    edges = graph.candidate_edges(object_model, grasps, parents, config.graph)
    share = graph.measure_edges(hand, object_model, grasps, edges, config.graph)
    kept = share >= config.graph.keep
    grasps = grasps.with_edges(edges[kept], share[kept])
    if path is not None:
        grasps.save(path)
    return grasps, growth


def grow_stable(generator: Generator, config: GraspsConfig,
                progress: Callable[[int], None] | None = None,
                time_limit: float | None = None) -> Growth:
    """Grow and test in rounds: what does not stand the long test gives its place to others."""
    begin, stable, rounds = time.perf_counter(), 0, max(config.rounds, 1)
    for number in range(rounds):
        left = None
        if time_limit is not None:
            left = (time_limit - (time.perf_counter() - begin)) / (1 + (number + 1 < rounds))
            if number and left < 0.1 * time_limit:
                break
        grasps = generator.grow(progress, left).grasps
        fresh = grasps.take(np.arange(stable, len(grasps)))
        if config.stability.time <= 0.0 or len(fresh) == 0:
            break
        test = replace(config.stability, seed=config.stability.seed + number)
        held = survival(generator.hand, generator.object_model, fresh, test) >= test.keep
        generator.prune(np.concatenate([np.ones(stable, dtype=bool), held]))
        stable = len(generator.grasps)
    return generator.growth


def shared_out(growth: Growth, share: float) -> tuple[GraspSet, np.ndarray]:
    """The stratified part of a growth, and the parents (M,) of its grasps."""
    keep = np.zeros(len(growth.grasps), dtype=bool)
    keep[stratified(growth.grasps.kind, share)] = True
    return growth.grasps.kept(keep), renumbered(growth.parents[keep], keep)


def summary(grasps: GraspSet) -> dict[str, float]:
    """Size, edges, shares of the kinds, and how many different contact sets there are."""
    degree = np.bincount(grasps.edges[:, 0], minlength=len(grasps)) if len(grasps) else 0
    return {'grasps': len(grasps), 'edges': len(grasps.edges),
            'with_edges': float(np.mean(degree > 0)),
            'contact_sets': len(np.unique(grasps.contacts)), **grasps.shares()}
