"""Ways through a grasp set: the cheapest chain of near grasps to one that a stage asks for."""

from dataclasses import dataclass

from dexgen_description import Hand, ObjectModel
import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.grasps.metric import difference, Metric

NEIGHBOURS = 12
"""Near grasps of each grasp that a chain may go on to."""
TESTED = 0.3
"""Factor on the cost of a tested transition."""
TURN = (0.7, 1.4)
"""How far `reorient` turns the object [rad], symmetry-aware."""
SHIFT = 0.02
"""How far `regrasp` may move the object [m]."""
CHANGE = 0.25
"""How far `regrasp` moves the joints at least, root mean square [rad]."""


@dataclass(frozen=True)
class Leg:
    """A stage's chain of grasps.

    Attributes:
      stage: name.
      rows: grasps on the way, the goal last.
    """

    stage: str
    rows: tuple[int, ...]


class Routes:
    """Chains through one grasp set.

    Args:
      hand: hand description.
      object_model: the object.
      grasps: of it.
    """

    def __init__(self, hand: Hand, object_model: ObjectModel, grasps: GraspSet):
        self._difference = difference(
            object_model,
            grasps.object_pos[:, None], grasps.object_quat[:, None], grasps.q[:, None],
            grasps.object_pos, grasps.object_quat, grasps.q,
        )  # fmt: skip
        apart = self._difference
        distance = Metric().distance(apart.position, apart.rotation, apart.joints)
        # Squared: many short steps are better than a long one.
        cost = distance**2
        far = np.sort(distance, axis=1)[:, [min(NEIGHBOURS, len(distance) - 1)]]
        kept = np.where(distance <= far, cost, 0.0)
        begin, end = grasps.edges[:, 0], grasps.edges[:, 1]
        kept[begin, end] = TESTED * cost[begin, end]
        self._cost, self._before = dijkstra(csr_matrix(kept), return_predecessors=True)
        bits = (grasps.contacts[:, None] >> np.arange(len(hand.link_names))) & 1
        owners = np.array([name.split('_')[0] for name in hand.link_names])
        self._thumb = hand.fingers.index('thumb')
        self._fingers = np.stack(
            [bits[:, owners == finger].any(axis=1) for finger in hand.fingers], axis=-1
        )

    def starts(self, stages: tuple[str, ...], count: int, random: np.random.Generator) -> list:
        """Starting grasps and their legs: `count` pairs (row, legs), drawn with return if few.

        Raises:
          ValueError: from no grasp of the set can the stages be reached.
        """
        found = []
        for row in random.permutation(len(self._cost)):
            legs = self.legs(int(row), stages)
            if legs is not None:
                found.append((int(row), legs))
            if len(found) == count:
                return found
        if not found:
            raise ValueError(
                f'no grasp of the set leads through {", ".join(stages)}; make more grasps with '
                '`dexgen-learn grasps`'
            )
        return [found[index % len(found)] for index in range(count)]

    def legs(self, row: int, stages: tuple[str, ...]) -> list[Leg] | None:
        """The legs from a grasp, None where there are none."""
        if stages[0] == 'functional' and self._functional()[row]:
            return None
        made = []
        for stage in stages:
            goal = self._goal(row, stage)
            if goal is None:
                return None
            made.append(Leg(stage, self._chain(row, goal)))
            row = goal
        return made

    def _functional(self) -> np.ndarray:
        """Grasps that a tool is used in: at least three fingers, the thumb among them."""
        return (self._fingers.sum(axis=1) >= 3) & self._fingers[:, self._thumb]

    def _goal(self, row: int, stage: str) -> int | None:
        """The cheapest grasp that the stage asks for."""
        apart = self._difference
        if stage == 'reorient':
            turn = apart.rotation[row]
            suits = (turn >= TURN[0]) & (turn <= TURN[1])
        elif stage == 'regrasp':
            changed = (self._fingers != self._fingers[row]).sum(axis=1) >= 1
            near = apart.position[row] <= SHIFT
            suits = changed & near & (apart.joints[row] >= CHANGE)
        elif stage == 'functional':
            suits = self._functional()
        else:
            return row
        cost = np.where(suits, self._cost[row], np.inf)
        best = int(np.argmin(cost))
        return best if np.isfinite(cost[best]) else None

    def _chain(self, row: int, goal: int) -> tuple[int, ...]:
        chain = [goal]
        while chain[-1] != row and self._before[row, chain[-1]] >= 0:
            chain.append(int(self._before[row, chain[-1]]))
        return tuple(reversed(chain[:-1])) if len(chain) > 1 else (goal,)
