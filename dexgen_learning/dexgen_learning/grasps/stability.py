"""The long test: which grasps hold in the randomised environment, with moving wrist and kicks."""

from dataclasses import dataclass

from dexgen_description import Hand, ObjectModel
import numpy as np

from dexgen_learning.env.environment import EnvironmentConfig, HandEnvironment, Start
from dexgen_learning.grasps.grasp_set import GraspSet


@dataclass(frozen=True)
class StabilityConfig:
    """The test.

    Args:
        time: of a trial [s]; 0 leaves the test out.
        repeats: trials of each grasp, each with its own draw of the table.
        keep: share of trials that must be survived.
        lanes: grasps tested side by side.
        seed: of the randomness.
    """

    time: float = 8.0
    repeats: int = 2
    keep: float = 0.5
    lanes: int = 128
    seed: int = 0


def survival(hand: Hand, object_model: ObjectModel, grasps: GraspSet,
             config: StabilityConfig | None = None,
             environment: EnvironmentConfig | None = None) -> np.ndarray:
    """Share of trials in which holding still keeps the object, (N,).

    A grasp that can no longer reach `keep` has no further trials: they count as lost.
    """
    config = config or StabilityConfig()
    env = HandEnvironment(hand, [object_model], config.lanes,
                          environment or EnvironmentConfig(), config.seed)
    score, left = np.zeros(len(grasps)), np.arange(len(grasps))
    for trial in range(config.repeats):
        score[left] += _held(env, grasps, left, config.time)
        hope = score + (config.repeats - 1 - trial) >= config.keep * config.repeats
        left = left[hope[left]]
    return score / config.repeats


def _held(env: HandEnvironment, grasps: GraspSet, rows: np.ndarray, time: float) -> np.ndarray:
    """One trial of each of the grasps `rows` (M,): whether it was kept, (M,).

    An environment whose trial is over takes the next grasp at once.
    """
    held = np.ones(len(rows), dtype=bool)
    job, begun = np.full(env.n, -1), min(env.n, len(rows))
    job[:begun] = np.arange(begun)
    env.reset(np.arange(begun), _start(grasps, rows[:begun]))
    while np.any(job >= 0):
        busy = job >= 0
        env.step(np.where(busy[:, None], grasps.target[rows[job]], env.sim.target))
        held[job[busy & env.dropped]] = False
        over = np.flatnonzero(busy & (env.dropped | (env.time > time - 0.5 * env.dt)))
        job[over] = -1
        fresh = over[:len(rows) - begun]
        job[fresh] = begun + np.arange(len(fresh))
        begun += len(fresh)
        env.reset(fresh, _start(grasps, rows[job[fresh]]))
    return held


def _start(grasps: GraspSet, rows: np.ndarray) -> Start:
    return Start(grasps.q[rows], grasps.target[rows], grasps.object_pos[rows],
                 grasps.object_quat[rows])
