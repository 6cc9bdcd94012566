"""The MuJoCo scene: a hand that stands still, an object, and gravity that turns with the wrist."""

from dataclasses import dataclass, field

from dexgen_description import add_object, Hand, hand_spec, ObjectModel
from dexgen_description.mjcf import FRICTION_STIFFNESS
import mujoco
import numpy as np

from dexgen_sim_bridge.drop import DROP_DISTANCE
from dexgen_sim_bridge.preset import Drive
from dexgen_sim_bridge.wrist import GRAVITY, gravity_in_hand, PALM_UP, wrist_orientation

__all__ = [
    'GRAVITY', 'PALM_UP', 'SceneConfig', 'build_scene', 'free_place', 'gravity_in_hand',
    'put_object', 'set_gains', 'wrist_orientation',
]  # fmt: skip

OBJECT_JOINT = 'object_joint'
_TURNS = np.array([
    [1.0, 0.0, 0.0, 0.0],  # as described
    [np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0],  # its z axis across the fingers
    [np.sqrt(0.5), 0.0, np.sqrt(0.5), 0.0],  # out of the palm
    [np.cos(np.pi / 8), np.sin(np.pi / 8), 0.0, 0.0],  # askew
])  # fmt: skip
_SIDES = ((0.0, 0.0), (0.0, -0.02), (0.0, 0.02), (0.02, 0.0), (-0.02, 0.0), (0.0, -0.04))


def _places() -> list[tuple[np.ndarray, np.ndarray]]:
    """Shifts from the palm centre [m] with orientations, the most natural first."""
    shifts = [
        np.array([out, y, z])
        for out in np.arange(0.0, DROP_DISTANCE, 0.008)
        for y, z in _SIDES
        if np.linalg.norm([out, y, z]) < DROP_DISTANCE - 0.02
    ]
    ranked = sorted(
        (np.linalg.norm(shift) + 0.012 * turn, number, turn)
        for number, shift in enumerate(shifts)
        for turn in range(len(_TURNS))
    )
    return [(shifts[number], _TURNS[turn]) for _, number, turn in ranked]


_PLACES = _places()


@dataclass(frozen=True)
class SceneConfig:
    """Settings of the scene.

    Attributes:
      timestep: length of a physics step [s].
      wrist: (4,) hand frame in the world frame, (w, x, y, z).
      gravity: magnitude [m/s^2].
      friction_stiffness: of contacts, relative to their normal direction; soft friction creeps.
      drive: gains and delay of the actuators; None: as the hand describes them. Gains go into
        the model, the delay is the caller's.
    """

    timestep: float = 0.005
    wrist: np.ndarray = field(default_factory=PALM_UP.copy)
    gravity: float = GRAVITY
    friction_stiffness: float = FRICTION_STIFFNESS
    drive: Drive | None = None


def build_scene(
    hand: Hand, object_model: ObjectModel | None, config: SceneConfig | None = None
) -> mujoco.MjModel:
    """Compile the scene of a hand and an object (None: the hand alone), hand frame = MuJoCo world.

    The hand's joints come first in qpos and qvel, in the hand's order, then the object's free
    joint; actuators follow the hand's order. In qpos0 the hand has its joints at zero.
    """
    config = config or SceneConfig()
    spec = hand_spec(hand)
    if object_model is not None:
        add_object(spec, object_model, hand.palm_center, np.array([1.0, 0.0, 0.0, 0.0]))
    spec.option.timestep = config.timestep
    spec.option.impratio = config.friction_stiffness
    spec.option.gravity = gravity_in_hand(config.wrist, config.gravity)
    model = spec.compile()
    names = tuple(model.joint(i).name for i in range(len(hand.joint_names)))
    actuators = tuple(model.actuator(i).name for i in range(model.nu))
    if names != hand.joint_names or actuators != hand.joint_names:
        raise ValueError(
            f'the scene of {hand.name} has joints {names} and actuators {actuators}; '
            f'the hand has {hand.joint_names}'
        )
    if config.drive:
        set_gains(model, config.drive.kp, config.drive.kd)
    return model


def set_gains(model: mujoco.MjModel, kp=None, kd=None) -> None:
    """Set the gains (J,) of the position actuators [N m/rad, N m s/rad]; None keeps them."""
    if kp is not None:
        model.actuator_gainprm[:, 0] = kp
        model.actuator_biasprm[:, 1] = -np.asarray(kp)
    if kd is not None:
        model.actuator_biasprm[:, 2] = -np.asarray(kd)


def put_object(model: mujoco.MjModel, data: mujoco.MjData, position, quaternion) -> None:
    """Put the object at rest at a pose in the hand frame: (3,) [m], (4,) (w, x, y, z)."""
    joint = model.joint(OBJECT_JOINT)
    address, velocity = int(joint.qposadr[0]), int(joint.dofadr[0])
    data.qpos[address : address + 3] = position
    data.qpos[address + 3 : address + 7] = quaternion
    data.qvel[velocity : velocity + 6] = 0.0


def free_place(
    model: mujoco.MjModel, data: mujoco.MjData, hand: Hand
) -> tuple[np.ndarray, np.ndarray] | None:
    """Where the object touches nothing, as near to the palm centre as there is room.

    Places lie out of the palm (along the hand's x axis) and a little to the sides, each with a
    few orientations, all of them nearer than the drop distance. So an object that is put in comes
    to lie on fingers and palm and never starts inside them.

    Args:
      data: the scene as it is; it is not changed.

    Returns:
      Position (3,) [m] and orientation (4,) (w, x, y, z) in the hand frame, or None where the
      posture leaves no room.
    """
    trial = mujoco.MjData(model)
    trial.qpos[:] = data.qpos
    body = model.body('object').id
    for shift, quaternion in _PLACES:
        position = hand.palm_center + shift
        put_object(model, trial, position, quaternion)
        mujoco.mj_kinematics(model, trial)
        mujoco.mj_collision(model, trial)
        if not np.any(model.geom_bodyid[trial.contact.geom] == body):
            return position, quaternion
    return None
