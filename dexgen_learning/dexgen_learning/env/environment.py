"""The hand environment: simulation, randomisation, wrist, kicks, delays, drops; no task in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from dexgen_controller.observation import HISTORY
from dexgen_description import Hand, Kinematics, ObjectModel
import numpy as np

from dexgen_learning.env import quaternion
from dexgen_learning.env.disturbance import Kicks, Wrist, WristConfig
from dexgen_learning.env.randomization import Draw, draw, Randomization
from dexgen_learning.env.simulation import Simulation, SimulationConfig

ACTION_SCALE = 0.2
"""A normalised action of 1 moves a joint target by this much per 0.1 s [rad]."""


@dataclass(frozen=True)
class EnvironmentConfig:
    """The environment.

    Args:
        simulation: physics and control rate.
        randomization: the table that every episode draws from.
        wrist: the motion of the wrist.
        drop_distance: an object whose centre is farther from the palm centre is dropped [m].
    """

    simulation: SimulationConfig = SimulationConfig()
    randomization: Randomization = Randomization()
    wrist: WristConfig = WristConfig()
    drop_distance: float = 0.085


@dataclass(frozen=True)
class Start:
    """Where episodes begin, one row an environment.

    Args:
        q: (n, J) joint positions [rad].
        target: (n, J) applied targets [rad].
        object_pos: (n, 3) [m].
        object_quat: (n, 4).
    """

    q: np.ndarray
    target: np.ndarray
    object_pos: np.ndarray
    object_quat: np.ndarray


class HandEnvironment:
    """n hands with objects; environment i holds object i // per_object.

    Public arrays, live, over all environments: those of `sim` (q, target, object pose), `time`
    [s since the start of the episode], `dropped`, `failed`, and the observed history.
    """

    def __init__(self, hand: Hand, objects: Sequence[ObjectModel], per_object: int,
                 config: EnvironmentConfig | None = None, seed: int = 0) -> None:
        """Build the simulations; call `reset` for all environments before the first step."""
        self.hand, self.config = hand, config or EnvironmentConfig()
        self.kinematics = Kinematics(hand)
        self.sim = Simulation(hand, objects, per_object, self.config.simulation)
        self.n, self.joints = self.sim.n, len(hand.joint_names)
        self.dt = 1.0 / self.config.simulation.control_rate
        self.rng = np.random.default_rng(seed)
        self.wrist = Wrist(self.n, self.config.wrist)
        self.kicks = Kicks(self.n)
        self.draw = draw(self.config.randomization, self.rng, self.n, self.joints)
        self.time = np.zeros(self.n)
        self.dropped = np.zeros(self.n, dtype=bool)
        self.failed = np.zeros(self.n, dtype=bool)
        self.failures = 0
        self.wanted = np.zeros((self.n, self.joints))
        depth = HISTORY + self.config.randomization.observation_delay
        self._positions = np.zeros((self.n, depth, self.joints))
        self._targets = np.zeros((self.n, depth, self.joints))

    @property
    def object_index(self) -> np.ndarray:
        """(n,) index of the object that each environment holds."""
        return self.sim.object_index

    def reset(self, ids: np.ndarray, start: Start) -> None:
        """Begin new episodes in the environments `ids`, a row of `start` each."""
        ids = np.asarray(ids, dtype=int)
        if len(ids) == 0:
            return
        fresh = draw(self.config.randomization, self.rng, len(ids), self.joints)
        for name in Draw.__dataclass_fields__:
            getattr(self.draw, name)[ids] = getattr(fresh, name)
        self.sim.apply_draw(ids, fresh)
        q = np.clip(start.q + fresh.initial_joint, self.hand.lower, self.hand.upper)
        self.sim.place(ids, q, start.target, start.object_pos, start.object_quat)
        self.wrist.reset(ids, self.rng)
        self.kicks.reset(ids)
        self.sim.set_gravity(self.wrist.gravity[ids], ids)
        self.time[ids] = 0.0
        self.dropped[ids], self.failed[ids] = False, False
        self.wanted[ids] = start.target
        self._positions[ids] = self._observed(ids)[:, None]
        self._targets[ids] = self.sim.target[ids][:, None]

    def step(self, wanted: np.ndarray) -> None:
        """One control step toward wanted joint targets (n, J) [rad].

        The action noise of the table, wrist, kicks and delay act here; afterwards `dropped`
        and `failed` say which episodes are over. A failed simulation (numbers that are not
        finite) counts as over too and harms no other.
        """
        table, sim = self.config.randomization, self.sim
        noise = self.rng.normal(size=wanted.shape) * (
            table.action_noise * ACTION_SCALE * self.dt / 0.1)
        previous, self.wanted = self.wanted, wanted + noise
        self.wrist.step(self.dt, self.rng)
        sim.set_gravity(self.wrist.gravity)
        self.kicks.step(self.dt, table, self.draw.force_scale, self.draw.object_mass, self.rng)
        force = self.kicks.force
        if self.config.wrist.inertial_forces:
            force = force + self.draw.object_mass[:, None] * self.wrist.inertial_acceleration(
                sim.object_pos, sim.object_vel[:, :3])
        sim.set_object_force(force)
        sim.step(self.wanted, self.draw.action_delay, previous)
        self.time += self.dt
        self.failed[:] = sim.failed
        self.failures += int(sim.failed.sum())
        self.dropped[:] = self.failed | (self.palm_distance() > self.config.drop_distance)
        self._push()

    def palm_distance(self) -> np.ndarray:
        """(n,) distance of the object's centre from the palm centre [m]; inf if not finite."""
        distance = np.linalg.norm(self.sim.object_pos - self.hand.palm_center, axis=-1)
        return np.where(np.isfinite(distance), distance, np.inf)

    def _observed(self, ids: np.ndarray | slice) -> np.ndarray:
        q = self.sim.q[ids]
        white = self.rng.normal(size=q.shape) * self.config.randomization.joint_noise_white
        return q + self.draw.joint_offset[ids] + white

    def _push(self) -> None:
        self._positions[:, :-1] = self._positions[:, 1:]
        self._targets[:, :-1] = self._targets[:, 1:]
        self._positions[:, -1] = self._observed(slice(None))
        self._targets[:, -1] = self.sim.target

    def observed_history(self) -> tuple[np.ndarray, np.ndarray]:
        """Noisy, delayed joint positions and applied targets, (n, HISTORY, J), oldest first."""
        depth = self._positions.shape[1]
        if depth == HISTORY:
            return self._positions, self._targets
        newest = depth - 1 - self.draw.observation_delay
        window = newest[:, None] + np.arange(1 - HISTORY, 1)
        rows = np.arange(self.n)[:, None]
        return self._positions[rows, window], self._targets[rows, window]

    def object_pose_in_palm(self) -> tuple[np.ndarray, np.ndarray]:
        """Object position relative to the palm centre (n, 3) and orientation (n, 4)."""
        return self.sim.object_pos - self.hand.palm_center, quaternion.normalize(
            self.sim.object_quat)
