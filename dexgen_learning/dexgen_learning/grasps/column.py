"""Arrays that grow at the end without copying what is there."""

import numpy as np


class Column:
    """Rows that are appended to; room is doubled when it runs out."""

    def __init__(self, shape: tuple[int, ...] = (), dtype: type = float) -> None:
        """No rows yet; each row has this shape."""
        self._rows, self._count = np.zeros((256, *shape), dtype), 0

    def __len__(self) -> int:
        return self._count

    @property
    def values(self) -> np.ndarray:
        """(N, *shape) a view of all rows, valid until the next change."""
        return self._rows[:self._count]

    def append(self, rows: np.ndarray) -> None:
        """Add rows (n, *shape)."""
        needed = self._count + len(rows)
        if needed > len(self._rows):
            more = np.zeros((max(needed, 2 * len(self._rows)), *self._rows.shape[1:]),
                            self._rows.dtype)
            more[:self._count] = self.values
            self._rows = more
        self._rows[self._count:needed] = rows
        self._count = needed

    def keep(self, keep: np.ndarray) -> None:
        """Drop the rows where keep (N,) is false."""
        kept = self.values[keep]
        self._rows[:len(kept)] = kept
        self._count = len(kept)
