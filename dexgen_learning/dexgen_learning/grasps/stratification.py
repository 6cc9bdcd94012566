"""Every type of grasp gets its share: what a growing set may still take, and what it gives up."""

import numpy as np

from dexgen_learning.grasps.grasp_set import KINDS

OTHER = len(KINDS) - 1
"""The type that is none of the six; it has no share of its own."""
MARGIN = 1.2
"""A type is helped before it falls below its share: below this multiple of it."""


class Quota:
    """Room for each type in a set of a given size: a reserve each, the rest for whoever comes."""

    def __init__(self, size: int, share: float) -> None:
        """Set out the reserves.

        Args:
            size: grasps wanted.
            share: of each type but `other`; 0 lets everything in.
        """
        if not 0.0 <= share * OTHER <= 1.0:
            raise ValueError(f'the share of each type is {share}; there are {OTHER} of them: '
                             f'choose 0 to {1.0 / OTHER:.3f}')
        self.reserve = int(np.ceil(share * size))
        self.size, self.share = size, share
        self.others = share * size if share > 0.0 else size

    def short(self, count: np.ndarray) -> np.ndarray:
        """(OTHER,) bool, which types are below their share so far; count (len(KINDS),)."""
        return count[:OTHER] < MARGIN * self.share * count.sum()

    def admitted(self, kind: np.ndarray, count: np.ndarray) -> np.ndarray:
        """(n,) bool, which of new grasps of these types find room, one after the other.

        Args:
            kind: (n,) index into KINDS.
            count: (len(KINDS),) grasps of each type so far.
        """
        count = count.copy()
        allowed = np.zeros(len(kind), dtype=bool)
        for i, k in enumerate(kind):
            kept_free = np.maximum(self.reserve - count[:OTHER], 0).sum()
            room = count.sum() + kept_free < self.size
            wanted = k < OTHER and count[k] < self.reserve
            allowed[i] = count.sum() < self.size and (
                wanted or (room and (k < OTHER or count[k] < self.others)))
            count[k] += allowed[i]
        return allowed


def stratified(kind: np.ndarray, share: float, keep: float = 0.7) -> np.ndarray:
    """Rows (M,) of a subset in which each type but `other` has at least a share.

    The most frequent types give up their last grasps. A type so rare that more than 1 - keep of
    the set would have to go for it has no claim; it keeps what it has.

    Args:
        kind: (N,) index into KINDS.
        share: of each type.
        keep: share of the set that stays in any case.
    """
    count = np.bincount(kind, minlength=len(KINDS))
    claims = [c for c in count[:OTHER] if c > 0 and c >= share * keep * len(kind)]
    if share <= 0.0 or not claims:
        return np.arange(len(kind))
    size = min(len(kind), int(min(claims) / share))
    cap = max(c for c in range(1, count.max() + 1) if np.minimum(count, c).sum() <= size)
    number = np.zeros(len(kind), dtype=int)
    for k in np.unique(kind):
        number[kind == k] = np.arange(count[k])
    return np.flatnonzero(number < cap)
