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
        repeats: trials of each grasp.
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
    """Share of trials in which holding still keeps the object, (N,)."""
    config = config or StabilityConfig()
    env = HandEnvironment(hand, [object_model], config.lanes,
                          environment or EnvironmentConfig(), config.seed)
    jobs = np.repeat(np.arange(len(grasps)), config.repeats)
    score = np.zeros(len(grasps))
    for begin in range(0, len(jobs), config.lanes):
        job = jobs[begin:begin + config.lanes]
        rows = job[np.arange(config.lanes) % len(job)]
        env.reset(np.arange(env.n), Start(grasps.q[rows], grasps.target[rows],
                                          grasps.object_pos[rows], grasps.object_quat[rows]))
        lost = np.zeros(env.n, dtype=bool)
        for _ in range(round(config.time / env.dt)):
            env.step(grasps.target[rows])
            lost |= env.dropped
        np.add.at(score, job, ~lost[:len(job)])
    return score / config.repeats
