"""Fingertips to points: batched inverse kinematics, damped least squares, finger by finger."""

from dexgen_description import Kinematics
import numpy as np


def reach(kinematics: Kinematics, q: np.ndarray, points: np.ndarray, used: np.ndarray, *,
          iterations: int = 10, damping: float = 0.012, step: float = 0.3,
          posture: float = 0.02) -> tuple[np.ndarray, np.ndarray]:
    """Move the fingertips of `used` fingers to points.

    Args:
        kinematics: of the hand.
        q: (n, J) where to start [rad].
        points: (n, F, 3) one for each finger [m], hand frame.
        used: (n, F) bool, fingers that move; the others stay.
        iterations: of the solver.
        damping: regularises the inverse [m].
        step: largest change of a joint in an iteration [rad].
        posture: share by which joints are drawn back to where they started.

    Returns:
        (n, J) joints within their limits [rad], and (n, F) the remaining distance [m].
    """
    hand = kinematics.hand
    start, q = q, q.copy()
    eye = damping**2 * np.eye(3)
    for _ in range(iterations):
        error = points - kinematics.fingertips(q)
        jacobian = kinematics.keypoint_jacobian(q)[:, hand.tip_indices]
        for f, finger in enumerate(hand.fingers):
            joints = hand.joint_indices(finger)
            j = jacobian[:, f][:, :, joints]
            solved = np.linalg.solve(j @ np.swapaxes(j, 1, 2) + eye, error[:, f, :, None])
            move = (np.swapaxes(j, 1, 2) @ solved)[..., 0]
            move = move + posture * (start[:, joints] - q[:, joints])
            move = np.clip(move, -step, step) * used[:, f, None]
            q[:, joints] = np.clip(q[:, joints] + move, hand.lower[joints], hand.upper[joints])
    return q, np.linalg.norm(points - kinematics.fingertips(q), axis=-1)
