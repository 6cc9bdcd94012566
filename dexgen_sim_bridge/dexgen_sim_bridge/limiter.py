"""The limiter of joint targets: position, rate and acceleration, with braking; batched."""

from typing import NamedTuple

import numpy as np

POSITION_MARGIN = 0.02
"""Default distance kept from the joints' limits [rad]."""


class GateLimits(NamedTuple):
    """What every applied target obeys.

    Attributes:
      lower, upper: (J,) range of the target, margin taken off [rad].
      velocity: (J,) highest rate of the target [rad/s].
      acceleration: (J,) highest change of that rate [rad/s^2].
    """

    lower: np.ndarray
    upper: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray

    @classmethod
    def from_hand(cls, hand, margin: float = POSITION_MARGIN) -> 'GateLimits':
        """Limits of a hand description, `margin` [rad] inside the range (at most a tenth of it).

        Raises:
          ValueError: the margin is negative or not finite.
        """
        if not (np.isfinite(margin) and margin >= 0.0):
            raise ValueError(f'gate margin is {margin} rad; it must be 0 or more')
        lower, upper = np.asarray(hand.lower, float), np.asarray(hand.upper, float)
        margins = np.minimum(margin, 0.1 * (upper - lower))
        return cls(
            lower + margins,
            upper - margins,
            np.asarray(hand.velocity_limit, float),
            np.asarray(hand.acceleration_limit, float),
        )


class LimiterState(NamedTuple):
    """The applied target: position [rad] and velocity [rad/s], both (..., J)."""

    position: np.ndarray
    velocity: np.ndarray

    @classmethod
    def at_rest(cls, position) -> 'LimiterState':
        """Start at a posture (..., J) [rad], for example the measured one."""
        position = np.array(position, float)
        return cls(position, np.zeros_like(position))


def braking_speed(distance: np.ndarray, step: np.ndarray, dt: float) -> np.ndarray:
    """Highest speed of the next step from which braking still ends within `distance`.

    With speeds in units of the change that one step allows (u = v / step) and distances in units
    of step * dt, a step at u followed by u - 1, u - 2, ... covers (n + 1) u - n (n + 1) / 2 with
    n = floor(u). This is its exact inverse: a target is met without overshoot and without a tail.

    Args:
      distance: (...) free way including the next step, 0 or more [rad].
      step: (...) change of speed that one step allows, acceleration * dt [rad/s].
      dt: length of a step [s].
    """
    way = distance / (step * dt)
    count = np.floor(0.5 * (np.sqrt(1.0 + 8.0 * way) - 1.0))
    return step * (way / (count + 1.0) + 0.5 * count)


def limit(
    wanted: np.ndarray, state: LimiterState, limits: GateLimits, dt: float
) -> tuple[LimiterState, np.ndarray]:
    """One step of the limiter: the applied target moves toward the wanted one as fast as allowed.

    The new target lies within the limits, its velocity and the change of its velocity too; it
    brakes in time for the wanted posture and for the ends of the range. A state outside the range
    (a measured posture may be) returns into it at the same rate. Steps of one sequence must have
    the same length: braking counts on it.

    Args:
      wanted: (..., J) finite wanted joint positions [rad].
      state: applied target after the previous step.
      limits: what to obey.
      dt: length of the step [s].

    Returns:
      The new applied target, and a mask (..., J): True where it is not the wanted one.
    """
    position, velocity = state
    inside = np.minimum(np.maximum(wanted, limits.lower), limits.upper)
    way = inside - position
    step = limits.acceleration * dt
    speed = np.minimum(braking_speed(np.abs(way), step, dt), limits.velocity)
    # Cutting the change of velocity is safe: the state before it could still brake in time.
    new_velocity = np.copysign(speed, way)
    new_velocity = np.minimum(np.maximum(new_velocity, velocity - step), velocity + step)
    moved = position + new_velocity * dt
    # Arriving exactly, and never leaving the range through rounding.
    new_position = np.where(np.abs(inside - moved) < 1e-12, inside, moved)
    new_position = np.minimum(
        np.maximum(new_position, np.minimum(limits.lower, position)),
        np.maximum(limits.upper, position),
    )
    return LimiterState(new_position, new_velocity), new_position != wanted


def brake(state: LimiterState, limits: GateLimits, dt: float) -> LimiterState:
    """One step toward rest at the acceleration limit, wherever that ends; (..., J) as `limit`."""
    step = limits.acceleration * dt
    speed = np.abs(state.velocity) - step
    velocity = np.copysign(np.where(speed > 1e-9, speed, 0.0), state.velocity)
    position = state.position + velocity * dt
    position = np.minimum(
        np.maximum(position, np.minimum(limits.lower, state.position)),
        np.maximum(limits.upper, state.position),
    )
    return LimiterState(position, velocity)
