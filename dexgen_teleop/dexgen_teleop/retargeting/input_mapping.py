"""Hands from gloves and headsets: named poses in any order to the 21 landmarks."""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from transforms3d.euler import euler2mat
import yaml

from dexgen_teleop.landmarks import COUNT, Handedness, INDEX

TYPES = ('pose_array', 'hand_landmarks')


@dataclass(frozen=True)
class InputMapping:
    """How the poses of a device become landmarks.

    Attributes:
      topic: that the device's hand comes on.
      type: 'pose_array' (geometry_msgs/PoseArray) or 'hand_landmarks' (HandLandmarks).
      side: 'right' or 'left'.
      names: of the poses, in the order of the array.
      landmarks: landmark name -> name of the pose; landmarks left out are unknown.
      rotation_rpy: rotation of the device's frame into a camera's optical frame (x right, y down,
        z forward), fixed-axis roll, pitch, yaw [rad].
      scale: metres per unit of the device.
    """

    topic: str
    type: str
    side: str
    names: tuple[str, ...] = ()
    landmarks: dict[str, str] | None = None
    rotation_rpy: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: float = 1.0

    def __post_init__(self):
        if self.type not in TYPES:
            raise ValueError(f"type is '{self.type}'; allowed: {', '.join(TYPES)}")
        Handedness.of(self.side)
        if self.type == 'pose_array':
            self._check_names()

    def _check_names(self) -> None:
        if len(set(self.names)) != len(self.names):
            raise ValueError('names: a pose is named twice')
        if not self.landmarks:
            raise ValueError('landmarks: none is mapped; map at least wrist and the knuckles')
        unknown = sorted(set(self.landmarks) - set(INDEX))
        if unknown:
            raise ValueError(f'landmarks: unknown {unknown}; allowed: {", ".join(INDEX)}')
        absent = sorted(set(self.landmarks.values()) - set(self.names))
        if absent:
            raise ValueError(
                f'landmarks: no pose is named {absent}; named: {", ".join(self.names)}'
            )

    def points(self, poses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Landmarks (21, 3) [m] in the optical convention and which are known (21,) bool.

        Args:
          poses: (N, 3) positions of the device, as many as `names`.

        Raises:
          ValueError: another number of poses.
        """
        if len(poses) != len(self.names):
            raise ValueError(f'{len(poses)} poses came; the mapping names {len(self.names)}')
        indices = [INDEX[landmark] for landmark in self.landmarks]
        places = [self.names.index(name) for name in self.landmarks.values()]
        points, known = np.zeros((COUNT, 3)), np.zeros(COUNT, bool)
        points[indices] = self.turned(np.asarray(poses, float)[places])
        known[indices] = np.isfinite(points[indices]).all(1)
        points[~known] = 0.0
        return points, known

    def turned(self, points: np.ndarray) -> np.ndarray:
        """Points (N, 3) of the device in metres and the optical convention."""
        return self.scale * points @ euler2mat(*self.rotation_rpy).T


def shipped_inputs() -> tuple[str, ...]:
    """Names of the mappings that ship with the package."""
    folder = resources.files('dexgen_teleop.retargeting') / 'inputs'
    return tuple(sorted(p.name[:-5] for p in folder.iterdir() if p.name.endswith('.yaml')))


def load_input(name: str) -> InputMapping:
    """A mapping that ships (by name) or a file of one's own (by path).

    Raises:
      ValueError: the mapping is not valid, or there is none of that name.
    """
    if name in shipped_inputs():
        folder = resources.files('dexgen_teleop.retargeting') / 'inputs'
        text = (folder / f'{name}.yaml').read_text()
    elif Path(name).expanduser().is_file():
        text = Path(name).expanduser().read_text()
    else:
        raise ValueError(
            f"no input mapping '{name}'; shipped: {', '.join(shipped_inputs())}; "
            'or give the path of a YAML file'
        )
    try:
        data = yaml.safe_load(text)
        for key in ('names', 'rotation_rpy'):
            if key in data:
                data[key] = tuple(data[key])
        return InputMapping(**data)
    except (TypeError, ValueError, yaml.YAMLError) as error:
        raise ValueError(f'input mapping {name}: {error}') from error
