"""The MuJoCo scene: a hand that stands still, an object, and gravity that turns with the wrist."""

from dataclasses import dataclass, field

from dexgen_description import add_object, Hand, hand_spec, ObjectModel
import mujoco
import numpy as np

from dexgen_sim_bridge.drop import DROP_DISTANCE
from dexgen_sim_bridge.wrist import GRAVITY, gravity_in_hand, PALM_UP, wrist_orientation

__all__ = [
    'GRAVITY', 'PALM_UP', 'SceneConfig', 'build_scene', 'free_place', 'gravity_in_hand',
    'put_object', 'wrist_orientation',
]  # fmt: skip

OBJECT_JOINT = 'object_joint'
_PLACES = np.arange(0.0, DROP_DISTANCE - 0.02, 0.004)
_CLEARANCE = 0.002


@dataclass(frozen=True)
class SceneConfig:
    """Settings of the scene.

    Attributes:
      timestep: length of a physics step [s].
      wrist: (4,) hand frame in the world frame, (w, x, y, z).
      gravity: magnitude [m/s^2].
    """

    timestep: float = 0.005
    wrist: np.ndarray = field(default_factory=PALM_UP.copy)
    gravity: float = GRAVITY


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
    spec.option.gravity = gravity_in_hand(config.wrist, config.gravity)
    model = spec.compile()
    names = tuple(model.joint(i).name for i in range(len(hand.joint_names)))
    actuators = tuple(model.actuator(i).name for i in range(model.nu))
    if names != hand.joint_names or actuators != hand.joint_names:
        raise ValueError(
            f'the scene of {hand.name} has joints {names} and actuators {actuators}; '
            f'the hand has {hand.joint_names}'
        )
    return model


def put_object(model: mujoco.MjModel, data: mujoco.MjData, position, quaternion) -> None:
    """Put the object at rest at a pose in the hand frame: (3,) [m], (4,) (w, x, y, z)."""
    joint = model.joint(OBJECT_JOINT)
    address, velocity = int(joint.qposadr[0]), int(joint.dofadr[0])
    data.qpos[address : address + 3] = position
    data.qpos[address + 3 : address + 7] = quaternion
    data.qvel[velocity : velocity + 6] = 0.0


def free_place(model: mujoco.MjModel, data: mujoco.MjData, hand: Hand) -> np.ndarray | None:
    """Where the object touches nothing: the palm centre, or the nearest place out of the palm.

    The search goes from the palm centre along the hand's x axis, away from the palm, so that an
    object put back comes to lie on fingers and palm and never starts inside them.

    Args:
      data: the scene as it is; it is not changed.

    Returns:
      (3,) position [m, hand frame], or None where a closed hand leaves no room before the drop
      distance.
    """
    trial = mujoco.MjData(model)
    trial.qpos[:] = data.qpos
    body = model.body('object').id
    for offset in _PLACES:
        position = hand.palm_center + [offset, 0.0, 0.0]
        put_object(model, trial, position, [1.0, 0.0, 0.0, 0.0])
        mujoco.mj_kinematics(model, trial)
        mujoco.mj_collision(model, trial)
        bodies = model.geom_bodyid[trial.contact.geom]
        if not np.any(bodies == body):
            return position + [_CLEARANCE, 0.0, 0.0]
    return None
