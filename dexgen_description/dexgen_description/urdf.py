"""URDF of hands and objects, for rviz and robot_state_publisher, built from their data."""
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from dexgen_description import rotation
from dexgen_description.hand import Hand, ROOT
from dexgen_description.inertia import Inertia
from dexgen_description.object_model import ObjectModel
from dexgen_description.shape import Shape
from dexgen_description.surface import triangles, write_stl

_HAND_COLOR = (0.25, 0.26, 0.28, 1.0)
Element = ElementTree.Element
_sub = ElementTree.SubElement


def hand_urdf(hand: Hand) -> str:
    """URDF text of a hand with the root link `hand`.

    Links and joints carry the hand's names; each keypoint is a fixed link of its own, so that
    TF has it. What URDF lacks is approximated: a capsule is a cylinder and two spheres.
    """
    robot = Element('robot', name=hand.name)
    for link in hand.links:
        _add_link(robot, link.name, link.shapes, link.inertia, _HAND_COLOR)
    for link in hand.links:
        if link.name == ROOT:
            continue
        j = link.joint
        joint = _sub(robot, 'joint', name=hand.joint_names[j], type='revolute')
        _sub(joint, 'parent', link=hand.links[link.parent].name)
        _sub(joint, 'child', link=link.name)
        _add_origin(joint, link.pos, link.quat)
        _sub(joint, 'axis', xyz=_text(link.axis))
        _sub(joint, 'limit', lower=_text(hand.lower[j]), upper=_text(hand.upper[j]),
             effort=_text(hand.torque_limit[j]), velocity=_text(hand.velocity_limit[j]))
        _sub(joint, 'dynamics', damping=_text(hand.damping[j]), friction='0')
    for point in hand.keypoints:
        _sub(robot, 'link', name=point.name)
        joint = _sub(robot, 'joint', name=f'{point.name}_fixed', type='fixed')
        _sub(joint, 'parent', link=hand.links[point.link].name)
        _sub(joint, 'child', link=point.name)
        _add_origin(joint, point.pos, (1.0, 0.0, 0.0, 0.0))
    return _document(robot)


def object_urdf(model: ObjectModel, mesh_folder: Path | None = None) -> str:
    """URDF text of an object, one link `object`.

    Args:
        model: the object.
        mesh_folder: where to write STL files of ellipsoids and meshes, which URDF cannot say
            otherwise; without it they become the box around them.
    """
    robot = Element('robot', name=model.name)
    _add_link(robot, 'object', model.geoms, model.inertia, model.color, mesh_folder, model.name)
    return _document(robot)


def _add_link(robot: Element, name: str, shapes: tuple[Shape, ...], inertia: Inertia,
              color: tuple[float, ...], mesh_folder: Path | None = None, stem: str = '') -> None:
    link = _sub(robot, 'link', name=name)
    inertial = _sub(link, 'inertial')
    _sub(inertial, 'origin', xyz=_text(inertia.center), rpy='0 0 0')
    _sub(inertial, 'mass', value=_text(inertia.mass))
    _sub(inertial, 'inertia', **{
        f'i{"xyz"[a]}{"xyz"[b]}': _text(inertia.tensor[a, b])
        for a in range(3) for b in range(a, 3)})
    for index, shape in enumerate(shapes):
        file = None
        if mesh_folder is not None and shape.type in ('ellipsoid', 'mesh'):
            file = Path(mesh_folder).absolute() / f'{stem}_{index}.stl'
            write_stl(file, triangles(shape))
        for part in (shape,) if file else _primitives(shape):
            for kind in ('visual', 'collision'):
                holder = _sub(link, kind)
                _add_origin(holder, part.pos, part.quat)
                _add_geometry(holder, part, file)
                if kind == 'visual':
                    material = _sub(holder, 'material', name=f'{name}_color')
                    _sub(material, 'color', rgba=_text(color))


def _primitives(shape: Shape) -> tuple[Shape, ...]:
    """The shape in terms of URDF's box, cylinder and sphere."""
    if shape.type == 'capsule':
        radius, half = shape.size
        end = rotation.from_quaternion(shape.quat)[:, 2] * half
        caps = tuple(Shape('sphere', np.array([radius]), shape.pos + sign * end, shape.quat)
                     for sign in (-1, 1))
        return (Shape('cylinder', shape.size, shape.pos, shape.quat), *caps)
    if shape.type in ('ellipsoid', 'mesh'):
        return (Shape('box', shape.half_extents, shape.pos, shape.quat),)
    return (shape,)


def _add_geometry(holder: Element, shape: Shape, file: Path | None) -> None:
    geometry = _sub(holder, 'geometry')
    if file:
        _sub(geometry, 'mesh', filename=file.as_uri())
    elif shape.type == 'sphere':
        _sub(geometry, 'sphere', radius=_text(shape.size[0]))
    elif shape.type == 'cylinder':
        _sub(geometry, 'cylinder', radius=_text(shape.size[0]), length=_text(2 * shape.size[1]))
    else:
        _sub(geometry, 'box', size=_text(2 * shape.size))


def _add_origin(holder: Element, pos: np.ndarray, quat: np.ndarray) -> None:
    rpy = rotation.to_rpy(rotation.from_quaternion(quat))
    _sub(holder, 'origin', xyz=_text(pos), rpy=_text(rpy))


def _text(values: np.ndarray | float) -> str:
    """Numbers with all their digits, so that URDF and MJCF agree to rounding."""
    return ' '.join(repr(float(value)) for value in np.atleast_1d(values))


def _document(robot: Element) -> str:
    ElementTree.indent(robot)
    return '<?xml version="1.0"?>\n' + ElementTree.tostring(robot, encoding='unicode') + '\n'
