"""Minimum, maximum, mean and standard deviation of columns, one row at a time."""

import numpy as np


class Statistics:
    """Figures of one column of width D."""

    def __init__(self, width: int):
        self.count = 0
        self._low = np.full(width, np.inf)
        self._high = np.full(width, -np.inf)
        self._mean = np.zeros(width)
        self._squares = np.zeros(width)

    def add(self, row: np.ndarray) -> None:
        """Add a row (D,), by Welford's update."""
        self.count += 1
        self._low = np.minimum(self._low, row)
        self._high = np.maximum(self._high, row)
        step = row - self._mean
        self._mean = self._mean + step / self.count
        self._squares = self._squares + step * (row - self._mean)

    def figures(self) -> dict[str, list]:
        """LeRobot's names: min, max, mean, std, count."""
        return {
            'min': self._low.tolist(),
            'max': self._high.tolist(),
            'mean': self._mean.tolist(),
            'std': np.sqrt(self._squares / max(self.count, 1)).tolist(),
            'count': [self.count],
        }
