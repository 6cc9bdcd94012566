"""From an object to a finished grasp set: grow, join into a graph, test the edges, save."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dexgen_description import Hand, ObjectModel
import numpy as np

from dexgen_learning.grasps import graph
from dexgen_learning.grasps.generation import GenerationConfig, Generator, Growth
from dexgen_learning.grasps.graph import GraphConfig
from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.grasps.stability import StabilityConfig, survival


@dataclass(frozen=True)
class GraspsConfig:
    """A finished set.

    Args:
        generation: how grasps are found.
        stability: the long test that they must stand.
        graph: how transitions are tested.
    """

    generation: GenerationConfig = field(default_factory=GenerationConfig)
    stability: StabilityConfig = field(default_factory=StabilityConfig)
    graph: GraphConfig = field(default_factory=GraphConfig)


def make_grasp_set(hand: Hand, object_model: ObjectModel, config: GraspsConfig,
                   path: Path | None = None, progress: Callable[[int], None] | None = None,
                   time_limit: float | None = None) -> tuple[GraspSet, Growth]:
    """Grow a set, keep what is stable, join it into a graph.

    The set is saved to `path` before and after the edges are tested.
    """
    growth = Generator(hand, object_model, config.generation).grow(progress, time_limit)
    grasps, parents = growth.grasps, growth.parents
    if config.stability.time > 0.0 and len(grasps):
        keep = survival(hand, object_model, grasps, config.stability) >= config.stability.keep
        grasps, parents = grasps.kept(keep), renumbered(parents, keep)
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


def renumbered(parents: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """Parents (M,) of the kept grasps by their new rows; -1 where the parent is gone."""
    number = np.where(keep, np.cumsum(keep) - 1, -1)
    old = parents[keep]
    return np.where(old >= 0, number[np.clip(old, 0, len(keep) - 1)], -1)


def summary(grasps: GraspSet) -> dict[str, float]:
    """Size, edges, shares of the kinds, and how many different contact sets there are."""
    degree = np.bincount(grasps.edges[:, 0], minlength=len(grasps)) if len(grasps) else 0
    return {'grasps': len(grasps), 'edges': len(grasps.edges),
            'with_edges': float(np.mean(degree > 0)),
            'contact_sets': len(np.unique(grasps.contacts)), **grasps.shares()}
