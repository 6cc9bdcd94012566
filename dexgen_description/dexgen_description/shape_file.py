"""Reading the `shapes` lists of hands' and objects' data files."""
import numpy as np

from dexgen_description import rotation
from dexgen_description.data_file import Node
from dexgen_description.shape import capsule_between, Shape

_SIZES = {'sphere': 1, 'box': 3, 'capsule': 2, 'cylinder': 2, 'ellipsoid': 3}


def read_shapes(node: Node) -> tuple[Shape, ...]:
    """The shapes under the key `shapes`, at least one.

    A capsule may be given by `from`, `to` and `radius` [m]; every shape by `size` [m] (see
    `Shape.size`), `pos` [m] and `rpy` [rad]. `density` weighs it against the other shapes.
    """
    items = node.children('shapes')
    if not items:
        raise node.error('shapes', [], 'one shape or more')
    return tuple(_read_shape(item) for item in items)


def _read_shape(item: Node) -> Shape:
    kind = item.text('type', _SIZES)
    density = item.number('density', 1e-3, 1e3, default=1.0)
    if kind == 'capsule' and item.raw('from', '', None) is not None:
        start, end = item.vector('from', 3), item.vector('to', 3)
        if np.linalg.norm(end - start) < 1e-6:
            raise item.error('to', end.tolist(), 'a point apart from `from`, or type sphere')
        shape = capsule_between(start, end, item.number('radius', 1e-4, 1.0), density)
    else:
        matrix = rotation.from_rpy(item.vector('rpy', 3, default=[0.0, 0.0, 0.0]))
        shape = Shape(kind, item.vector('size', _SIZES[kind], low=1e-4),
                      item.vector('pos', 3, default=[0.0, 0.0, 0.0]),
                      rotation.to_quaternion(matrix), density)
    item.finish()
    return shape
