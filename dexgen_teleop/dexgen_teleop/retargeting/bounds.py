"""Bounds of the next posture: limits, velocity, acceleration, and room to brake."""

from dexgen_description import Hand
import numpy as np

from dexgen_teleop.retargeting.configuration import RetargetingConfig


class JointBounds:
    """Bounds on the posture one period ahead, in the order of `hand.joint_names`.

    Attributes:
      lower, upper: (J,) limits of hand and configuration less their margin [rad].
    """

    def __init__(self, hand: Hand, config: RetargetingConfig):
        lower, upper = hand.lower.copy(), hand.upper.copy()
        for name, (low, high) in config.limits.items():
            if name not in hand.joint_names:
                raise ValueError(
                    f"limits: {hand.name} has no joint '{name}'; "
                    f'allowed: {", ".join(hand.joint_names)}'
                )
            joint = hand.joint_names.index(name)
            lower[joint], upper[joint] = max(low, lower[joint]), min(high, upper[joint])
        self.lower, self.upper = lower + config.limit_margin, upper - config.limit_margin
        if (self.lower >= self.upper).any():
            name = hand.joint_names[int((self.lower - self.upper).argmax())]
            raise ValueError(f'limits: nothing is left of the range of {name}')
        self._velocity = np.minimum(config.dynamics.velocity, hand.velocity_limit)
        self._acceleration = np.minimum(config.dynamics.acceleration, hand.acceleration_limit)

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
        highest = np.minimum(np.maximum(velocity + change, down), up)
        lowest = np.minimum(np.maximum(velocity - change, down), up)
        return (
            np.minimum(np.maximum(q + lowest * elapsed, self.lower), self.upper),
            np.minimum(np.maximum(q + highest * elapsed, self.lower), self.upper),
        )

    def _braking(self, distance: np.ndarray) -> np.ndarray:
        return np.sqrt(2.0 * self._acceleration * np.maximum(distance, 0.0))
