"""Many hands, each holding one of several objects, on MuJoCo's batched simulation.

One `mujoco.batch.Batch` per object (their models differ in shape), joined into arrays over all
simulations: simulation i holds object i // per_object. The hand stands still in its own frame;
the wrist's orientation is the direction of gravity.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dexgen_description import Hand, ObjectModel
from dexgen_sim_bridge import gate
from dexgen_sim_bridge.scene import build_scene, SceneConfig
import mujoco
from mujoco import batch as mujoco_batch
import numpy as np

from dexgen_learning.env.randomization import Draw
from dexgen_learning.env.warp_batch import WarpBatch

OBJECT_BODY = 'object'
OBJECT_JOINT = 'object_joint'
CLAMPED = 1e-3
"""A target that ends a control step farther from the wanted one counts as clamped [rad]."""


@dataclass(frozen=True)
class SimulationConfig:
    """How the physics runs.

    Args:
        scene: the scene shared with the bridge (its time step is the physics step).
        control_rate: target updates per second [Hz].
        threads: threads of the batch; 1 is best where processes share the machine.
        gate_margin: distance kept from the joint limits by the limiter [rad].
        device: `cpu`: MuJoCo on processor cores; `cuda`: MuJoCo Warp on a GPU; `warp-cpu`: the
            same code as on a GPU, on a core (slow, for tests).
    """

    scene: SceneConfig = SceneConfig()
    control_rate: float = 10.0
    threads: int = 1
    gate_margin: float = 0.02
    device: Literal['cpu', 'cuda', 'warp-cpu'] = 'cpu'

    @property
    def substeps(self) -> int:
        """Physics steps per control step."""
        steps = 1.0 / (self.control_rate * self.scene.timestep)
        if abs(steps - round(steps)) > 1e-6 or round(steps) < 1:
            raise ValueError(
                f'control_rate {self.control_rate} Hz is no whole number of physics steps of '
                f'{self.scene.timestep} s; choose a rate that divides {1 / self.scene.timestep:g}')
        return round(steps)


def made_batch(model: mujoco.MjModel, count: int,
               config: SimulationConfig) -> mujoco_batch.Batch | WarpBatch:
    """`count` simulations of a model on the configured device."""
    if config.device == 'cpu':
        return mujoco_batch.Batch(model, count, config.threads)
    return WarpBatch(model, count, config.device.removeprefix('warp-'))


class Group:
    """The simulations of one object: a Batch and the addresses in its model."""

    def __init__(self, hand: Hand, object_model: ObjectModel, count: int,
                 config: SimulationConfig) -> None:
        """Compile the scene and allocate `count` simulations."""
        self.model = build_scene(hand, object_model, config.scene)
        self.batch = made_batch(self.model, count, config)
        self.body = self.model.body(OBJECT_BODY).id
        joint = self.model.joint(OBJECT_JOINT)
        self.object_q = slice(int(joint.qposadr[0]), int(joint.qposadr[0]) + 7)
        self.object_v = slice(int(joint.dofadr[0]), int(joint.dofadr[0]) + 6)
        joints = [self.model.joint(name) for name in hand.joint_names]
        self.hand_q = np.array([int(j.qposadr[0]) for j in joints])
        self.hand_v = np.array([int(j.dofadr[0]) for j in joints])
        self.actuators = np.array([self.model.actuator(n).id for n in hand.joint_names])
        self.object_geoms = np.flatnonzero(self.model.geom_bodyid == self.body)
        self.scalable = all(
            self.model.geom_type[g] != mujoco.mjtGeom.mjGEOM_MESH for g in self.object_geoms)
        self._bind()

    def _bind(self) -> None:
        batch = self.batch
        self.qpos, self.qvel = batch.bind('qpos'), batch.bind('qvel')
        self.ctrl, self.xfrc = batch.bind('ctrl'), batch.bind('xfrc_applied')
        self.warmstart = batch.bind('qacc_warmstart')
        self.gravity = batch.expand('opt.gravity')
        self.mass, self.inertia = batch.expand('body_mass'), batch.expand('body_inertia')
        self.friction = batch.expand('geom_friction')
        self.geom_size, self.geom_pos = batch.expand('geom_size'), batch.expand('geom_pos')
        self.inertial_pos = batch.expand('body_ipos')
        self.gain, self.bias = batch.expand('actuator_gainprm'), batch.expand('actuator_biasprm')

    def apply_draw(self, ids: np.ndarray, draw: Draw, rows: np.ndarray) -> None:
        """Write one draw of the randomisation into simulations `ids` of this group."""
        model, body, geoms = self.model, self.body, self.object_geoms
        scale = draw.object_scale[rows] if self.scalable else np.ones(len(ids))
        mass = draw.object_mass[rows]
        self.mass[ids, body] = mass
        ratio = mass / model.body_mass[body] * scale**2
        self.inertia[ids, body] = model.body_inertia[body] * ratio[:, None]
        self.inertial_pos[ids, body] = model.body_ipos[body] * scale[:, None]
        for geom in geoms:
            self.geom_size[ids, geom] = model.geom_size[geom] * scale[:, None]
            self.geom_pos[ids, geom] = model.geom_pos[geom] * scale[:, None]
        self.friction[ids, :, 0] = draw.friction[rows, None]
        gain = model.actuator_gainprm[None, :, 0] * draw.p_gain[rows, None]
        self.gain[ids, :, 0] = gain
        self.bias[ids, :, 1] = model.actuator_biasprm[None, :, 1] * draw.p_gain[rows, None]
        self.bias[ids, :, 2] = model.actuator_biasprm[None, :, 2] * draw.d_gain[rows, None]
        self.batch.set_const(ids)


class Simulation:
    """n simulations of a hand and its objects; arrays are (n, ...) over all of them."""

    def __init__(self, hand: Hand, objects: Sequence[ObjectModel], per_object: int,
                 config: SimulationConfig | None = None) -> None:
        """Compile one scene per object.

        Raises:
            ValueError: no object, or a control rate that does not divide the physics rate.
        """
        if not objects:
            raise ValueError('a simulation needs at least one object; pass object models')
        self.hand, self.objects, self.config = hand, tuple(objects), config or SimulationConfig()
        self.per_object = per_object
        self.n = per_object * len(self.objects)
        self.substeps = self.config.substeps
        self.dt = self.config.scene.timestep
        self.groups = [Group(hand, o, per_object, self.config) for o in self.objects]
        self.object_index = np.repeat(np.arange(len(self.objects)), per_object)
        self.limits = gate.GateLimits.from_hand(hand, self.config.gate_margin)
        joints = len(hand.joint_names)
        self.limiter = gate.LimiterState(np.zeros((self.n, joints)), np.zeros((self.n, joints)))
        self.q, self.qd = np.zeros((self.n, joints)), np.zeros((self.n, joints))
        self.object_pos, self.object_quat = np.zeros((self.n, 3)), np.zeros((self.n, 4))
        self.object_vel = np.zeros((self.n, 6))
        self.clamped = np.zeros((self.n, joints), dtype=bool)
        self.failed = np.zeros(self.n, dtype=bool)
        self.read()

    @property
    def target(self) -> np.ndarray:
        """The last applied joint targets (n, J) [rad]."""
        return self.limiter.position

    def _parts(self) -> list[tuple[Group, slice]]:
        size = self.per_object
        return [(g, slice(k * size, (k + 1) * size)) for k, g in enumerate(self.groups)]

    def split(self, ids: np.ndarray) -> list[tuple[Group, np.ndarray, np.ndarray]]:
        """(group, ids inside the group, rows of `ids`) for every group that `ids` touch."""
        ids = np.asarray(ids, dtype=int)
        group_of = ids // self.per_object
        return [(self.groups[k], ids[rows] - k * self.per_object, rows)
                for k in np.unique(group_of) for rows in [np.flatnonzero(group_of == k)]]

    def read(self) -> None:
        """Copy the state of every simulation into the joint arrays."""
        for group, part in self._parts():
            self.q[part] = group.qpos[:, group.hand_q]
            self.qd[part] = group.qvel[:, group.hand_v]
            self.object_pos[part] = group.qpos[:, group.object_q][:, :3]
            self.object_quat[part] = group.qpos[:, group.object_q][:, 3:]
            self.object_vel[part] = group.qvel[:, group.object_v]

    def place(self, ids: np.ndarray, q: np.ndarray, target: np.ndarray,
              object_pos: np.ndarray, object_quat: np.ndarray) -> None:
        """Put simulations `ids` at rest in a posture, with the applied target and object pose."""
        for group, local, rows in self.split(ids):
            group.batch.reset(local, stage=mujoco.mjtStage.mjSTAGE_NONE)
            group.qpos[np.ix_(local, group.hand_q)] = q[rows]
            group.qpos[local, group.object_q] = np.concatenate(
                [object_pos[rows], object_quat[rows]], axis=-1)
            group.qvel[local] = 0.0
            group.warmstart[local] = 0.0
            group.xfrc[local] = 0.0
            group.ctrl[np.ix_(local, group.actuators)] = target[rows]
        self.limiter.position[ids] = target
        self.limiter.velocity[ids] = 0.0
        self.clamped[ids], self.failed[ids] = False, False
        self.read()

    def apply_draw(self, ids: np.ndarray, draw: Draw) -> None:
        """Randomise simulations `ids`; row i of the draw belongs to ids[i]."""
        for group, local, rows in self.split(ids):
            group.apply_draw(local, draw, rows)

    def set_gravity(self, gravity: np.ndarray, ids: np.ndarray | None = None) -> None:
        """Gravity [m/s^2] in the hand frame, (n, 3) for `ids` or for all."""
        if ids is None:
            for group, part in self._parts():
                group.gravity[:] = gravity[part]
            return
        for group, local, rows in self.split(ids):
            group.gravity[local] = gravity[rows]

    def set_object_force(self, force: np.ndarray) -> None:
        """A force [N] on every object's centre of mass, hand frame, (n, 3); until changed."""
        for group, part in self._parts():
            group.xfrc[:, group.body, :3] = force[part]

    def step(self, wanted: np.ndarray, delay: np.ndarray | None = None,
             previous: np.ndarray | None = None) -> None:
        """One control step toward wanted joint targets, through the gate's limiter.

        Args:
            wanted: (n, J) [rad].
            delay: (n,) [s] until `wanted` arrives; `previous` is wanted until then.
            previous: (n, J) [rad], needed with `delay`.

        A simulation whose numbers break (not finite, or MuJoCo warns) is marked in `failed`;
        the others go on.
        """
        control = self._limited(wanted, delay, previous)
        for group, part in self._parts():
            before = group.batch.warning.copy()
            sequence = np.empty((self.per_object, self.substeps, group.model.nu))
            sequence[:, :, group.actuators] = control[part]
            try:
                group.batch.rollout(self.substeps, sequence, record=())
            except mujoco_batch.SimulationError as error:
                self.failed[part.start + np.asarray(error.ids)] = True
            warned = np.any((group.batch.warning != before).reshape(self.per_object, -1), axis=1)
            finite = np.isfinite(group.qpos).all(1) & np.isfinite(group.qvel).all(1)
            self.failed[part] |= warned | ~finite
        self.read()

    def _limited(self, wanted: np.ndarray, delay: np.ndarray | None,
                 previous: np.ndarray | None) -> np.ndarray:
        """The targets of every physics step, (n, substeps, J), and the new limiter state."""
        control = np.empty((self.n, self.substeps, wanted.shape[-1]))
        for k in range(self.substeps):
            goal = wanted
            if delay is not None and np.any(delay > k * self.dt):
                goal = np.where(delay[:, None] > k * self.dt, previous, wanted)
            self.limiter, _ = gate.limit(goal, self.limiter, self.limits, self.dt)
            control[:, k] = self.limiter.position
        self.clamped[:] = np.abs(self.limiter.position - wanted) > CLAMPED
        return control
