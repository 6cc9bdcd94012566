"""Goals of Anygrasp-to-Anygrasp: the nearest grasp of a random subsample that is far enough."""

from collections.abc import Sequence
from dataclasses import dataclass

from dexgen_description import ObjectModel
import numpy as np

from dexgen_learning.env import quaternion
from dexgen_learning.env.environment import Start
from dexgen_learning.env.symmetry import rotation_error
from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.grasps.metric import difference, Metric


@dataclass(frozen=True)
class Tolerance:
    """When a goal is reached.

    Args:
        position: of the object [m].
        rotation: symmetry-aware [rad].
        joints: root mean square [rad].
    """

    position: float = 0.007
    rotation: float = 0.2
    joints: float = 0.1

    def feature_distance(self, metric: Metric) -> float:
        """The largest feature distance at which a goal may count as reached."""
        return float(metric.distance(self.position, self.rotation, self.joints))


@dataclass(frozen=True)
class GoalConfig:
    """How goals are drawn.

    Args:
        pool: size of the random subsample of the set.
        nearest: least feature distance of a goal; must lie outside the tolerance.
        farthest: goals beyond this distance are drawn only if there is no other.
        tolerance: when a goal is reached.
        patience: a goal not reached after this time is replaced [s].
    """

    pool: int = 400
    nearest: float = 2.0
    farthest: float = 6.0
    tolerance: Tolerance = Tolerance()
    patience: float = 10.0

    def __post_init__(self) -> None:
        inside = self.tolerance.feature_distance(Metric())
        if self.nearest <= inside:
            raise ValueError(
                f'nearest {self.nearest} lies inside the success tolerance ({inside:.2f} feature '
                'units): goals would count at once; choose a larger value')


@dataclass
class Goals:
    """The present goals of n environments, one a row, as in GraspSet; `row` in the set."""

    row: np.ndarray
    q: np.ndarray
    target: np.ndarray
    object_pos: np.ndarray
    object_quat: np.ndarray


class GoalBook:
    """Grasp sets of all objects, starts and goals drawn from them."""

    def __init__(self, objects: Sequence[ObjectModel], sets: Sequence[GraspSet],
                 config: GoalConfig | None = None) -> None:
        """One set for each object, in the same order.

        Raises:
            ValueError: an empty set, or sets and objects that do not match.
        """
        for model, grasps in zip(objects, sets, strict=True):
            if model.name != grasps.object_name:
                raise ValueError(f'the set of {grasps.object_name} was given for {model.name}; '
                                 'pass sets in the order of the objects')
            if len(grasps) < 2:
                raise ValueError(f'the grasp set of {model.name} has {len(grasps)} grasps; goals '
                                 'need at least 2: make more with `dexgen-learn grasps`')
        self.objects, self.sets, self.config = tuple(objects), tuple(sets), config or GoalConfig()
        self.metric = Metric()
        sizes = [len(s) for s in sets]
        self.offset = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        self.size = np.array(sizes)
        self.q, self.target, self.object_pos, self.object_quat = (
            np.concatenate([getattr(s, name) for s in sets])
            for name in ('q', 'target', 'object_pos', 'object_quat'))
        self.contacts = np.concatenate([s.contacts for s in sets])

    def random_rows(self, object_index: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A random grasp's row (over all sets) for each environment's object."""
        pick = (rng.random(len(object_index)) * self.size[object_index]).astype(int)
        return self.offset[object_index] + pick

    def start(self, rows: np.ndarray) -> Start:
        """Episodes that begin in these grasps."""
        return Start(self.q[rows], self.target[rows], self.object_pos[rows],
                     self.object_quat[rows])

    def empty_goals(self, n: int) -> Goals:
        """Goals to be filled by `assign`."""
        joints = self.q.shape[1]
        return Goals(np.zeros(n, int), np.zeros((n, joints)), np.zeros((n, joints)),
                     np.zeros((n, 3)), np.tile(quaternion.IDENTITY, (n, 1)))

    def assign(self, goals: Goals, ids: np.ndarray, rows: np.ndarray) -> None:
        """Make grasps the goals of environments `ids`."""
        goals.row[ids] = rows
        for name in ('q', 'target', 'object_pos', 'object_quat'):
            getattr(goals, name)[ids] = getattr(self, name)[rows]

    def next_rows(self, object_index: np.ndarray, q: np.ndarray, pos: np.ndarray,
                  quat: np.ndarray, rng: np.random.Generator,
                  nearest: float | np.ndarray | None = None) -> np.ndarray:
        """For each state the nearest grasp of a random pool outside `nearest`, (m,) rows."""
        m, pool = len(object_index), self.config.pool
        nearest = np.broadcast_to(self.config.nearest if nearest is None else nearest, (m,))
        rows = self.random_rows(np.repeat(object_index, pool), rng).reshape(m, pool)
        chosen = np.zeros(m, dtype=int)
        for k in np.unique(object_index):
            here = np.flatnonzero(object_index == k)
            d = difference(self.objects[k], pos[here, None], quat[here, None], q[here, None],
                           self.object_pos[rows[here]], self.object_quat[rows[here]],
                           self.q[rows[here]])
            distance = self.metric.distance(d.position, d.rotation, d.joints)
            distance = np.where(distance < nearest[here, None], np.inf, distance)
            chosen[here] = rows[here, np.argmin(distance, axis=1)]
        return chosen

    def errors(self, goals: Goals, object_index: np.ndarray, q: np.ndarray, pos: np.ndarray,
               quat: np.ndarray,
               symmetric: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Position (n, 3) [m], rotation vector (n, 3) [rad], joint rms (n,) [rad] to the goals.

        Without `symmetric` the rotation takes no account of the objects' symmetries.
        """
        turn = np.zeros_like(pos)
        if not symmetric:
            turn = quaternion.to_rotation_vector(quaternion.multiply(
                goals.object_quat, quaternion.conjugate(quat)))
        for k in np.unique(object_index) if symmetric else ():
            here = object_index == k
            turn[here] = rotation_error(self.objects[k], quat[here], goals.object_quat[here])
        joints = np.sqrt(np.mean((goals.q - q)**2, axis=-1))
        return goals.object_pos - pos, turn, joints
