"""Robot hands and objects as data: MJCF, URDF and forward kinematics built from one file each."""
from dexgen_description.data_file import DataFileError
from dexgen_description.hand import CollisionPair, Hand, Keypoint, Link
from dexgen_description.hand_file import hand_names, load_hand, read_hand
from dexgen_description.kinematics import Kinematics
from dexgen_description.mesh import load_mesh, MeshError
from dexgen_description.object_file import load_object, object_names, read_object
from dexgen_description.object_model import ObjectModel
from dexgen_description.shape import Shape
from dexgen_description.symmetry import Symmetry
from dexgen_description.urdf import hand_urdf, object_urdf

_MUJOCO_NAMES = ('hand_spec', 'add_object')

__all__ = [
    'CollisionPair', 'DataFileError', 'Hand', 'Keypoint', 'Kinematics', 'Link', 'MeshError',
    'ObjectModel', 'Shape', 'Symmetry', 'add_object', 'hand_names', 'hand_spec', 'hand_urdf',
    'load_hand', 'load_mesh', 'load_object', 'object_names', 'object_urdf', 'read_hand',
    'read_object',
]


def __getattr__(name: str):
    """Import MuJoCo only for those who build its models."""
    if name in _MUJOCO_NAMES:
        from dexgen_description import mjcf
        return getattr(mjcf, name)
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
