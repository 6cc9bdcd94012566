"""Bounds of the next posture: limits, velocity, acceleration, and room to brake."""

from dexgen_description import Hand
import numpy as np

from dexgen_teleop.retargeting.configuration import RetargetingConfig


class JointBounds:
    """Bounds on the posture one period ahead.

    Attributes:
      lower, upper: (nq,) limits less their margin [rad], in the model's order.
    """

    def __init__(self, hand: Hand, config: RetargetingConfig, order: np.ndarray):
        size, margin = len(order), config.limit_margin
        self.lower, self.upper = np.empty(size), np.empty(size)
        self._velocity, self._acceleration = np.empty(size), np.empty(size)
        self.lower[order], self.upper[order] = hand.lower + margin, hand.upper - margin
        self._velocity[order] = np.minimum(config.dynamics.velocity, hand.velocity_limit)
        self._acceleration[order] = np.minimum(
            config.dynamics.acceleration, hand.acceleration_limit
        )

    def __call__(
        self, q: np.ndarray, velocity: np.ndarray, elapsed: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest posture [rad] after `elapsed` [s] from q [rad] at `velocity` [rad/s].

        The speed toward a limit at distance d stays below sqrt(2 a d), so that the acceleration a
        can stop it. Where the bounds contradict each other, position wins over velocity, velocity
        over acceleration.
        """
        change = self._acceleration * elapsed
        up = np.minimum(self._velocity, self._braking(self.upper - q))
        down = -np.minimum(self._velocity, self._braking(q - self.lower))
        highest = np.clip(velocity + change, down, up)
        lowest = np.clip(velocity - change, down, up)
        return (
            np.clip(q + lowest * elapsed, self.lower, self.upper),
            np.clip(q + highest * elapsed, self.lower, self.upper),
        )

    def _braking(self, distance: np.ndarray) -> np.ndarray:
        return np.sqrt(2.0 * self._acceleration * np.maximum(distance, 0.0))
