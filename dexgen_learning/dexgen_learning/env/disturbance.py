"""What shakes the hand: a wrist that turns (gravity rotates) and random forces on the object."""

from dataclasses import dataclass

from dexgen_sim_bridge.scene import gravity_in_hand
import numpy as np

from dexgen_learning.env import quaternion
from dexgen_learning.env.randomization import Randomization

KICK_PERIOD = 0.1
"""The time in which the paper's table counts probability and decay of the force [s]."""


@dataclass(frozen=True)
class WristConfig:
    """How the wrist moves.

    Args:
        speed: root mean square of each component of the angular velocity [rad/s]; 0 is a
            fixed wrist.
        memory: correlation time of the angular velocity [s].
        random_start: a uniformly random orientation per episode; else `start`.
        start: orientation world -> hand (w, x, y, z) without random_start.
        inertial_forces: add centrifugal, Coriolis and Euler forces on the object.
    """

    speed: float = 0.25
    memory: float = 2.0
    random_start: bool = True
    start: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)
    inertial_forces: bool = False


class Wrist:
    """The orientation world -> hand of n wrists, moved as a smooth random process.

    The angular velocity is an Ornstein-Uhlenbeck process in the hand frame; the hand stands
    still in the simulator, so what it feels is gravity turning.
    """

    def __init__(self, n: int, config: WristConfig) -> None:
        """All wrists start at `config.start`, at rest."""
        self.config = config
        self.quat = np.tile(quaternion.normalize(config.start), (n, 1))
        self.velocity = np.zeros((n, 3))
        self.acceleration = np.zeros((n, 3))

    def reset(self, ids: np.ndarray, rng: np.random.Generator) -> None:
        """New orientations and angular velocities for the wrists `ids`."""
        if self.config.random_start:
            self.quat[ids] = quaternion.random(rng, (len(ids),))
        else:
            self.quat[ids] = quaternion.normalize(self.config.start)
        self.velocity[ids] = rng.normal(size=(len(ids), 3)) * self.config.speed
        self.acceleration[ids] = 0.0

    def step(self, dt: float, rng: np.random.Generator) -> None:
        """Let dt seconds pass."""
        keep = np.exp(-dt / self.config.memory)
        noise = rng.normal(size=self.velocity.shape) * self.config.speed * np.sqrt(1 - keep**2)
        velocity = keep * self.velocity + noise
        self.acceleration = (velocity - self.velocity) / dt
        self.velocity = velocity
        turn = quaternion.from_rotation_vector(velocity * dt)
        self.quat = quaternion.normalize(quaternion.multiply(self.quat, turn))

    @property
    def gravity(self) -> np.ndarray:
        """Gravity in the hand frame (n, 3) [m/s^2]."""
        return gravity_in_hand(self.quat)

    def inertial_acceleration(self, position: np.ndarray, velocity: np.ndarray) -> np.ndarray:
        """Fictitious acceleration of bodies in the turning hand frame, (n, 3) [m/s^2].

        -alpha x r - omega x (omega x r) - 2 omega x v, about the hand's origin.
        """
        omega, r = self.velocity, position
        return (-np.cross(self.acceleration, r) - np.cross(omega, np.cross(omega, r))
                - 2.0 * np.cross(omega, velocity))


class Kicks:
    """Random forces on n objects: drawn anew with a probability, decaying in between."""

    def __init__(self, n: int) -> None:
        """No force yet."""
        self.force = np.zeros((n, 3))

    def reset(self, ids: np.ndarray) -> None:
        """No force on the objects `ids`."""
        self.force[ids] = 0.0

    def step(self, dt: float, table: Randomization, scale: np.ndarray, mass: np.ndarray,
             rng: np.random.Generator) -> None:
        """Let dt seconds pass.

        Args:
            dt: [s].
            table: probability and decay of the force, per 0.1 s.
            scale: (n,) standard deviation of the force per mass [m/s^2].
            mass: (n,) [kg].
            rng: source of randomness.
        """
        periods = dt / KICK_PERIOD
        self.force *= table.force_decay**periods
        kicked = rng.random(len(mass)) < 1.0 - (1.0 - table.force_probability)**periods
        fresh = rng.normal(size=self.force.shape) * (scale * mass)[:, None]
        self.force[kicked] = fresh[kicked]
