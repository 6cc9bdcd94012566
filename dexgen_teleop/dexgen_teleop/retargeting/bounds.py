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
        closing = np.minimum(config.pinch.closing_acceleration, hand.acceleration_limit)
        self._spare = np.maximum(closing - self._acceleration, 0.0)
        self._fingers = [hand.joint_indices(f) for f in hand.fingers if f != 'thumb']
        self._thumb = hand.joint_indices('thumb')

    def __call__(
        self, q: np.ndarray, velocity: np.ndarray, elapsed: float, lateness: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest posture [rad] after `elapsed` [s] from q [rad] at `velocity` [rad/s].

        The joints of a pinch that is late (`lateness` (F-1,), 0 to 1, of `PinchCurve`) may change
        their velocity by as much as the closing acceleration allows.
        The speed toward a limit at distance d stays below sqrt(2 a d), so that the acceleration a
        can stop it. Where the bounds contradict each other, position wins over velocity, velocity
        over acceleration.
        """
        change = self._allowed(lateness) * elapsed
        up = np.minimum(self._velocity, self._braking(self.upper - q))
        down = -np.minimum(self._velocity, self._braking(q - self.lower))
        highest = np.minimum(np.maximum(velocity + change, down), up)
        lowest = np.minimum(np.maximum(velocity - change, down), up)
        return (
            np.minimum(np.maximum(q + lowest * elapsed, self.lower), self.upper),
            np.minimum(np.maximum(q + highest * elapsed, self.lower), self.upper),
        )

    def _allowed(self, lateness: np.ndarray) -> np.ndarray:
        if not lateness.any():
            return self._acceleration
        share = np.zeros(len(self._acceleration))
        for joints, late in zip(self._fingers, lateness.tolist(), strict=True):
            share[joints] = late
        share[self._thumb] = lateness.max()
        return self._acceleration + share * self._spare

    def _braking(self, distance: np.ndarray) -> np.ndarray:
        return np.sqrt(2.0 * self._acceleration * np.maximum(distance, 0.0))
