"""The scene that Isaac Sim is to show, as data: standard library only, read by both Pythons.

`prepare.py` writes a table with this workspace's Python; `open_hand.py` reads it with Isaac
Sim's. The hand frame is the stage's world frame, as in this project's own simulator: the hand
stands still and gravity is what the wrist turns.
"""

from dataclasses import asdict, dataclass
import json
import math
from pathlib import Path

VERSION = 1
FILE_NAME = 'scene.json'
HAND_PATH, OBJECT_PATH, PHYSICS_PATH, GRAPH_PATH = '/hand', '/object', '/physics', '/ros_graph'
PER_DEGREE = math.pi / 180.0
"""USD's angular drives count in degrees."""


class SceneError(ValueError):
    """A table that does not exist or does not fit this program."""


@dataclass(frozen=True)
class JointDrive:
    """The drive of one joint.

    Attributes:
      kp, kd: gains [N m/rad, N m s/rad].
      torque: its limit [N m].
      velocity: its limit [rad/s].
      armature: rotor inertia seen at the joint [kg m^2].
      start: position at the start [rad].
    """

    kp: float
    kd: float
    torque: float
    velocity: float
    armature: float
    start: float

    @property
    def stiffness(self) -> float:
        """Gain kp as USD has it [N m/deg]."""
        return self.kp * PER_DEGREE

    @property
    def damping(self) -> float:
        """Gain kd as USD has it [N m s/deg]."""
        return self.kd * PER_DEGREE


@dataclass(frozen=True)
class Scene:
    """Everything that the stage is made of.

    Attributes:
      hand: name of the hand description.
      hand_urdf: its file, beside the table.
      joints: drives by joint name, in the hand's order.
      object_urdf: file of the object; empty: none.
      object_position: in the hand frame [m].
      gravity_direction: unit vector in the hand frame.
      gravity: its magnitude [m/s^2].
      friction: sliding friction of the hand's surface.
      physics_rate: steps of physics a second [Hz].
      message_rate: joint states a second [Hz]; a divisor of physics_rate.
      state_topic, command_topic: the names that the preset `isaac_sim` uses.
    """

    hand: str
    hand_urdf: str
    joints: dict[str, JointDrive]
    object_urdf: str
    object_position: tuple[float, float, float]
    gravity_direction: tuple[float, float, float]
    gravity: float
    friction: float
    physics_rate: int
    message_rate: int
    state_topic: str
    command_topic: str

    def write(self, folder: Path) -> Path:
        """Write the table into a folder; return its path."""
        path = folder / FILE_NAME
        path.write_text(json.dumps({'version': VERSION, **asdict(self)}, indent=2) + '\n')
        return path


def read_scene(folder: Path) -> Scene:
    """Read the table of a folder.

    Raises:
      SceneError: it is not there, of another version, or lacks something.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise SceneError(f'no {FILE_NAME} in {folder}; write one with prepare.py')
    try:
        data = json.loads(path.read_text())
        if data.pop('version') != VERSION:
            raise SceneError(f'{path} is of another version; write it anew with prepare.py')
        joints = {name: JointDrive(**drive) for name, drive in data.pop('joints').items()}
        vectors = {n: tuple(data.pop(n)) for n in ('object_position', 'gravity_direction')}
        scene = Scene(joints=joints, **vectors, **data)
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise SceneError(f'{path} is no scene table: {error!r}') from error
    for name in filter(None, (scene.hand_urdf, scene.object_urdf)):
        if not (folder / name).is_file():
            raise SceneError(f'{path} names {name}, which is not beside it')
    return scene
