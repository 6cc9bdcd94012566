"""MuJoCo models of hands and objects, built from their data (MjSpec, no XML)."""
import mujoco
import numpy as np

from dexgen_description.hand import Hand, Link, ROOT
from dexgen_description.inertia import Inertia
from dexgen_description.object_model import ObjectModel
from dexgen_description.shape import Shape

OBJECT_BODY, OBJECT_JOINT = 'object', 'object_joint'
HAND_BIT, OBJECT_BIT = 1, 2
"""Collision bits: hand and object collide; the hand with itself only in the listed pairs."""

_GEOM_TYPES = {
    'sphere': mujoco.mjtGeom.mjGEOM_SPHERE, 'box': mujoco.mjtGeom.mjGEOM_BOX,
    'capsule': mujoco.mjtGeom.mjGEOM_CAPSULE, 'cylinder': mujoco.mjtGeom.mjGEOM_CYLINDER,
    'ellipsoid': mujoco.mjtGeom.mjGEOM_ELLIPSOID, 'mesh': mujoco.mjtGeom.mjGEOM_MESH,
}
_CONTACT_DIMENSION = 4  # sliding in two directions and torsion
_SOLREF = (0.01, 1.0)  # contact time constant [s], damping ratio
FRICTION_STIFFNESS = 30.0
"""Of contacts, relative to their normal direction (`impratio`). Soft friction creeps: at 2, half
of all held objects are lost within 30 s with nothing moving, at 30 one in thirteen."""
_HAND_COLOR, _TIP_COLOR = (0.25, 0.26, 0.28, 1.0), (0.85, 0.85, 0.86, 1.0)


def hand_spec(hand: Hand, timestep: float = 0.005) -> mujoco.MjSpec:
    """The hand as a MuJoCo specification, fixed in the world with hand frame = world frame.

    Bodies, joints and position actuators carry the names of links and joints, sites those of the
    keypoints. Gravity is the caller's: it turns with the wrist.

    Args:
        hand: the hand.
        timestep: of the simulation [s].
    """
    spec = mujoco.MjSpec()
    spec.modelname = hand.name
    spec.compiler.degree = False  # ranges below are in radians
    option = spec.option
    option.timestep = timestep
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    option.solver = mujoco.mjtSolver.mjSOL_NEWTON
    option.iterations = 20
    option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    option.impratio = FRICTION_STIFFNESS
    bodies = []
    tips = {hand.keypoints[i].link for i in hand.tip_indices}
    for index, link in enumerate(hand.links):
        parent = spec.worldbody if link.parent < 0 else bodies[link.parent]
        body = parent.add_body(name=link.name, pos=link.pos, quat=link.quat)
        set_inertia(body, link.inertia)
        color = _TIP_COLOR if index in tips else _HAND_COLOR
        for name, shape in zip(link.shape_names(), link.shapes, strict=True):
            geom = add_shape(spec, body, shape, name, hand.friction, color)
            geom.contype, geom.conaffinity = HAND_BIT, OBJECT_BIT
        if link.name != ROOT:
            _add_joint(spec, body, hand, link)
        bodies.append(body)
    for point in hand.keypoints:
        bodies[point.link].add_site(name=point.name, pos=point.pos, size=[0.003, 0, 0], group=3)
    for pair in hand.collision_pairs:
        _add_pair(spec, hand, pair.first, pair.second)
    return spec


def add_object(spec: mujoco.MjSpec, model: ObjectModel, pos: np.ndarray = (0.0, 0.0, 0.0),
               quat: np.ndarray = (1.0, 0.0, 0.0, 0.0)) -> mujoco.MjsBody:
    """Add the free body `object` with the joint `object_joint`.

    Args:
        spec: what to add it to.
        model: the object.
        pos: (3,) start position [m].
        quat: (4,) start orientation (w, x, y, z).
    """
    body = spec.worldbody.add_body(name=OBJECT_BODY, pos=pos, quat=quat)
    body.add_freejoint(name=OBJECT_JOINT)
    set_inertia(body, model.inertia)
    for i, shape in enumerate(model.geoms):
        geom = add_shape(spec, body, shape, f'object_shape_{i}', model.friction, model.color)
        geom.contype, geom.conaffinity = OBJECT_BIT, HAND_BIT
    return body


def add_shape(spec: mujoco.MjSpec, body: mujoco.MjsBody, shape: Shape, name: str,
              friction: np.ndarray, color: tuple[float, ...]) -> mujoco.MjsGeom:
    """Add one collision shape to a body, with this project's contact settings."""
    geom = body.add_geom(
        name=name, type=_GEOM_TYPES[shape.type], pos=shape.pos, quat=shape.quat,
        friction=friction, rgba=color, condim=_CONTACT_DIMENSION)
    geom.solref[:] = _SOLREF
    if shape.type == 'mesh':
        spec.add_mesh(name=name, uservert=shape.vertices.ravel(), userface=shape.faces.ravel())
        geom.meshname = name
    else:
        geom.size[:len(shape.size)] = shape.size
    return geom


def set_inertia(body: mujoco.MjsBody, inertia: Inertia) -> None:
    """Give a body its mass properties outright, so that they never depend on the shapes' order."""
    tensor = inertia.tensor
    body.mass, body.ipos = inertia.mass, inertia.center
    body.fullinertia = [tensor[0, 0], tensor[1, 1], tensor[2, 2],
                        tensor[0, 1], tensor[0, 2], tensor[1, 2]]
    body.explicitinertial = True


def _add_joint(spec: mujoco.MjSpec, body: mujoco.MjsBody, hand: Hand, link: Link) -> None:
    """The revolute joint of a link and its position actuator (PD with limited torque)."""
    j = link.joint
    name = hand.joint_names[j]
    limits = [hand.lower[j], hand.upper[j]]
    body.add_joint(
        name=name, type=mujoco.mjtJoint.mjJNT_HINGE, axis=link.axis, range=limits,
        limited=True, armature=hand.armature[j], damping=hand.damping[j])
    actuator = spec.add_actuator(name=name, target=name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    actuator.set_to_position(kp=hand.kp[j], kv=hand.kd[j])
    actuator.ctrllimited, actuator.ctrlrange = True, limits
    actuator.forcelimited = True
    actuator.forcerange = [-hand.torque_limit[j], hand.torque_limit[j]]


def _add_pair(spec: mujoco.MjSpec, hand: Hand, first: str, second: str) -> None:
    pair = spec.add_pair(name=f'{first}-{second}', geomname1=first, geomname2=second)
    slide, spin, roll = hand.friction
    pair.condim = _CONTACT_DIMENSION
    pair.friction[:] = [slide, slide, spin, roll, roll]
    pair.solref[:] = _SOLREF
