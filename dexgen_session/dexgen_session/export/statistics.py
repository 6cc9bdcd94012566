"""Figures of columns, some rows at a time: range, mean, standard deviation, quantiles."""

from collections.abc import Mapping

import numpy as np

QUANTILES = {'q01': 0.01, 'q10': 0.1, 'q50': 0.5, 'q90': 0.9, 'q99': 0.99}
"""Those of LeRobot, by its names."""
KEPT = 5000
"""Rows of which quantiles are taken; of more rows, every fifth, every 25th and so on."""
THINNED = 5
"""How much thinner rows become when there are too many; no side of a picture is a multiple."""


class Sample:
    """Evenly spaced ones of all rows (N, D), at most KEPT of them."""

    def __init__(self, width: int):
        self._rows = np.empty((KEPT, width), dtype=np.float32)
        self._count = 0
        self._seen = 0
        self._step = 1

    def add(self, rows: np.ndarray) -> None:
        """Add rows (N, D)."""
        while len(chosen := rows[-self._seen % self._step :: self._step]):
            if self._count + len(chosen) <= KEPT:
                self._rows[self._count : self._count + len(chosen)] = chosen
                self._count += len(chosen)
                break
            self._thin()
        self._seen += len(rows)

    def _thin(self) -> None:
        kept = self._rows[: self._count : THINNED].copy()
        self._count, self._step = len(kept), self._step * THINNED
        self._rows[: self._count] = kept

    def quantiles(self) -> dict[str, list]:
        """QUANTILES of each column."""
        values = np.quantile(self._rows[: self._count].astype(float), list(QUANTILES.values()), 0)
        return dict(zip(QUANTILES, values.tolist(), strict=True))


class Statistics:
    """Figures of one column of width D, whose numbers are of the given kind."""

    def __init__(self, width: int, kind: str = 'float32'):
        self.count = 0
        self._kind = int if kind.startswith('int') else float
        self._low = np.full(width, np.inf)
        self._high = np.full(width, -np.inf)
        self._mean = np.zeros(width)
        self._squares = np.zeros(width)
        self._sample = Sample(width)

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
        self._sample.add(rows)

    def figures(self) -> dict[str, list]:
        """Figures by the names of LeRobot: min, max, mean, std, count, q01 to q99."""
        return {
            'min': self._low.astype(self._kind).tolist(),
            'max': self._high.astype(self._kind).tolist(),
            'mean': self._mean.tolist(),
            'std': np.sqrt(self._squares / max(self.count, 1)).tolist(),
            'count': [self.count],
            **self._sample.quantiles(),
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


class FrameStatistics:
    """Figures of all columns of some frames, and of their pictures.

    Args:
      widths: numbers of each column.
      kinds: dtype of the columns that are not float32.
      image_key: name under which the pictures go.
    """

    def __init__(self, widths: Mapping[str, int], kinds: Mapping[str, str], image_key: str):
        self._columns = {
            name: Statistics(width, kinds.get(name, 'float32')) for name, width in widths.items()
        }
        self._images, self._image_key = ImageStatistics(), image_key

    def add(self, columns: Mapping[str, np.ndarray]) -> None:
        """Add rows: for each column (N, D)."""
        for name, rows in columns.items():
            self._columns[name].add(rows)

    def add_picture(self, picture: np.ndarray) -> None:
        """Add a picture (H, W, 3) uint8."""
        self._images.add(picture)

    def figures(self) -> dict[str, dict[str, list]]:
        """Figures by column, with those of the pictures where there are any."""
        figures = {name: each.figures() for name, each in self._columns.items()}
        if self._images.count:
            figures[self._image_key] = self._images.figures()
        return figures
