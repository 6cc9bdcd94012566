"""The graph of a grasp set: candidate edges, and the test of each by interpolation."""

from dataclasses import dataclass

from dexgen_description import Hand, ObjectModel
import numpy as np
from scipy.spatial import cKDTree

from dexgen_learning.env.environment import EnvironmentConfig, HandEnvironment
from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.grasps.metric import difference, Metric
from dexgen_learning.grasps.separation import Separation
from dexgen_learning.tasks.goal import GoalBook, GoalConfig, Tolerance


@dataclass(frozen=True)
class GraphConfig:
    """How edges are found and tested.

    Args:
        neighbours: near grasps of each grasp that are tried as edges, beside the parent.
        farthest: candidates beyond this feature distance are not tried.
        nearest: nor those nearer than this.
        repeats: tests of an edge.
        keep: edges with at least this share of successes stay.
        time: of a test [s].
        rate: interpolation toward the goal's target, share per 0.1 s.
        lanes: edges tested side by side.
        seed: of the randomness.
    """

    neighbours: int = 2
    farthest: float = 5.0
    nearest: float = 1.0
    repeats: int = 1
    keep: float = 0.5
    time: float = 3.0
    rate: float = 0.25
    lanes: int = 128
    seed: int = 0


def candidate_edges(object_model: ObjectModel, grasps: GraspSet, parents: np.ndarray,
                    config: GraphConfig | None = None) -> np.ndarray:
    """Pairs worth testing (E, 2): parent and child both ways, near neighbours both ways."""
    config, metric = config or GraphConfig(), Metric()
    child = np.flatnonzero((parents >= 0) & (parents < len(grasps)))
    pairs = [np.stack([parents[child], child], axis=-1)]
    features = Separation(object_model).embed(grasps.q, grasps.object_pos)
    k = min(16 * config.neighbours + 1, len(grasps))
    near = cKDTree(features).query(features, k=k)[1][:, 1:]
    if near.size:
        rows = np.arange(len(grasps))[:, None]
        distance = _distance(object_model, grasps, rows, near, metric)
        distance = np.where(distance < config.nearest, np.inf, distance)
        order = np.argsort(distance, axis=1)[:, :config.neighbours]
        pairs.append(np.stack([np.broadcast_to(rows, order.shape),
                               np.take_along_axis(near, order, 1)], -1).reshape(-1, 2))
    edges = np.concatenate(pairs)
    edges = np.unique(np.concatenate([edges, edges[:, ::-1]]), axis=0)
    distance = _distance(object_model, grasps, edges[:, 0], edges[:, 1], metric)
    return edges[(distance >= config.nearest) & (distance <= config.farthest)]


def _distance(object_model: ObjectModel, grasps: GraspSet, a: np.ndarray, b: np.ndarray,
              metric: Metric) -> np.ndarray:
    d = difference(object_model, grasps.object_pos[a], grasps.object_quat[a], grasps.q[a],
                   grasps.object_pos[b], grasps.object_quat[b], grasps.q[b])
    return metric.distance(d.position, d.rotation, d.joints)


def measure_edges(hand: Hand, object_model: ObjectModel, grasps: GraspSet, edges: np.ndarray,
                  config: GraphConfig | None = None,
                  environment: EnvironmentConfig | None = None) -> np.ndarray:
    """Share of successful transitions of each edge, (E,), in the randomised environment."""
    config = config or GraphConfig()
    env = HandEnvironment(hand, [object_model], config.lanes,
                          environment or EnvironmentConfig(), config.seed)
    book = GoalBook([object_model], [grasps], GoalConfig(tolerance=Tolerance()))
    jobs = np.repeat(np.arange(len(edges)), config.repeats)
    success = np.zeros(len(edges))
    steps = round(config.time / env.dt)
    part = 1.0 - (1.0 - config.rate)**(env.dt / 0.1)
    for begin in range(0, len(jobs), config.lanes):
        job = jobs[begin:begin + config.lanes]
        lane = np.arange(config.lanes) % len(job)
        start, goal = edges[job[lane], 0], edges[job[lane], 1]
        env.reset(np.arange(env.n), book.start(start))
        goals = book.empty_goals(env.n)
        book.assign(goals, np.arange(env.n), goal)
        reached = np.zeros(env.n, dtype=bool)
        lost = np.zeros(env.n, dtype=bool)
        for _ in range(steps):
            env.step(env.sim.target + part * (goals.target - env.sim.target))
            lost |= env.dropped
            sim = env.sim
            p, r, j = book.errors(goals, env.object_index, sim.q, sim.object_pos, sim.object_quat)
            limit = book.config.tolerance
            reached |= ~lost & (np.linalg.norm(p, axis=-1) < limit.position) & (
                np.linalg.norm(r, axis=-1) < limit.rotation) & (j < limit.joints)
            if np.all(reached | lost):
                break
        np.add.at(success, job, (reached & ~lost)[:len(job)])
    return success / config.repeats
