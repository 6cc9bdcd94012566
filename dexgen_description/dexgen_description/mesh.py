"""Any closed mesh file as an object for the hand, by convex decomposition."""
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from dexgen_description.object_model import bounding_box, ObjectModel
from dexgen_description.shape import Shape
from dexgen_description.symmetry import make_symmetry

MESH_ENDINGS = ('.stl', '.obj', '.ply', '.off', '.glb')
LARGEST, THICKEST = 0.3, 0.12
"""Longest and shortest extent [m] up to which a hand can do something with an object."""
_DENSITY = 500.0  # kg/m^3 where no mass is given: hollow plastic or wood
_CONVEX_SHARE = 0.995  # of its hull's volume: from here on a mesh counts as convex
_MASSES = (0.005, 1.0)


class MeshError(ValueError):
    """A mesh file that cannot become an object; the message says why and what helps."""


def load_mesh(path: str | Path, scale: float = 1.0, mass: float | None = None,
              size: float | None = None) -> ObjectModel:
    """Turn a mesh file into an object; no symmetry is assumed.

    Args:
        path: a file with one of `MESH_ENDINGS`, in metres after `scale`.
        scale: factor on the file's lengths; 0.001 for a file in millimetres.
        mass: [kg]; by default the volume times 500 kg/m^3, within 5 g and 1 kg.
        size: longest full extent [m] that the mesh is brought to before `scale`.

    Raises:
        MeshError: no such file, unreadable, not closed, or too large for a hand.
    """
    path = Path(path)
    geoms, volume = _decompose(path, scale, size)
    if mass is None:
        mass = float(np.clip(volume * _DENSITY, *_MASSES))
    low, high = bounding_box(geoms)
    return ObjectModel(
        name=path.stem, geoms=geoms, mass=mass, friction=np.array([0.9, 0.005, 0.0001]),
        size=high - low, symmetry=make_symmetry('none'), color=(0.7, 0.7, 0.72, 1.0))


@cache
def _decompose(path: Path, scale: float, size: float | None) -> tuple[tuple[Shape, ...], float]:
    """Convex pieces around the centre of mass, and the volume [m^3]; kept for the next call."""
    mesh = _read(path)
    if size is not None:
        scale *= size / mesh.extents.max()
    mesh.apply_scale(scale)
    _check(path, mesh)
    mesh.apply_translation(-mesh.center_mass)
    pieces = [mesh.convex_hull]
    if mesh.volume < _CONVEX_SHARE * mesh.convex_hull.volume:
        pieces = _convex_pieces(path, mesh)
    return tuple(_piece(piece) for piece in pieces), float(mesh.volume)


def _read(path: Path) -> Any:
    try:
        import trimesh
    except ImportError as error:
        raise MeshError(f'{path}: reading meshes needs trimesh: pip install trimesh') from error
    if path.suffix.lower() not in MESH_ENDINGS:
        raise MeshError(f'{path}: ending {path.suffix!r} is not allowed; allowed: '
                        f'{", ".join(MESH_ENDINGS)}')
    if not path.is_file():
        raise MeshError(f'{path}: no such file; give the path of a mesh file')
    try:
        mesh = trimesh.load(path, force='mesh')
    except Exception as error:  # trimesh's readers raise whatever their parsers do
        raise MeshError(f'{path}: cannot be read as a mesh: {error}; export it anew') from error
    if not len(mesh.faces):
        raise MeshError(f'{path}: holds no triangles; export it as a surface mesh')
    mesh.merge_vertices(merge_norm=True, merge_tex=True)
    return mesh


def _check(path: Path, mesh: Any) -> None:
    extents = np.sort(mesh.extents)
    if extents[2] > LARGEST or extents[0] > THICKEST:
        size = ' x '.join(f'{extent:.3g}' for extent in mesh.extents)
        raise MeshError(
            f'{path}: {size} m is too large for the hand; allowed: at most {LARGEST:g} m long and '
            f'{THICKEST:g} m thick; a file in millimetres wants scale 0.001')
    if extents[2] < 0.005:
        raise MeshError(f'{path}: {extents[2]:.3g} m long is too small for the hand; allowed: '
                        'at least 0.005 m; pass a larger scale')
    if not mesh.is_watertight or not abs(mesh.volume) > 1e-9:
        raise MeshError(f'{path}: the mesh is not closed; close its holes (for example with '
                        "Blender's 3D-Print Toolbox, Make Manifold) and export it anew")
    if mesh.volume < 0:
        mesh.invert()


def _convex_pieces(path: Path, mesh: Any) -> list[Any]:
    """Approximate convex decomposition by collision-aware concavity (CoACD)."""
    import trimesh
    try:
        import coacd
    except ImportError as error:
        raise MeshError(f'{path}: a mesh that is not convex needs coacd: pip install coacd'
                        ) from error
    coacd.set_log_level('error')
    parts = coacd.run_coacd(coacd.Mesh(mesh.vertices, mesh.faces), threshold=0.05, seed=0,
                            max_convex_hull=16)
    return [trimesh.Trimesh(vertices, faces).convex_hull for vertices, faces in parts]


def _piece(mesh: Any) -> Shape:
    middle = mesh.bounds.mean(axis=0)
    return Shape('mesh', mesh.extents / 2, middle, np.array([1.0, 0, 0, 0]),
                 vertices=np.asarray(mesh.vertices - middle), faces=np.asarray(mesh.faces))
