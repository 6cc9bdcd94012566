"""What stands behind the safety gate: a simulated hand or a real one."""

from typing import NamedTuple, Protocol

import numpy as np


class BackendError(Exception):
    """The backend failed: the stack goes to FAULT.

    Attributes:
      reason: reason code for StackState, for example UNSTABLE or SILENT_HAND.
    """

    def __init__(self, reason: str, message: str):
        super().__init__(message)
        self.reason = reason


class Measured(NamedTuple):
    """The hand as measured.

    Attributes:
      positions, velocities, efforts: (J,) in the hand's order [rad, rad/s, N m].
      time: steady time of the measurement [s].
    """

    positions: np.ndarray
    velocities: np.ndarray
    efforts: np.ndarray
    time: float


class Backend(Protocol):
    """A hand that follows position targets. The bridge calls it from one thread at a time."""

    name: str
    """For StackState.backend: mujoco or the name of a preset."""
    simulated: bool
    """Whether missed steps are made good and a reset moves the hand (not so with a real one)."""

    waiting: str
    """What it waits for before the first measurement, in words."""

    def measure(self, now: float) -> Measured | None:
        """The newest measurement, None before the first. Raises BackendError: the hand failed."""
        ...

    def step(self, target: np.ndarray, following: bool, now: float) -> Measured | None:
        """Apply a target (J,) [rad] and pass one step of time; `following` while RUNNING.

        Raises:
          BackendError: the hand failed.
        """
        ...

    def reset(self, now: float) -> Measured | None:
        """Put the scene back, or make a real hand ready again. Raises BackendError."""
        ...

    def close(self) -> None:
        """Release what the backend holds."""
        ...
