"""Two clocks beside each other: wall or ROS time, and the steady clock."""

from collections.abc import Callable
import time

INTERRUPTED = 200_000
"""Looks at two clocks that lie farther apart were interrupted [ns]."""


def steady_offset(
    now: Callable[[], int] = time.time_ns, steady: Callable[[], int] = time.monotonic_ns
) -> int:
    """Wall time less steady time [ns]; `now` is the wall's clock, or a node's.

    A thread that is interrupted between its looks at the two clocks looks again.
    """
    for _ in range(5):
        before, seen, after = steady(), now(), steady()
        if after - before < INTERRUPTED:
            break
    return seen - (before + after) // 2
