"""Minimum, maximum, mean and standard deviation of columns, some rows at a time."""

import numpy as np


class Statistics:
    """Figures of one column of width D."""

    def __init__(self, width: int):
        self.count = 0
        self._low = np.full(width, np.inf)
        self._high = np.full(width, -np.inf)
        self._mean = np.zeros(width)
        self._squares = np.zeros(width)

    def add(self, rows: np.ndarray) -> None:
        """Add rows (N, D), by the parallel form of Welford's update."""
        count = len(rows)
        if not count:
            return
        self._low = np.minimum(self._low, rows.min(axis=0))
        self._high = np.maximum(self._high, rows.max(axis=0))
        mean = rows.mean(axis=0)
        step = mean - self._mean
        total = self.count + count
        self._mean = self._mean + step * count / total
        self._squares = (
            self._squares + ((rows - mean) ** 2).sum(axis=0) + step**2 * self.count * count / total
        )
        self.count = total

    def figures(self) -> dict[str, list]:
        """Figures by the names of LeRobot: min, max, mean, std, count."""
        return {
            'min': self._low.tolist(),
            'max': self._high.tolist(),
            'mean': self._mean.tolist(),
            'std': np.sqrt(self._squares / max(self.count, 1)).tolist(),
            'count': [self.count],
        }


class ImageStatistics:
    """Figures of the colour channels of some pictures, in the range 0 to 1."""

    def __init__(self):
        self.count = 0
        self._channels = Statistics(3)

    def add(self, picture: np.ndarray) -> None:
        """Add a picture (H, W, 3) uint8."""
        self.count += 1
        self._channels.add(picture.reshape(-1, 3) / 255.0)

    def figures(self) -> dict[str, list]:
        """Figures by the names of LeRobot, one for each channel as (3, 1, 1)."""
        figures = self._channels.figures()
        shaped = {n: [[[v]] for v in values] for n, values in figures.items() if n != 'count'}
        return {**shaped, 'count': [self.count]}
