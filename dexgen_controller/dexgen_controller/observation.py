"""What the controller knows of the hand: the last steps of proprioception, stacked.

One step is {fingertip positions, joint positions, joint targets, control error}; `stack_steps`
is the one function that builds the model's input, for the node, the data set and the evaluation
alike.
"""

from typing import NamedTuple

import numpy as np

HISTORY = 4
"""Steps in the stack."""


class Proprioception(NamedTuple):
    """Joint positions and last applied targets.

    Attributes:
      positions: (..., J) measured joint positions [rad].
      targets: (..., J) last joint targets that the safety gate let through [rad].
    """

    positions: np.ndarray
    targets: np.ndarray


def step_size(hand) -> int:
    """Numbers in one step: 3 F fingertip coordinates and 3 J joint quantities."""
    return 3 * len(hand.fingers) + 3 * len(hand.joint_names)


def stack_steps(kinematics, positions: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Stack steps of proprioception into the model's input.

    Args:
      kinematics: forward kinematics of the hand.
      positions: (..., H, J) joint positions [rad], oldest step first.
      targets: (..., H, J) applied targets [rad], oldest step first.

    Returns:
      (..., H (3 F + 3 J)) float32: of each step the fingertip positions [m, hand frame], joint
      positions [rad], joint targets [rad] and control error, target minus position [rad].
    """
    positions = np.asarray(positions, dtype=np.float64)
    targets = np.asarray(targets, dtype=np.float64)
    tips = kinematics.fingertips(positions)
    tips = tips.reshape(*positions.shape[:-1], -1)
    steps = np.concatenate([tips, positions, targets, targets - positions], axis=-1)
    return steps.reshape(*steps.shape[:-2], -1).astype(np.float32)


class ObservationHistory:
    """The last steps of proprioception with the time of each, so that a gap is seen.

    Args:
      period: control period [s]; the steps are to lie this far apart.
      steps: number of steps in the stack.
      tolerance: how far a step's spacing may be off, as a share of the period.
    """

    def __init__(self, period: float, steps: int = HISTORY, tolerance: float = 0.5):
        self.period = period
        self.steps = steps
        self._tolerance = tolerance
        self._times: list[float] = []
        self._positions: list[np.ndarray] = []
        self._targets: list[np.ndarray] = []

    def clear(self) -> None:
        """Forget every step."""
        self._times.clear()
        self._positions.clear()
        self._targets.clear()

    def push(self, time: float, step: Proprioception) -> None:
        """Add the step measured at `time` [s, steady clock]; a gap drops the steps before it.

        A measurement that is the same as the last one (equal time) is not a new step: it leaves
        the history as it is, and `gap` grows until the control period is exceeded and the
        history starts anew.
        """
        if self._times:
            spacing = time - self._times[-1]
            if spacing <= 0.0:
                return
            if abs(spacing - self.period) > self._tolerance * self.period:
                self.clear()
        self._times.append(time)
        self._positions.append(np.array(step.positions, dtype=np.float64))
        self._targets.append(np.array(step.targets, dtype=np.float64))
        if len(self._times) > self.steps:
            del self._times[0], self._positions[0], self._targets[0]

    def gap(self, now: float) -> float:
        """Time since the newest step [s]; infinite while there is none."""
        return now - self._times[-1] if self._times else float('inf')

    def complete(self, now: float) -> bool:
        """Whether the stack is full and its newest step belongs to the tick at `now` [s]."""
        return (
            len(self._times) == self.steps and self.gap(now) <= 1.5 * self._tolerance * self.period
        )

    def stack(self, kinematics) -> np.ndarray:
        """The model's input (H (3 F + 3 J),) float32.

        Raises:
          ValueError: the history is not full.
        """
        if len(self._times) < self.steps:
            raise ValueError(
                f'the observation history holds {len(self._times)} of {self.steps} steps; '
                'push one each control period before stacking'
            )
        return stack_steps(kinematics, np.stack(self._positions), np.stack(self._targets))
