"""Mass, centre of mass and inertia of bodies made of primitive shapes."""
from typing import NamedTuple

import numpy as np

from dexgen_description import rotation
from dexgen_description.shape import Shape


class Inertia(NamedTuple):
    """Mass [kg], centre of mass (3,) [m], inertia tensor (3, 3) [kg m^2] about that centre."""

    mass: float
    center: np.ndarray
    tensor: np.ndarray


def _mesh_moments(shape: Shape) -> tuple[float, np.ndarray, np.ndarray]:
    """Volume, centroid and unit-mass inertia of a closed mesh, by signed tetrahedra."""
    corners = shape.vertices[shape.faces]
    determinants = np.linalg.det(corners)
    volume = determinants.sum() / 6
    centroid = (determinants[:, None] * corners.sum(1)).sum(0) / (24 * volume)
    corners = corners - centroid
    determinants = np.linalg.det(corners)
    # Integral of x x^T over a tetrahedron with one corner at the origin: Tonon 2004.
    sums = corners.sum(1)
    products = np.einsum('nvi,nvj->nij', corners, corners) + np.einsum('ni,nj->nij', sums, sums)
    covariance = (determinants[:, None, None] * products).sum(0) / (120 * volume)
    return volume, centroid, np.trace(covariance) * np.eye(3) - covariance


def _moments(shape: Shape) -> tuple[float, np.ndarray, np.ndarray]:
    """Volume [m^3], centroid (3,) and inertia (3, 3) for unit mass [m^2], in the shape's frame."""
    size = shape.size
    center = np.zeros(3)
    if shape.type == 'mesh':
        return _mesh_moments(shape)
    if shape.type in ('sphere', 'ellipsoid'):
        squares = shape.half_extents ** 2
        volume = 4 / 3 * np.pi * np.prod(shape.half_extents)
        return volume, center, np.diag(squares.sum() - squares) / 5
    if shape.type == 'box':
        squares = size ** 2
        return 8 * np.prod(size), center, np.diag(squares.sum() - squares) / 3
    radius, half = size
    cylinder = 2 * np.pi * radius ** 2 * half
    across = radius ** 2 / 4 + half ** 2 / 3
    if shape.type == 'cylinder':
        return cylinder, center, np.diag([across, across, radius ** 2 / 2])
    caps = 4 / 3 * np.pi * radius ** 3  # two half spheres, centroid 3/8 r beyond the ends
    volume = cylinder + caps
    share = cylinder / volume
    cap_across = 0.4 * radius ** 2 + half ** 2 + 0.75 * half * radius
    axial = share * radius ** 2 / 2 + (1 - share) * 0.4 * radius ** 2
    across = share * across + (1 - share) * cap_across
    return volume, center, np.diag([across, across, axial])


def of_shapes(shapes: tuple[Shape, ...], mass: float) -> Inertia:
    """Inertia of `mass` [kg] spread over the volume of the shapes by their relative density.

    Args:
        shapes: at least one.
        mass: total mass [kg].

    Returns:
        Centre and tensor in the frame that the shapes are placed in.
    """
    moments = [_moments(shape) for shape in shapes]
    weights = [shape.density * moment[0] for shape, moment in zip(shapes, moments, strict=True)]
    rotations = [rotation.from_quaternion(shape.quat) for shape in shapes]
    masses = [mass * weight / sum(weights) for weight in weights]
    centers = [shape.pos + turn @ moment[1]
               for shape, turn, moment in zip(shapes, rotations, moments, strict=True)]
    center = sum(m * c for m, c in zip(masses, centers, strict=True)) / mass
    tensor = np.zeros((3, 3))
    for part, where, turn, moment in zip(masses, centers, rotations, moments, strict=True):
        arm = where - center
        tensor += part * (turn @ moment[2] @ turn.T)
        tensor += part * (arm @ arm * np.eye(3) - np.outer(arm, arm))  # parallel axes
    return Inertia(mass, center, tensor)
