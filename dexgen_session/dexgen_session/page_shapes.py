"""Shapes as instances of three unit meshes: a whole hand is three messages a frame.

The live page moves instances instead of meshes: a capsule is a cylinder and two spheres, an
ellipsoid a stretched sphere; a mesh is its own instance. Sizes follow MuJoCo: radius, half
lengths.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from viser.transforms import SO3

from dexgen_session.page_meshes import box, cylinder, Mesh, sphere

UNIT_MESHES = {'sphere': sphere, 'cylinder': cylinder, 'box': box}
"""Mesh of each kind."""


@dataclass(frozen=True)
class Instance:
    """One stretched mesh on one link.

    Attributes:
      kind: a name of UNIT_MESHES, or 'mesh'.
      link: index of the link.
      offset: (3,) [m], wxyz: (4,), in the link frame.
      scale: (3,) [m] for unit meshes.
      mesh: the mesh of kind 'mesh'.
    """

    kind: str
    link: int
    offset: np.ndarray
    wxyz: np.ndarray
    scale: np.ndarray
    mesh: Mesh | None = None


def shape_instances(shape, link: int = 0) -> list[Instance]:
    """Instances that show one shape of a hand or object description.

    Raises:
      ValueError: the shape's type is none that the page can draw.
    """
    offset, wxyz = np.asarray(shape.pos, dtype=float), np.asarray(shape.quat, dtype=float)
    size = np.asarray(shape.size, dtype=float).ravel()
    if shape.type == 'mesh':
        mesh = Mesh(np.asarray(shape.vertices), np.asarray(shape.faces))
        return [Instance('mesh', link, offset, wxyz, np.ones(3), mesh)]
    if shape.type == 'sphere':
        return [Instance('sphere', link, offset, wxyz, np.full(3, size[0]))]
    if shape.type in ('box', 'ellipsoid'):
        kind = 'box' if shape.type == 'box' else 'sphere'
        return [Instance(kind, link, offset, wxyz, size[:3])]
    if shape.type not in ('cylinder', 'capsule'):
        raise ValueError(
            f"shape type '{shape.type}' cannot be drawn; "
            'allowed: sphere, box, ellipsoid, cylinder, capsule, mesh'
        )
    radius, half = size[0], size[1]
    parts = [Instance('cylinder', link, offset, wxyz, np.array([radius, radius, half]))]
    if shape.type == 'capsule':
        axis = SO3(wxyz).apply(np.array([0.0, 0.0, half]))
        parts += [
            Instance('sphere', link, offset + sign * axis, wxyz, np.full(3, radius))
            for sign in (1.0, -1.0)
        ]
    return parts


@dataclass(frozen=True)
class InstanceSet:
    """Instances of one mesh: link (N,) index, offset (N, 3), wxyz (N, 4), scale (N, 3)."""

    name: str
    mesh: Mesh
    flat: bool
    link: np.ndarray
    offset: np.ndarray
    wxyz: np.ndarray
    scale: np.ndarray

    def placed(self, link_poses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions (N, 3) and wxyz (N, 4) of the instances for link poses (L, 4, 4)."""
        poses = link_poses[self.link]
        rotation = SO3.from_matrix(poses[:, :3, :3])
        positions = poses[:, :3, 3] + rotation.apply(self.offset)
        return positions, (rotation @ SO3(self.wxyz)).wxyz


def instance_sets(instances: Sequence[Instance]) -> list[InstanceSet]:
    """Group instances by their mesh; unit meshes that nothing uses are left out."""
    sets = []
    for kind, create in UNIT_MESHES.items():
        chosen = [instance for instance in instances if instance.kind == kind]
        if chosen:
            sets.append(_set(kind, create(), chosen, flat=kind == 'box'))
    for i, instance in enumerate(one for one in instances if one.kind == 'mesh'):
        sets.append(_set(f'mesh{i}', instance.mesh, [instance], flat=True))
    return sets


def _set(name: str, mesh: Mesh, instances: Sequence[Instance], flat: bool) -> InstanceSet:
    return InstanceSet(
        name=name,
        mesh=mesh,
        flat=flat,
        link=np.array([i.link for i in instances]),
        offset=np.array([i.offset for i in instances]),
        wxyz=np.array([i.wxyz for i in instances]),
        scale=np.array([i.scale for i in instances]),
    )
