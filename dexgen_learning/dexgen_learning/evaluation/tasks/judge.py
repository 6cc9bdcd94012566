"""When a stage is done: where the object is, how the hand holds it, what it did with it."""

from dexgen_description import Hand
import numpy as np

from dexgen_learning.env import quaternion
from dexgen_learning.tasks.anygrasp import AnygraspTask

ROTATION = 0.3
"""`reorient`: symmetry-aware error of the object's orientation [rad]."""
POSITION, JOINTS = 0.015, 0.2
"""`regrasp` and `functional`: error of the object's place [m], of the joints, rms [rad]."""
AXIS, STEADY = 0.25, 1.0
"""`align`: error of the orientation [rad], kept for so long [s]."""
TURNED = 0.5
"""`turn`: about the tool's own axis since the stage began [rad]."""
PRESSED = 0.01
"""`press`: way of the thumb's tip along the tool's axis since the stage began [m]."""


class Judge:
    """Judges every environment's present stage.

    Args:
      task: environments; their goals are the stages' present grasps.
      axis: (3,) the tool's own axis, in its frame.
    """

    def __init__(self, task: AnygraspTask, axis: np.ndarray):
        self._task, self._axis = task, np.asarray(axis, float)
        self._steady = np.zeros(task.n)
        self._quat = task.env.sim.object_quat.copy()
        self._thumb = self._thumb_tip()

    def begin(self, ids: np.ndarray) -> None:
        """A new stage begins in the environments `ids`."""
        self._steady[ids] = 0.0
        self._quat[ids] = self._task.env.sim.object_quat[ids]
        self._thumb[ids] = self._thumb_tip()[ids]

    def near(self) -> np.ndarray:
        """(n,) whether the grasp on the way is near enough to go on."""
        rotation, position, joints = self._errors()
        return (rotation < 1.3 * ROTATION) & (position < POSITION) & (joints < 1.2 * JOINTS)

    def done(self, stage: np.ndarray) -> np.ndarray:
        """(n,) whether the stage (n,) of each environment, by name, is done now."""
        rotation, position, joints = self._errors()
        self._steady = np.where(rotation < AXIS, self._steady + self._task.env.dt, 0.0)
        held = (position < POSITION) & (joints < JOINTS)
        verdicts = {
            'reorient': rotation < ROTATION,
            'regrasp': held,
            'functional': held,
            'align': self._steady >= STEADY,
            'turn': np.abs(self.turned()) >= TURNED,
            'press': self.pressed() >= PRESSED,
        }
        return np.select([stage == name for name in verdicts], list(verdicts.values()), False)

    def turned(self) -> np.ndarray:
        """(n,) turn of the object about its own axis since the stage began [rad]."""
        now = self._task.env.sim.object_quat
        relative = quaternion.multiply(quaternion.conjugate(self._quat), now)
        along = relative[:, 1:] @ self._axis
        angle = 2.0 * np.arctan2(along, relative[:, 0])
        return (angle + np.pi) % (2.0 * np.pi) - np.pi

    def pressed(self) -> np.ndarray:
        """(n,) way of the thumb's tip along the object's axis since the stage began [m]."""
        axis = quaternion.rotate(self._quat, self._axis)
        return ((self._thumb_tip() - self._thumb) * axis).sum(axis=-1)

    def _thumb_tip(self) -> np.ndarray:
        env = self._task.env
        return env.kinematics.fingertips(env.sim.q)[:, thumb(self._task.hand)].copy()

    def _errors(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        task = self._task
        lengths = (np.linalg.norm(e, axis=-1) for e in (task.turn_error, task.position_error))
        return (*lengths, task.joint_error)


def thumb(hand: Hand) -> int:
    """Index of the thumb among the fingers."""
    return hand.fingers.index('thumb')
