"""Candidates made many at a time, which is cheap, and handed out few at a time, as lanes ask."""

from collections.abc import Callable

import numpy as np

from dexgen_learning.grasps.conveyor import Candidates, concatenated


class Stock:
    """A source of candidates that fills itself when it runs short."""

    def __init__(self, make: Callable[[int], Candidates], size: int) -> None:
        """Nothing is made yet; `make(size)` returns candidates, `size` of them."""
        self._make, self._size = make, size
        self._parts: list[Candidates] = []

    def take(self, n: int) -> Candidates:
        """The next n candidates."""
        have = sum(len(part) for part in self._parts)
        while have < n or not self._parts:
            self._parts.append(self._make(self._size))
            have += len(self._parts[-1])
        joined = concatenated(self._parts)
        self._parts = [joined.take(np.arange(n, have))]
        return joined.take(np.arange(n))

    def clear(self) -> None:
        """Forget what was made and not handed out."""
        self._parts.clear()
