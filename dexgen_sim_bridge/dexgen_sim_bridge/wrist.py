"""The wrist's orientation: its names, gravity in the hand frame, its rate-limited turn.

An orientation is the pose of the hand frame in the world frame (z up), a unit quaternion
(w, x, y, z).
"""

import numpy as np

GRAVITY = 9.81
"""Acceleration of free fall [m/s^2]."""
PALM_UP = np.array([0.0, np.sqrt(0.5), 0.0, np.sqrt(0.5)])
"""Palm (hand x) up, fingers (hand z) along world x."""
PALM_DOWN = np.array([np.sqrt(0.5), 0.0, np.sqrt(0.5), 0.0])
"""Palm down, fingers along world x."""
SIDEWAYS = {
    'right': np.array([0.5, 0.5, 0.5, 0.5]),
    'left': np.array([0.5, -0.5, 0.5, -0.5]),
}
"""Palm to the side, fingers along world x, thumb up."""
FINGERS_UP = np.array([1.0, 0.0, 0.0, 0.0])
WRISTS = ('palm_up', 'palm_down', 'sideways', 'fingers_up', 'operator')
"""Names of orientations; `operator` starts palm up and then follows what is commanded."""


def wrist_orientation(name: str, side: str = 'right') -> np.ndarray:
    """Quaternion (4,) of a named orientation for a hand's side ('right' or 'left').

    Raises:
      ValueError: no such name; the message lists those that there are.
    """
    named = {
        'palm_up': PALM_UP,
        'operator': PALM_UP,
        'palm_down': PALM_DOWN,
        'sideways': SIDEWAYS[side],
        'fingers_up': FINGERS_UP,
    }
    if name not in named:
        raise ValueError(f"no wrist orientation '{name}'; allowed: {', '.join(WRISTS)}")
    return named[name].copy()


def gravity_in_hand(orientation: np.ndarray, gravity: float = GRAVITY) -> np.ndarray:
    """Acceleration of free fall (..., 3) [m/s^2] in the hand frame.

    Args:
      orientation: (..., 4) hand frame in the world frame.
      gravity: its magnitude [m/s^2].
    """
    w, x, y, z = np.moveaxis(np.asarray(orientation, float), -1, 0)
    # The third row of the rotation matrix is the world's z axis in the hand frame.
    up = np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], -1)
    return -gravity * up


def unit_quaternion(quaternion) -> np.ndarray:
    """The quaternion (4,) normalised.

    Raises:
      ValueError: it is not finite or too short to have a direction.
    """
    quaternion = np.asarray(quaternion, float)
    length = float(np.linalg.norm(quaternion))
    if not np.isfinite(length) or length < 1e-3:
        raise ValueError(
            f'orientation {quaternion.tolist()} (w, x, y, z) is no rotation; '
            'give a finite quaternion of length 1'
        )
    return quaternion / length


def turn_toward(orientation: np.ndarray, wanted: np.ndarray, angle: float) -> np.ndarray:
    """Turn an orientation toward another by at most `angle` [rad], the short way (slerp)."""
    cosine = float(orientation @ wanted)
    if cosine < 0.0:
        wanted, cosine = -wanted, -cosine
    whole = 2.0 * np.arccos(min(cosine, 1.0))
    if whole <= max(angle, 1e-6):
        return wanted
    share, half = angle / whole, 0.5 * whole
    turned = np.sin((1.0 - share) * half) * orientation + np.sin(share * half) * wanted
    return turned / np.linalg.norm(turned)
