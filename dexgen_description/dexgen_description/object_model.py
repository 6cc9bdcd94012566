"""An object for the hand as data: shapes, mass, friction, symmetry."""
from dataclasses import dataclass, replace

import numpy as np

from dexgen_description.inertia import Inertia, of_shapes
from dexgen_description.shape import Shape
from dexgen_description.symmetry import Symmetry


@dataclass(frozen=True)
class ObjectModel:
    """A rigid object.

    Attributes:
        name: as in `object_names()`, or a mesh file's name without ending.
        geoms: its shapes in the object's frame, whose origin is the centre of mass.
        mass: [kg].
        friction: sliding, torsional [m] and rolling [m].
        size: (3,) full extents of the bounding box [m].
        symmetry: rotations that leave it as it is.
        color: red, green, blue, opacity in [0, 1].
    """

    name: str
    geoms: tuple[Shape, ...]
    mass: float
    friction: np.ndarray
    size: np.ndarray
    symmetry: Symmetry
    color: tuple[float, float, float, float]

    @property
    def inertia(self) -> Inertia:
        """Inertia of the mass spread over the shapes by their relative density."""
        return of_shapes(self.geoms, self.mass)

    def scaled(self, scale: float) -> 'ObjectModel':
        """`scale` times as large, of the same material: the mass grows with its cube."""
        return replace(self, geoms=tuple(geom.scaled(scale) for geom in self.geoms),
                       size=self.size * scale, mass=self.mass * scale ** 3)


def bounding_box(geoms: tuple[Shape, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest corner (3,), (3,) [m] of the box around all shapes."""
    low = np.min([geom.pos - geom.bounding_half_extents for geom in geoms], axis=0)
    high = np.max([geom.pos + geom.bounding_half_extents for geom in geoms], axis=0)
    return low, high
