"""Blending in a new target after a change, so that nothing jumps."""

import numpy as np


class Ramp:
    """Blends from the target applied at a change to the wanted target over a fixed time.

    Args:
      duration: [s]; 0 switches at once.
    """

    def __init__(self, duration: float):
        self._duration = duration
        self._start: float | None = None
        self._from: np.ndarray | None = None

    def restart(self) -> None:
        """Begin a new blend at the next call of `blend`."""
        self._start = None

    def blend(self, wanted: np.ndarray, applied: np.ndarray, now: float) -> np.ndarray:
        """The target to send.

        Args:
          wanted: (J,) what the policy wants [rad].
          applied: (J,) last applied target [rad], from which a new blend starts.
          now: [s, steady clock].

        Returns:
          (J,) [rad], starting at `applied` with zero speed and reaching `wanted` after the
          ramp's duration.
        """
        if self._start is None:
            self._start, self._from = now, np.array(applied)
        if self._duration <= 0.0 or now - self._start >= self._duration:
            return wanted
        share = (now - self._start) / self._duration
        share = share * share * (3.0 - 2.0 * share)
        return self._from + share * (wanted - self._from)
