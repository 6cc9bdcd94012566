"""Candidates in, validated grasps out: many lanes of one simulation, each refilled when it ends.

A lane closes the hand on the object without gravity, holds it under six gravity directions,
lets it settle and gives a grasp; a lane whose object moves too far is refilled at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dexgen_description import Hand, ObjectModel
from dexgen_sim_bridge.drop import DROP_DISTANCE
import mujoco
import numpy as np

from dexgen_learning.env.randomization import draw, Randomization, Span
from dexgen_learning.env.simulation import OBJECT_BODY, Simulation, SimulationConfig
from dexgen_learning.env.symmetry import rotation_error

SIX_DIRECTIONS = np.concatenate([np.eye(3), -np.eye(3)])


@dataclass(frozen=True)
class ValidationConfig:
    """What a candidate must survive.

    Args:
        close_s: time to close the hand [s], without gravity.
        rest_speed: highest speed of the object when the hand has closed [m/s]; a faster one
            would be lost soon after.
        direction_s: time under each of six gravity directions [s].
        settle_s: time without gravity before the grasp is read [s].
        tick_s: how often lanes are looked at [s].
        drift: largest movement of the object's centre after closing [m].
        turn: largest rotation of the object after closing [rad], symmetry-aware.
        drag: viscous friction of the object while the hand closes [N s/m].
        spin_drag: the same for its rotation [N m s/rad].
        palm: largest distance of the object's centre from the palm centre [m]; well inside the
            distance at which it counts as dropped.
        squeeze: range of the largest difference of target and joint position [rad].
        mass: of the object [kg].
        friction: of object and hand.
        gravity: [m/s^2].
    """

    close_s: float = 0.3
    rest_speed: float = 0.03
    direction_s: float = 0.5
    settle_s: float = 0.1
    tick_s: float = 0.1
    drift: float = 0.008
    turn: float = 0.3
    drag: float = 40.0
    spin_drag: float = 0.02
    palm: float = 0.062
    squeeze: tuple[float, float] = (0.15, 0.35)
    mass: float = 0.1
    friction: float = 0.8
    gravity: float = 9.81


@dataclass(frozen=True)
class Candidates:
    """Grasps to be tried, one a row.

    Args:
        q: (n, J) where the hand starts [rad].
        open_target: (n, J) the first target [rad].
        close_target: (n, J) the target when closed [rad].
        object_pos: (n, 3) [m].
        object_quat: (n, 4).
        parent: (n,) row of the grasp they grew from, -1 for none.
        loose: (n,) bool, the object moves freely while the hand closes; else it is dragged.
    """

    q: np.ndarray
    open_target: np.ndarray
    close_target: np.ndarray
    object_pos: np.ndarray
    object_quat: np.ndarray
    parent: np.ndarray
    loose: np.ndarray

    def __len__(self) -> int:
        return len(self.q)

    def take(self, rows: np.ndarray) -> 'Candidates':
        """Some of the rows."""
        return Candidates(*(getattr(self, f)[rows] for f in Candidates.__dataclass_fields__))


def concatenated(batches: Sequence[Candidates]) -> Candidates:
    """Several batches as one."""
    return Candidates(*(np.concatenate([getattr(b, name) for b in batches])
                        for name in Candidates.__dataclass_fields__))


@dataclass(frozen=True)
class Accepted:
    """Validated grasps: as in GraspSet, with the row of their parent."""

    q: np.ndarray
    target: np.ndarray
    object_pos: np.ndarray
    object_quat: np.ndarray
    contacts: np.ndarray
    parent: np.ndarray


class Conveyor:
    """Lanes that validate candidates; `tick` advances all of them."""

    def __init__(self, hand: Hand, object_model: ObjectModel, lanes: int,
                 config: ValidationConfig | None = None,
                 simulation: SimulationConfig | None = None) -> None:
        """Compile the scene; all lanes start empty."""
        self.hand, self.object_model = hand, object_model
        self.config = config or ValidationConfig()
        base = simulation or SimulationConfig()
        self.sim = Simulation(hand, [object_model], lanes, replace(
            base, control_rate=1.0 / self.config.tick_s))
        self.lanes = lanes
        joints = len(hand.joint_names)
        self.tick_of = np.full(lanes, -1)
        self.open_target, self.close_target = np.zeros((lanes, joints)), np.zeros((lanes, joints))
        self.squeeze = np.zeros(lanes)
        self.anchor_pos, self.anchor_quat = np.zeros((lanes, 3)), np.zeros((lanes, 4))
        self.parent = np.full(lanes, -1)
        self.tried = 0
        tick = self.config.tick_s
        self.close_ticks = round(self.config.close_s / tick)
        self.direction_ticks = round(self.config.direction_s / tick)
        self.test_end = self.close_ticks + 6 * self.direction_ticks
        self.end = self.test_end + round(self.config.settle_s / tick)
        self.drag = self.sim.groups[0].batch.expand('dof_damping')
        self._object_v = self.sim.groups[0].object_v
        self._closing_drag = np.repeat([self.config.drag, self.config.spin_drag], 3)
        self._randomise(np.arange(lanes))
        self._scratch = mujoco.MjData(self.sim.groups[0].model)
        self._link_of_body = self._links()

    def _randomise(self, ids: np.ndarray) -> None:
        c = self.config
        one = Span(1.0, 1.0)
        table = Randomization(
            Span(c.mass, c.mass), Span(c.friction, c.friction), one, Span(0, 0), one, one)
        self.sim.apply_draw(ids, draw(
            table, np.random.default_rng(0), len(ids), len(self.hand.joint_names)))

    def _links(self) -> np.ndarray:
        model = self.sim.groups[0].model
        links = np.full(model.nbody, -1)
        for index, name in enumerate(self.hand.link_names):
            links[model.body(name).id] = index
        return links

    @property
    def free(self) -> np.ndarray:
        """Lanes that wait for a candidate."""
        return np.flatnonzero(self.tick_of < 0)

    def fill(self, candidates: Candidates, rng: np.random.Generator) -> None:
        """Put candidates into as many free lanes; surplus ones are an error."""
        ids = self.free[:len(candidates)]
        if len(ids) < len(candidates):
            raise ValueError(f'{len(candidates)} candidates for {len(ids)} free lanes')
        self.sim.place(ids, candidates.q, candidates.open_target,
                       candidates.object_pos, candidates.object_quat)
        self.open_target[ids] = candidates.open_target
        self.close_target[ids] = candidates.close_target
        squeeze = rng.uniform(*self.config.squeeze, size=len(ids))
        self.squeeze[ids] = np.where(candidates.loose, 1.5 * self.config.squeeze[1], squeeze)
        self.parent[ids] = candidates.parent
        self.drag[ids, self._object_v] = np.where(
            candidates.loose[:, None], 0.0, self._closing_drag)
        self.tick_of[ids] = 0
        self.tried += len(ids)

    def tick(self) -> Accepted:
        """Advance every lane by a tick; returns the grasps that are done."""
        c, sim = self.config, self.sim
        part = np.clip((self.tick_of + 1) / max(self.close_ticks, 1), 0.0, 1.0)[:, None]
        target = self.open_target + part * (self.close_target - self.open_target)
        gentle = np.clip(target, sim.q - self.squeeze[:, None], sim.q + self.squeeze[:, None])
        target = np.where((self.tick_of < self.close_ticks)[:, None], gentle, target)
        direction = (self.tick_of - self.close_ticks) // self.direction_ticks
        testing = (self.tick_of >= self.close_ticks) & (self.tick_of < self.test_end)
        gravity = np.where(testing[:, None], SIX_DIRECTIONS[np.clip(direction, 0, 5)], 0.0)
        sim.set_gravity(gravity * c.gravity)
        sim.step(target)
        self.tick_of[self.tick_of >= 0] += 1
        self._freeze(np.flatnonzero(self.tick_of == self.close_ticks))
        self.tick_of[self._lost()] = -1
        done = np.flatnonzero(self.tick_of >= self.end)
        accepted = self._accept(done)
        self.tick_of[done] = -1
        return accepted

    def _freeze(self, ids: np.ndarray) -> None:
        """End of closing: keep the squeeze within bounds and remember where the object is."""
        q, bound = self.sim.q[ids], self.squeeze[ids, None]
        squeeze = np.clip(self.close_target[ids] - q, -bound, bound)
        limits = self.sim.limits
        held = np.clip(q + squeeze, limits.lower, limits.upper)
        self.close_target[ids] = self.open_target[ids] = held
        self.drag[ids, self._object_v] = 0.0
        self.anchor_pos[ids] = self.sim.object_pos[ids]
        self.anchor_quat[ids] = self.sim.object_quat[ids]

    def _lost(self) -> np.ndarray:
        c, sim = self.config, self.sim
        away = np.linalg.norm(sim.object_pos - self.hand.palm_center, axis=-1)
        speed = np.linalg.norm(sim.object_vel[:, :3], axis=-1)
        unfit = (self.tick_of == self.close_ticks) & ((away > c.palm) | (speed > c.rest_speed))
        drift = np.linalg.norm(sim.object_pos - self.anchor_pos, axis=-1) > c.drift
        turn = np.linalg.norm(rotation_error(
            self.object_model, self.anchor_quat, sim.object_quat), axis=-1) > c.turn
        held = self.tick_of > self.close_ticks
        return (self.tick_of >= 0) & (
            sim.failed | (away > DROP_DISTANCE) | unfit | (held & (drift | turn)))

    def _accept(self, ids: np.ndarray) -> Accepted:
        slow = (np.linalg.norm(self.sim.object_vel[ids, :3], axis=-1) < 0.02) & (
            np.abs(self.sim.qd[ids]).max(axis=-1, initial=0.0) < 0.5)
        near = np.linalg.norm(self.sim.object_pos[ids] - self.hand.palm_center, axis=-1) < (
            self.config.palm)
        ids = ids[slow & near]
        contacts = np.array([self._contacts(int(i)) for i in ids], dtype=np.uint32)
        keep = np.array([bin(int(c)).count('1') >= 2 for c in contacts], dtype=bool)
        ids, contacts = ids[keep], contacts[keep]
        sim = self.sim
        return Accepted(sim.q[ids].copy(), self.close_target[ids].copy(),
                        sim.object_pos[ids].copy(), sim.object_quat[ids].copy(), contacts,
                        self.parent[ids].copy())

    def _contacts(self, lane: int) -> int:
        """Bit i is set where link i of the hand touches the object."""
        batch, model, data = self.sim.groups[0].batch, self.sim.groups[0].model, self._scratch
        batch.get_data(lane, data)
        mujoco.mj_forward(model, data)
        body = model.body(OBJECT_BODY).id
        pairs = model.geom_bodyid[data.contact.geom[data.contact.dist < 0.0005]]
        links = np.concatenate([pairs[pairs[:, 0] == body, 1], pairs[pairs[:, 1] == body, 0]])
        return int(sum(1 << int(i) for i in set(self._link_of_body[links]) if i >= 0))
