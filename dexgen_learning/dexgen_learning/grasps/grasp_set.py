"""A set of validated grasps of one object by one hand, with the graph of tested transitions."""

from dataclasses import dataclass, field, replace
import json
from pathlib import Path
import zipfile

import numpy as np

FORMAT = 'dexgen grasp set 1'
KINDS = ('tips_2', 'tips_3', 'tips_4', 'palm_2', 'palm_3', 'palm_4', 'other')
"""Type of a grasp: how many fingertips touch, alone or with the palm (or an inner link)."""


@dataclass(frozen=True)
class GraspSet:
    """N grasps and the graph between them.

    Args:
        hand: name of the hand.
        object_name: name of the object.
        q: (N, J) joint positions [rad].
        target: (N, J) PD targets [rad]: the squeeze.
        object_pos: (N, 3) [m], hand frame.
        object_quat: (N, 4) (w, x, y, z), hand frame.
        contacts: (N,) uint32, bit i set where link i of the hand touches the object.
        kind: (N,) uint8, index into KINDS.
        edges: (E, 2) int32, tested transitions from, to.
        edge_success: (E,) float32, share of the tests of the edge that succeeded.
        config: the resolved configuration that made the set.
    """

    hand: str
    object_name: str
    q: np.ndarray
    target: np.ndarray
    object_pos: np.ndarray
    object_quat: np.ndarray
    contacts: np.ndarray
    kind: np.ndarray
    edges: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.int32))
    edge_success: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    config: dict = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.q)

    @staticmethod
    def empty(hand: str, object_name: str, joints: int) -> 'GraspSet':
        """A set of no grasps."""
        return GraspSet(hand, object_name, np.zeros((0, joints)), np.zeros((0, joints)),
                        np.zeros((0, 3)), np.zeros((0, 4)), np.zeros(0, np.uint32),
                        np.zeros(0, np.uint8))

    def take(self, rows: np.ndarray) -> 'GraspSet':
        """The grasps `rows`, without edges."""
        return replace(
            self, edges=np.zeros((0, 2), np.int32), edge_success=np.zeros(0, np.float32),
            **{n: getattr(self, n)[rows] for n in GRASP_ARRAYS})

    def kept(self, keep: np.ndarray) -> 'GraspSet':
        """The grasps where keep (N,) is true, with the edges between them."""
        number = np.cumsum(keep) - 1
        whole = keep[self.edges].all(axis=1)
        return self.take(np.flatnonzero(keep)).with_edges(
            number[self.edges[whole]], self.edge_success[whole])

    def joined(self, other: 'GraspSet') -> 'GraspSet':
        """This set followed by the grasps of another one of the same hand and object."""
        if (self.hand, self.object_name) != (other.hand, other.object_name):
            raise ValueError(
                f'cannot join grasps of {other.object_name} by {other.hand} to a set of '
                f'{self.object_name} by {self.hand}; join sets of the same hand and object')
        return replace(self, **{
            n: np.concatenate([getattr(self, n), getattr(other, n)]) for n in GRASP_ARRAYS})

    def with_edges(self, edges: np.ndarray, success: np.ndarray) -> 'GraspSet':
        """The same grasps with another graph."""
        return replace(self, edges=np.asarray(edges, np.int32).reshape(-1, 2),
                       edge_success=np.asarray(success, np.float32))

    def shares(self) -> dict[str, float]:
        """The share of every kind."""
        count = np.bincount(self.kind, minlength=len(KINDS))
        return {name: float(count[k] / max(len(self), 1)) for k, name in enumerate(KINDS)}

    def save(self, path: Path) -> None:
        """Write to a .npz file (complete or not at all)."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        header = {'format': FORMAT, 'hand': self.hand, 'object': self.object_name,
                  'config': self.config}
        arrays = {n: getattr(self, n).astype(t) for n, t in STORED.items()}
        partial = path.with_suffix('.partial')
        with partial.open('wb') as file:
            np.savez_compressed(file, header=np.array(json.dumps(header)), **arrays)
        partial.replace(path)

    @staticmethod
    def load(path: Path, hand: str | None = None) -> 'GraspSet':
        """Read a set.

        Raises:
            FileNotFoundError: no such file.
            ValueError: not a grasp set, an empty one, or one of another hand than `hand`.
        """
        path = Path(path)
        if not path.exists():
            raise FileNotFoundError(
                f'no grasp set at {path}; make one with `dexgen-learn grasps`')
        try:
            with np.load(path, allow_pickle=False) as data:
                header = json.loads(str(data['header']))
                arrays = {n: data[n] for n in STORED}
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise ValueError(f'{path} is not a readable grasp set ({error}); '
                             'make it anew with `dexgen-learn grasps`') from error
        if len(arrays['q']) == 0:
            raise ValueError(f'the grasp set {path} is empty; make one with `dexgen-learn grasps`')
        if hand is not None and header['hand'] != hand:
            raise ValueError(f'the grasp set {path} belongs to the hand {header["hand"]}, not to '
                             f'{hand}; make one with `dexgen-learn grasps --hand {hand}`')
        wide = {n: a.astype(np.float64) if a.dtype == np.float32 and n != 'edge_success' else a
                for n, a in arrays.items()}
        wide['object_quat'] /= np.linalg.norm(wide['object_quat'], axis=-1, keepdims=True)
        return GraspSet(header['hand'], header['object'], config=header['config'], **wide)


GRASP_ARRAYS = ('q', 'target', 'object_pos', 'object_quat', 'contacts', 'kind')
STORED = {'q': np.float32, 'target': np.float32, 'object_pos': np.float32,
          'object_quat': np.float32, 'contacts': np.uint32, 'kind': np.uint8,
          'edges': np.int32, 'edge_success': np.float32}
