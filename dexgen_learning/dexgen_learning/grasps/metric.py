"""How far apart two grasps are, in feature units: 1 cm, 20 degrees, 0.12 rad (rms of joints)."""

from dataclasses import dataclass

from dexgen_description import ObjectModel
import numpy as np

from dexgen_learning.env.symmetry import rotation_error


@dataclass(frozen=True)
class Metric:
    """What counts as one unit of difference.

    Args:
        position: of the object [m].
        rotation: of the object [rad].
        joints: root mean square over the joints [rad].
    """

    position: float = 0.01
    rotation: float = float(np.deg2rad(20.0))
    joints: float = 0.12

    def distance(self, position: np.ndarray, rotation: np.ndarray,
                 joints: np.ndarray) -> np.ndarray:
        """The feature distance of differences: (...), from [m], [rad] and rms [rad] (...)."""
        return np.sqrt((position / self.position)**2 + (rotation / self.rotation)**2
                       + (joints / self.joints)**2)


@dataclass(frozen=True)
class Difference:
    """The parts of the difference between two states.

    Args:
        position: (...) distance of the object centres [m].
        rotation: (...) symmetry-aware angle [rad].
        joints: (...) root mean square of the joint differences [rad].
    """

    position: np.ndarray
    rotation: np.ndarray
    joints: np.ndarray


def difference(object_model: ObjectModel, pos_a: np.ndarray, quat_a: np.ndarray,
               q_a: np.ndarray, pos_b: np.ndarray, quat_b: np.ndarray,
               q_b: np.ndarray) -> Difference:
    """The difference of states a and b (object pose and joints), broadcast."""
    vector = rotation_error(object_model, quat_a, quat_b)
    return Difference(
        np.linalg.norm(np.asarray(pos_b) - pos_a, axis=-1),
        np.linalg.norm(vector, axis=-1),
        np.sqrt(np.mean((np.asarray(q_b) - q_a)**2, axis=-1)))
