"""Domain randomisation: the paper's table as data, drawn once per episode."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Span:
    """A uniform distribution between two values.

    Args:
        low: smallest value.
        high: largest value.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f'span low {self.low} exceeds high {self.high}; swap them')

    def draw(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """N values, (n,)."""
        return rng.uniform(self.low, self.high, size=n)


@dataclass(frozen=True)
class Randomization:
    """Every row of the paper's domain randomisation (DexterityGen, appendix).

    Args:
        object_mass: [kg].
        friction: sliding friction of object and hand.
        object_scale: factor on the object's size.
        initial_joint: noise on the joint positions at reset [rad].
        p_gain: factor on the actuators' proportional gain.
        d_gain: factor on the actuators' damping.
        force_scale: the two scales of the random force on the object [m/s^2, times its mass].
        force_probability: chance per 0.1 s that a new random force is drawn.
        force_decay: factor on the force every 0.1 s.
        joint_noise_white: standard deviation of the joint observation noise per step [rad].
        joint_noise_episode: standard deviation of its offset per episode [rad].
        action_noise: standard deviation of the noise on the normalised action.
        observation_delay: largest delay of the observation [control steps], drawn per episode.
        action_delay: largest delay of the target [s], drawn per episode.
        least_action_delay: smallest one [s].
    """

    object_mass: Span = Span(0.03, 0.25)
    friction: Span = Span(0.5, 1.2)
    object_scale: Span = Span(0.95, 1.05)
    initial_joint: Span = Span(-0.05, 0.05)
    p_gain: Span = Span(0.8, 1.1)
    d_gain: Span = Span(0.7, 1.2)
    force_scale: tuple[float, ...] = (1.0, 2.0)
    force_probability: float = 0.2
    force_decay: float = 0.99
    joint_noise_white: float = 0.025
    joint_noise_episode: float = 0.005
    action_noise: float = 0.05
    observation_delay: int = 0
    action_delay: float = 0.0
    least_action_delay: float = 0.0


NONE = Randomization(
    object_mass=Span(0.1, 0.1), friction=Span(0.9, 0.9), object_scale=Span(1.0, 1.0),
    initial_joint=Span(0.0, 0.0), p_gain=Span(1.0, 1.0), d_gain=Span(1.0, 1.0),
    force_scale=(0.0,), force_probability=0.0, joint_noise_white=0.0, joint_noise_episode=0.0,
    action_noise=0.0)
"""Everything at one value: the calm scene."""


@dataclass(frozen=True)
class Draw:
    """One draw of the table for n environments; field names as in Randomization.

    Args:
        object_mass: (n,) [kg].
        friction: (n,).
        object_scale: (n,).
        initial_joint: (n, J) [rad].
        p_gain: (n,).
        d_gain: (n,).
        force_scale: (n,).
        joint_offset: (n, J) [rad] the episode's part of the joint observation noise.
        observation_delay: (n,) int [control steps].
        action_delay: (n,) [s].
    """

    object_mass: np.ndarray
    friction: np.ndarray
    object_scale: np.ndarray
    initial_joint: np.ndarray
    p_gain: np.ndarray
    d_gain: np.ndarray
    force_scale: np.ndarray
    joint_offset: np.ndarray
    observation_delay: np.ndarray = field()
    action_delay: np.ndarray = field()


def draw(table: Randomization, rng: np.random.Generator, n: int, joints: int) -> Draw:
    """Draw the table for n environments of a hand with so many joints."""
    return Draw(
        object_mass=table.object_mass.draw(rng, n),
        friction=table.friction.draw(rng, n),
        object_scale=table.object_scale.draw(rng, n),
        initial_joint=rng.uniform(
            table.initial_joint.low, table.initial_joint.high, size=(n, joints)),
        p_gain=table.p_gain.draw(rng, n),
        d_gain=table.d_gain.draw(rng, n),
        force_scale=rng.choice(np.asarray(table.force_scale, dtype=float), size=n),
        joint_offset=rng.normal(0.0, 1.0, size=(n, joints)) * table.joint_noise_episode,
        observation_delay=rng.integers(0, table.observation_delay + 1, size=n),
        action_delay=rng.uniform(table.least_action_delay, table.action_delay, size=n))
