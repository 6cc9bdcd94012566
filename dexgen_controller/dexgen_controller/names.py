"""Matching named values to the hand's order, by name and never by position."""

from collections.abc import Sequence

import numpy as np


class RefusedMessageError(ValueError):
    """A message that cannot be read.

    `reason` is a code: FOREIGN_HAND, NAMES (one is missing, doubled or without a value) or
    NOT_FINITE.
    """

    def __init__(self, reason: str, message: str):
        super().__init__(message)
        self.reason = reason


class NameOrder:
    """Puts named values into a fixed order.

    Args:
      names: the order wanted.
    """

    def __init__(self, names: Sequence[str]):
        self.names = tuple(names)
        self._indices: dict[tuple[str, ...], np.ndarray] = {}

    def __call__(self, names: Sequence[str], values: Sequence) -> np.ndarray:
        """Values (N, ...) in the fixed order.

        Raises:
          RefusedMessageError: a name is missing or doubled, a value is missing or not finite.
        """
        values = np.asarray(values, dtype=np.float64)
        if len(values) != len(names):
            raise RefusedMessageError(
                'NAMES', f'{len(names)} names came with {len(values)} values'
            )
        ordered = values[self._index(tuple(names))]
        if not np.isfinite(ordered).all():
            bad = [
                name
                for name, value in zip(self.names, ordered, strict=True)
                if not np.isfinite(value).all()
            ]
            raise RefusedMessageError(
                'NOT_FINITE', f'values that are not finite: {", ".join(bad)}'
            )
        return ordered

    def _index(self, names: tuple[str, ...]) -> np.ndarray:
        if names not in self._indices:
            missing = [name for name in self.names if names.count(name) != 1]
            if missing:
                raise RefusedMessageError(
                    'NAMES',
                    f'each of {", ".join(missing)} must be named once; got {", ".join(names)}',
                )
            if len(self._indices) > 16:
                self._indices.clear()
            self._indices[names] = np.array([names.index(name) for name in self.names])
        return self._indices[names]
