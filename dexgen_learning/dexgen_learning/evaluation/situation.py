"""What a control is given at each step, and what a control is."""

from typing import NamedTuple, Protocol

import numpy as np


class Situation(NamedTuple):
    """One control step of n environments.

    Attributes:
      applied: (n, J) last applied targets u [rad].
      grasp: (n, J) targets of the grasp that the episode began in [rad].
      raw: (n, J) joint targets of the raw command [rad].
      keypoints: (n, K, 3) commanded keypoints [m, hand frame]: all that the controller gets.
      absolute: the command is a trajectory of its own; else each step is one from the applied
        target.
      fresh: (n,) the episode begins with this step.
      positions: (n, H, J) observed joint positions, oldest first [rad].
      targets: (n, H, J) applied targets, oldest first [rad].
      dt: control period [s].
      mode: (n,) label of the data that the operator asks for, None for a control's own.
    """

    applied: np.ndarray
    grasp: np.ndarray
    raw: np.ndarray
    keypoints: np.ndarray
    absolute: bool
    fresh: np.ndarray
    positions: np.ndarray
    targets: np.ndarray
    dt: float
    mode: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> 'Situation':
        """That of some environments."""
        return Situation(
            *(value[rows] if isinstance(value, np.ndarray) else value for value in self)
        )


class Control(Protocol):
    """Turns commands into wanted joint targets.

    Attributes:
      name: with its setting, as in the tables.
      family: without it: points of one family lie on one curve.
    """

    name: str
    family: str

    def wanted(self, situation: Situation) -> np.ndarray:
        """Wanted joint targets (n, J) [rad]."""
