"""A human hand of bones and joint angles: the truth of generated operators and test sets."""

from dataclasses import dataclass, field

import numpy as np

from dexgen_teleop.landmarks import COUNT, FINGERS, Handedness, INDEX

ANGLES = 4
"""Angles of a finger [rad]: abduction, then flexion of its three joints from the palm outward."""
LOWER = np.array([[-0.9, -0.4, -0.1, -0.2]] + [[-0.3, -0.3, 0.0, 0.0]] * 4)
UPPER = np.array([[0.6, 1.1, 0.9, 1.3]] + [[0.3, 1.6, 1.9, 1.3]] * 4)
"""Limits of the angles, (5, 4) [rad]: fingers in the order of landmarks.FINGERS."""
OPEN = np.array(
    [
        [0.15, -0.15, 0.05, 0.05],
        [0.10, 0.10, 0.10, 0.05],
        [0.00, 0.10, 0.10, 0.05],
        [-0.08, 0.10, 0.10, 0.05],
        [-0.18, 0.12, 0.12, 0.05],
    ]
)
FIST = np.array(
    [
        [-0.10, 0.70, 0.60, 0.70],
        [0.00, 1.35, 1.65, 0.90],
        [0.00, 1.40, 1.70, 0.90],
        [0.00, 1.40, 1.70, 0.90],
        [0.00, 1.35, 1.65, 0.90],
    ]
)
ROOTS = np.array(
    [
        [0.012, 0.024, 0.022],
        [0.007, 0.026, 0.094],
        [0.000, 0.000, 0.096],
        [0.003, -0.021, 0.090],
        [0.007, -0.039, 0.079],
    ]
)
"""First joint of each finger in the wrist frame of a right hand, (5, 3) [m]."""
LENGTHS = np.array(
    [
        [0.046, 0.034, 0.027],
        [0.044, 0.026, 0.023],
        [0.048, 0.030, 0.024],
        [0.044, 0.028, 0.024],
        [0.034, 0.020, 0.021],
    ]
)
"""Lengths of the bones of each finger, (5, 3) [m]: a hand of about 19 cm."""


def _orthonormal(bone: np.ndarray, flexion: np.ndarray) -> np.ndarray:
    z = bone / np.linalg.norm(bone)
    x = flexion - (flexion @ z) * z
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z], axis=-1)


BASES = np.stack(
    [_orthonormal(np.array([0.40, 0.62, 0.67]), np.array([0.60, -0.80, 0.10]))]
    + [np.eye(3)] * (len(FINGERS) - 1)
)
"""Orientation of each straight finger in the wrist frame, (5, 3, 3): columns are the directions
of flexion, of the flexion axis and of the bone."""


@dataclass(frozen=True, eq=False)
class HumanHand:
    """Forward kinematics of a human hand.

    Attributes:
      side: 'right' or 'left'; a left hand is the mirror image in y of the wrist frame.
      scale: size relative to an adult hand of about 19 cm, dimensionless.
      roots: (5, 3) first joint of each finger in the wrist frame of a right hand [m].
      lengths: (5, 3) of the bones of each finger [m].
    """

    side: str = 'right'
    scale: float = 1.0
    roots: np.ndarray = field(default_factory=ROOTS.copy)
    lengths: np.ndarray = field(default_factory=LENGTHS.copy)

    def landmarks(self, angles: np.ndarray) -> np.ndarray:
        """The 21 landmarks in the wrist frame of `dexgen_teleop.landmarks.wrist_frame`.

        Args:
          angles: (..., 5, 4) [rad], fingers in the order of landmarks.FINGERS.

        Returns:
          (..., 21, 3) [m].
        """
        angles = np.asarray(angles, float)
        points = np.zeros((*angles.shape[:-2], COUNT, 3))
        for f in range(len(FINGERS)):
            turned = BASES[f] @ _about_x(-angles[..., f, 0])
            position = np.broadcast_to(self.roots[f], (*angles.shape[:-2], 3))
            points[..., 1 + 4 * f, :] = position
            bend = np.cumsum(angles[..., f, 1:], axis=-1)
            for i in range(3):
                bone = np.stack(
                    [np.sin(bend[..., i]), np.zeros_like(bend[..., i]), np.cos(bend[..., i])], -1
                )
                step = np.einsum('...ij,...j->...i', turned, bone)
                position = position + self.lengths[f, i] * step
                points[..., 2 + 4 * f + i, :] = position
        points *= self.scale
        if Handedness.of(self.side) is Handedness.LEFT:
            points[..., 1] *= -1.0
        return points

    def pinch(self, finger: str, iterations: int = 60) -> np.ndarray:
        """Angles (5, 4) in which the thumb's tip touches the tip of `finger`, the others open.

        Damped least squares from a half-closed posture, inside the limits.

        Raises:
          ValueError: `finger` is not index, middle, ring or little.
        """
        if finger not in FINGERS[1:]:
            raise ValueError(f"finger is '{finger}'; allowed: {', '.join(FINGERS[1:])}")
        f = FINGERS.index(finger)
        angles = OPEN.copy()
        angles[f] = [0.0, 0.7, 0.7, 0.4]
        angles[0] = [0.0, 0.25, 0.3, 0.3]
        rest, moving = angles[[0, f]].ravel(), np.ix_([0, f], range(ANGLES))
        low, high = LOWER[[0, f]].ravel(), UPPER[[0, f]].ravel()
        straight = HumanHand(roots=self.roots, lengths=self.lengths)
        tips = [INDEX['thumb_tip'], INDEX[f'{finger}_tip']]

        def gap(values: np.ndarray) -> np.ndarray:
            posture = np.broadcast_to(angles, (*values.shape[:-1], *angles.shape)).copy()
            posture[..., moving[0], moving[1]] = values.reshape(*values.shape[:-1], 2, ANGLES)
            thumb_and_finger = straight.landmarks(posture)[..., tips, :]
            return thumb_and_finger[..., 0, :] - thumb_and_finger[..., 1, :]

        values, step = rest.copy(), 1e-5
        for _ in range(iterations):
            error = gap(values)
            jacobian = (gap(values + step * np.eye(len(values))) - error).T / step
            system = jacobian.T @ jacobian + 1e-5 * np.eye(len(values))
            change = np.linalg.solve(system, -jacobian.T @ error + 1e-8 * (rest - values))
            values = np.clip(values + np.clip(change, -0.2, 0.2), low, high)
        angles[moving] = values.reshape(2, ANGLES)
        return angles


def _about_x(angle: np.ndarray) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    matrix = np.zeros((*np.shape(angle), 3, 3))
    matrix[..., 0, 0] = 1.0
    matrix[..., 1, 1], matrix[..., 1, 2], matrix[..., 2, 1], matrix[..., 2, 2] = c, -s, s, c
    return matrix
