"""The object servo: fingertips on the object move it toward the goal pose, by feedback.

Interpolating stored targets is blind to where the object is; this closes the loop. The wanted
motion of the object is a twist proportional to its pose error; fingertips near the object follow
it rigidly (damped least squares, finger by finger) and press a little inward.
"""

from dataclasses import dataclass

from dexgen_description import Kinematics
import numpy as np


@dataclass(frozen=True)
class ServoConfig:
    """Gains per 0.1 s.

    Args:
        position: share of the position error taken back; 0 (with rotation 0) is no servo.
        rotation: share of the rotation error taken back.
        squeeze: how far touching fingertips press inward [m].
        fastest: bound of the translation [m].
        turn: bound of the rotation [rad].
        near: a tip within this distance of the object's bounding sphere follows [m].
        damping: of the least squares [m].
    """

    position: float = 0.6
    rotation: float = 0.6
    squeeze: float = 0.001
    fastest: float = 0.01
    turn: float = 0.2
    near: float = 0.02
    damping: float = 0.02


@dataclass(frozen=True)
class ObjectError:
    """Where the object is and how it should move.

    Args:
        pos: (n, 3) its centre [m].
        size: (n, 3) its extents [m].
        translation: (n, 3) position error [m].
        rotation: (n, 3) rotation error as a vector [rad].
    """

    pos: np.ndarray
    size: np.ndarray
    translation: np.ndarray
    rotation: np.ndarray


def servo(kinematics: Kinematics, q: np.ndarray, error: ObjectError, config: ServoConfig,
          gain: np.ndarray | float = 1.0) -> np.ndarray:
    """The change of the joint targets per 0.1 s (n, J) [rad].

    Args:
        kinematics: of the hand.
        q: (n, J) joint positions [rad].
        error: of the object.
        config: gains.
        gain: (n, 1) or one factor on the wanted twist.
    """
    hand = kinematics.hand
    shift = _bounded(gain * config.position * error.translation, config.fastest)
    turn = _bounded(gain * config.rotation * error.rotation, config.turn)
    arm = kinematics.fingertips(q) - error.pos[:, None]
    length = np.linalg.norm(arm, axis=-1, keepdims=True)
    near = length < 0.5 * np.linalg.norm(error.size, axis=-1)[:, None, None] + config.near
    inward = -config.squeeze * arm / np.maximum(length, 1e-9)
    move = np.where(near, shift[:, None] + np.cross(turn[:, None], arm) + inward, 0.0)
    jacobian = kinematics.keypoint_jacobian(q)[:, hand.tip_indices]
    change = np.zeros_like(q)
    for f, finger in enumerate(hand.fingers):
        joints = hand.joint_indices(finger)
        j = jacobian[:, f][:, :, joints]
        square = j @ np.swapaxes(j, 1, 2) + config.damping**2 * np.eye(3)
        solved = np.linalg.solve(square, move[:, f, :, None])
        change[:, joints] = (np.swapaxes(j, 1, 2) @ solved)[..., 0]
    return change


def _bounded(vector: np.ndarray, bound: float) -> np.ndarray:
    length = np.linalg.norm(vector, axis=-1, keepdims=True)
    return vector * np.minimum(1.0, bound / np.maximum(length, 1e-9))
