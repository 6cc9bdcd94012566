"""From an object's data file to an `ObjectModel`, in any size."""
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from dexgen_description import data_file
from dexgen_description.data_file import Node
from dexgen_description.inertia import of_shapes
from dexgen_description.mesh import load_mesh, MESH_ENDINGS
from dexgen_description.object_model import bounding_box, ObjectModel
from dexgen_description.shape_file import read_shapes
from dexgen_description.symmetry import make_symmetry, SYMMETRY_KINDS

SIZE_RANGE = (0.005, 0.3)
"""Smallest and largest full extent of an object [m]: beyond it a hand has nothing to hold."""


def object_names() -> tuple[str, ...]:
    """Names of the objects that ship with the package."""
    return data_file.shipped_names('objects')


def load_object(name: str, size: float | None = None, scale: float = 1.0,
                mass: float | None = None, friction: float | None = None) -> ObjectModel:
    """Load an object that ships with the package, or one's own from a file.

    Args:
        name: one of `object_names()`, or the path of a data file (.yaml) or of a closed mesh
            (.stl, .obj, .ply, .off, .glb; see `mesh.load_mesh`).
        size: longest full extent [m]; the other extents and, as its cube, the mass follow.
        scale: factor on the (given) size.
        mass: [kg], in place of the data file's.
        friction: sliding friction, in place of the data file's.

    Raises:
        ValueError: unknown name (lists the known ones), a faulty file, or a size, mass or
            friction out of range.
    """
    ending = Path(name).suffix.lower()
    if ending in MESH_ENDINGS:
        return _adapt(load_mesh(name, scale, mass, size), 1.0, mass, friction)
    if ending == '.yaml':
        model = read_object(name)
    elif name in object_names():
        model = _shipped(name)
    else:
        raise ValueError(f'unknown object {name!r}; known: {", ".join(object_names())}, '
                         f'or a file ending in .yaml, {", ".join(MESH_ENDINGS)}')
    if size is not None:
        scale *= size / model.size.max()
    return _adapt(model, scale, mass, friction)


def read_object(path: str | Path) -> ObjectModel:
    """Load an object from a data file of one's own.

    Raises:
        DataFileError: names the file, the key, the value and what is allowed.
    """
    return object_from_node(data_file.read(Path(path)))


def object_from_node(node: Node) -> ObjectModel:
    """Build and check an `ObjectModel`; see docs/hands.md for the keys."""
    geoms = read_shapes(node)
    mass = node.number('mass', 1e-4, 5.0)
    center = of_shapes(geoms, mass).center
    geoms = tuple(replace(geom, pos=geom.pos - center) for geom in geoms)
    low, high = bounding_box(geoms)
    kind = node.text('symmetry', SYMMETRY_KINDS)
    axis = node.vector('axis', 3, default=[0.0, 0.0, 1.0])
    if not np.linalg.norm(axis) > 0:
        raise node.error('axis', axis.tolist(), 'a vector that is not zero')
    model = ObjectModel(
        name=node.text('name'), geoms=geoms, mass=mass,
        friction=node.vector('friction', 3, low=0.0), size=high - low,
        symmetry=make_symmetry(kind, axis),
        color=tuple(node.vector('color', 4, low=0.0, default=[0.85, 0.55, 0.2, 1.0]).tolist()))
    node.finish()
    return model


@cache
def _shipped(name: str) -> ObjectModel:
    return object_from_node(data_file.read(data_file.shipped_file('objects', name)))


def _adapt(model: ObjectModel, scale: float, mass: float | None, friction: float | None
           ) -> ObjectModel:
    """The object in another size, mass or friction."""
    longest = float(model.size.max() * scale)
    if not SIZE_RANGE[0] <= longest <= SIZE_RANGE[1]:
        raise ValueError(f'object {model.name}: longest extent {longest:g} m is not allowed; '
                         f'allowed: {SIZE_RANGE[0]:g} to {SIZE_RANGE[1]:g} m')
    if scale != 1.0:
        model = model.scaled(scale)
    if mass is not None:
        if not 1e-4 <= mass <= 5.0:
            raise ValueError(f'object {model.name}: mass {mass!r} is not allowed; '
                             'allowed: 0.0001 to 5 kg')
        model = replace(model, mass=float(mass))
    if friction is not None:
        if not 0.0 <= friction <= 5.0:
            raise ValueError(f'object {model.name}: friction {friction!r} is not allowed; '
                             'allowed: 0 to 5')
        model = replace(model, friction=np.array([friction, *model.friction[1:]]))
    return model
