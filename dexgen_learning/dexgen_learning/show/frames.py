"""What is to be seen: the frames of a policy at work, of a grasp set, of a data set."""

from collections.abc import Iterator
from dataclasses import dataclass

from dexgen_description import Hand, load_object
import numpy as np

from dexgen_learning.grasps.grasp_set import GraspSet, KINDS
from dexgen_learning.rollout.dataset import Dataset
from dexgen_learning.scoring.score import Expert
from dexgen_learning.tasks.anygrasp import AnygraspConfig, AnygraspTask


@dataclass(frozen=True)
class Frame:
    """One picture's worth.

    Args:
        object_name: name of the object, or its file.
        q: (J,) joints [rad].
        object_pos: (3,) [m].
        object_quat: (4,).
        caption: what it is.
    """

    object_name: str
    q: np.ndarray
    object_pos: np.ndarray
    object_quat: np.ndarray
    caption: str

    @property
    def qpos(self) -> np.ndarray:
        """The configuration of the scene: the hand's joints, then the object's pose."""
        return np.concatenate([self.q, self.object_pos, self.object_quat])


def of_expert(hand: Hand, grasps: GraspSet, expert: Expert, steps: int,
              config: AnygraspConfig | None = None, seed: int = 0,
              object_name: str = '') -> Iterator[Frame]:
    """An expert at work on one object: that of the set, or the file `object_name`."""
    name = object_name or grasps.object_name
    task = AnygraspTask(hand, [load_object(name)], [grasps], 1, config, seed)
    goals = drops = 0
    for step in range(steps):
        outcome = task.step_target(expert(task))
        goals, drops = goals + int(outcome.success[0]), drops + int(outcome.dropped[0])
        sim = task.env.sim
        yield Frame(name, sim.q[0].copy(), sim.object_pos[0].copy(),
                    sim.object_quat[0].copy(),
                    f'{step * task.env.dt:5.1f} s   goals {goals}   drops {drops}')


def of_grasps(grasps: GraspSet, count: int, seed: int = 0,
              object_name: str = '') -> Iterator[Frame]:
    """Grasps of a set, one of each type in turn; `object_name` may be the object's file."""
    rng = np.random.default_rng(seed)
    queues = [rng.permutation(np.flatnonzero(grasps.kind == k)).tolist()
              for k in range(len(KINDS))]
    shown = 0
    while shown < count and any(queues):
        for kind, queue in zip(KINDS, queues, strict=True):
            if queue and shown < count:
                i = queue.pop()
                shown += 1
                yield Frame(object_name or grasps.object_name, grasps.q[i],
                            grasps.object_pos[i], grasps.object_quat[i],
                            f'{grasps.object_name} {kind} {i}')


def of_data(data: Dataset, count: int, seed: int = 0) -> Iterator[Frame]:
    """Rows of random trajectories of a data set, until there are enough."""
    rng = np.random.default_rng(seed)
    starts = np.flatnonzero(data.column('step') == 0)
    ends = np.append(starts[1:], len(data))
    sources = data.index.content['sources']
    left = count
    while left > 0:
        k = int(rng.integers(len(starts)))
        for row in data.rows(np.arange(starts[k], min(ends[k], starts[k] + left))):
            left -= 1
            yield Frame(data.objects[row['object']], row['q'].astype(float),
                        row['object_pos'].astype(float), row['object_quat'].astype(float),
                        f'{sources[row["source"]]} step {row["step"]}'
                        + ('' if row['learn'] else '   disturbed'))
