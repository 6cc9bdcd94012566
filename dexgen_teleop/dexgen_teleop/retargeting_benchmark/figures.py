"""Figures of a retargeted motion: error, smoothness, lag, pinch gap, penetration, limits."""

from dexgen_description import Hand, hand_spec
import mujoco
import numpy as np
from scipy.optimize import minimize


def tip_error(tips: np.ndarray, reference: np.ndarray) -> float:
    """Mean distance [mm] of fingertips (N, F, 3) from their reference (N, F, 3)."""
    return float(1e3 * np.linalg.norm(tips - reference, axis=-1).mean())


def joint_acceleration(joints: np.ndarray, rate: float) -> float:
    """Root mean square over joints and frames of the second difference of (N, J) [rad/s^2]."""
    return float(np.sqrt((np.diff(joints, 2, axis=0) ** 2).mean()) * rate**2)


def lag(tips: np.ndarray, reference: np.ndarray, longest: int = 8) -> float:
    """Frames by which the motion of the tips (N, F, 3) comes after that of the reference.

    The shift at which the velocities correlate best, between frames by a parabola.
    """
    moved, wanted = np.diff(tips, axis=0), np.diff(reference, axis=0)
    inner = wanted[longest:-longest]
    shifts = np.arange(-longest, longest + 1)
    score = np.empty(len(shifts))
    for i, shift in enumerate(shifts):
        part = moved[longest + shift : len(moved) - longest + shift]
        score[i] = (part * inner).sum() / np.sqrt((part**2).sum() * (inner**2).sum())
    best = int(np.clip(score.argmax(), 1, len(shifts) - 2))
    left, middle, right = score[best - 1 : best + 2]
    return float(shifts[best] + 0.5 * (left - right) / (left - 2.0 * middle + right))


class Surfaces:
    """Distances between the collision shapes of different fingers, by MuJoCo's own geometry.

    Args:
      hand: the hand.
    """

    def __init__(self, hand: Hand):
        self._hand = hand
        self._model = hand_spec(hand).compile()
        self._data = mujoco.MjData(self._model)
        self._address = [self._model.joint(name).qposadr[0] for name in hand.joint_names]
        shapes = {
            finger: [
                (self._model.geom(name).id, link.name)
                for link in hand.links
                if link.name.startswith(f'{finger}_')
                for name in link.shape_names()
            ]
            for finger in hand.fingers
        }
        self._between = [
            (a, b)
            for i, first in enumerate(hand.fingers)
            for second in hand.fingers[i + 1 :]
            for a, _ in shapes[first]
            for b, _ in shapes[second]
        ]
        tips = {
            hand.keypoints[index].name.removesuffix('_tip'): hand.links[
                hand.keypoints[index].link
            ].name
            for index in hand.tip_indices
        }
        distal = {f: [g for g, link in shapes[f] if link == tips[f]] for f in hand.fingers}
        self._pinches = {
            finger: [(a, b) for a in distal['thumb'] for b in distal[finger]]
            for finger in hand.fingers
            if finger != 'thumb'
        }

    def penetration(self, joints: np.ndarray) -> float:
        """Deepest overlap [mm] of two fingers over the postures (N, J); 0 where none touches."""
        return max(0.0, -1e3 * min(self._least(q, self._between) for q in joints))

    def pinch_gap(self, joints: np.ndarray, finger: str) -> np.ndarray:
        """Gap (N,) [mm] between the distal links of thumb and finger in the postures (N, J)."""
        pairs = self._pinches[finger]
        return np.array([max(0.0, 1e3 * self._least(q, pairs, 0.2)) for q in joints])

    def least_pinch_gap(self, q: np.ndarray, finger: str, reach: np.ndarray) -> float:
        """Least gap [mm] of a pinch in the postures whose joints differ from q by at most `reach`.

        Found by descent from q and from 16 random postures there: the true least may be smaller.

        Args:
          q: (J,) posture [rad].
          finger: that is to meet the thumb.
          reach: (J,) [rad].
        """
        joints = [*self._hand.joint_indices(finger), *self._hand.joint_indices('thumb')]
        low = np.clip(q - reach, self._hand.lower, self._hand.upper)[joints]
        high = np.clip(q + reach, self._hand.lower, self._hand.upper)[joints]

        def gap(angles: np.ndarray) -> float:
            posture = q.copy()
            posture[joints] = angles
            return float(self.pinch_gap(posture[None], finger)[0])

        here, bounds = np.clip(q[joints], low, high), list(zip(low, high, strict=True))
        starts = np.random.default_rng(0).uniform(low, high, (16, len(joints)))
        least = gap(here)
        for start in (here, *starts):
            if least <= 0.0:
                break
            least = min(least, float(minimize(gap, start, method='L-BFGS-B', bounds=bounds).fun))
        return least

    def _least(self, q: np.ndarray, pairs: list[tuple[int, int]], reach: float = 1e-3) -> float:
        self._data.qpos[self._address] = q
        mujoco.mj_kinematics(self._model, self._data)
        return min(
            mujoco.mj_geomDistance(self._model, self._data, a, b, reach, None) for a, b in pairs
        )
