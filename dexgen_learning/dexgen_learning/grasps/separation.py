"""Keeps grasps apart: a new one joins only if it lies far enough from every other."""

from dexgen_description import ObjectModel
import numpy as np
from scipy.spatial import cKDTree

from dexgen_learning.env.symmetry import rotation_error
from dexgen_learning.grasps.column import Column
from dexgen_learning.grasps.metric import Metric

REBUILD = 256
"""New grasps, at least, that are searched one by one before the tree is built anew."""
SHARE = 0.03
"""The same as a share of all, so that building costs the same for each grasp of a large set."""


class Separation:
    """The grasps so far, searchable for those within the minimum feature distance.

    Position and joints (a lower bound of the feature distance) go into a k-d tree; the
    symmetry-aware rotation is computed only for what the tree finds.
    """

    def __init__(self, object_model: ObjectModel, minimum: float = 0.3,
                 metric: Metric | None = None) -> None:
        """No grasps yet; `minimum` in feature units."""
        self.object_model, self.minimum, self.metric = object_model, minimum, metric or Metric()
        self._features: Column | None = None
        self._quats = Column((4,))
        self._tree: cKDTree | None = None
        self._in_tree = 0

    def embed(self, q: np.ndarray, pos: np.ndarray) -> np.ndarray:
        """(n, 3 + J) positions and joints in feature units."""
        scale = self.metric.joints * np.sqrt(q.shape[-1])
        return np.concatenate([pos / self.metric.position, q / scale], axis=-1)

    def add(self, q: np.ndarray, pos: np.ndarray, quat: np.ndarray) -> np.ndarray:
        """Add those that lie apart from all before them; (n,) bool which were added."""
        features = self.embed(q, pos)
        if self._features is None:
            self._features = Column((features.shape[1],))
        added = np.zeros(len(q), dtype=bool)
        for i in range(len(q)):
            added[i] = self._apart(features[i], quat[i])
            if added[i]:
                self._features.append(features[i:i + 1])
                self._quats.append(quat[i:i + 1])
                if len(self._features) - self._in_tree >= max(
                        REBUILD, SHARE * self._in_tree):
                    self._in_tree = len(self._features)
                    self._tree = cKDTree(self._features.values.copy())
        return added

    def _apart(self, feature: np.ndarray, quat: np.ndarray) -> bool:
        near = [] if self._tree is None else self._tree.query_ball_point(feature, self.minimum)
        recent = np.arange(self._in_tree, len(self._features))
        rows = np.concatenate([np.asarray(near, dtype=int), recent])
        if len(rows) == 0:
            return True
        flat = np.linalg.norm(self._features.values[rows] - feature, axis=-1)
        rows, flat = rows[flat < self.minimum], flat[flat < self.minimum]
        if len(rows) == 0:
            return True
        turn = np.linalg.norm(rotation_error(
            self.object_model, self._quats.values[rows], quat), axis=-1) / self.metric.rotation
        return bool(np.all(np.hypot(flat, turn) >= self.minimum))
