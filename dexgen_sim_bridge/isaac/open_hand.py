"""Opens a hand in Isaac Sim and joins it to ROS 2; Isaac Sim's own Python runs it.

`python.sh dexgen_sim_bridge/isaac/open_hand.py build/isaac`

Written for Isaac Sim 5.1.0 (Python 3.11, ROS 2 Jazzy, isaacsim.ros2.bridge 4.12); the URDF
commands used here are gone in 6.0. It was never run: see docs/connect.md.
"""

import argparse
from pathlib import Path
import sys

from ros_graph import ros_graph
from scene_table import (
    GRAPH_PATH,
    HAND_PATH,
    OBJECT_PATH,
    PHYSICS_PATH,
    read_scene,
    Scene,
    SceneError,
)

EXTENSIONS = ('isaacsim.asset.importer.urdf', 'isaacsim.core.nodes', 'isaacsim.ros2.bridge')
DEGREES = 57.29577951308232


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """The words of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=Path, help='what prepare.py wrote')
    parser.add_argument('--headless', action='store_true', help='without a window')
    parser.add_argument('--seconds', type=float, default=0.0, help='end after [s]; 0: never')
    return parser.parse_args(words)


def open_stage(folder: Path, scene: Scene) -> str:
    """Build the stage; return the path of the hand's articulation root."""
    import omni.usd
    from pxr import Gf, Usd, UsdGeom, UsdLux, UsdPhysics

    omni.usd.get_context().new_stage()
    stage = omni.usd.get_context().get_stage()
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.z)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    UsdLux.DomeLight.Define(stage, '/light').CreateIntensityAttr(1000.0)
    physics = UsdPhysics.Scene.Define(stage, PHYSICS_PATH)
    physics.CreateGravityDirectionAttr(Gf.Vec3f(*scene.gravity_direction))
    physics.CreateGravityMagnitudeAttr(scene.gravity)
    import_urdf(folder / scene.hand_urdf, HAND_PATH, fixed=True)
    if scene.object_urdf:
        import_urdf(folder / scene.object_urdf, OBJECT_PATH, fixed=False)
        place = UsdGeom.XformCommonAPI(stage.GetPrimAtPath(OBJECT_PATH))
        place.SetTranslate(Gf.Vec3d(*scene.object_position))
    set_drives(stage, scene)
    set_friction(stage, scene.friction)
    for prim in Usd.PrimRange(stage.GetPrimAtPath(HAND_PATH)):
        if prim.HasAPI(UsdPhysics.ArticulationRootAPI):
            return str(prim.GetPath())
    raise SceneError(f'{scene.hand_urdf} became no articulation under {HAND_PATH}')


def import_urdf(file: Path, path: str, fixed: bool) -> None:
    """Import a URDF file to a path of the stage."""
    import omni.kit.commands

    _, config = omni.kit.commands.execute('URDFCreateImportConfig')
    config.fix_base = fixed
    config.merge_fixed_joints = False
    config.import_inertia_tensor = True
    config.self_collision = False
    config.make_default_prim = False
    config.create_physics_scene = False
    done, found = omni.kit.commands.execute(
        'URDFParseAndImportFile', urdf_path=str(file), import_config=config
    )
    if not done:
        raise SceneError(f'Isaac Sim cannot import {file}; its log says why')
    if found != path:
        omni.kit.commands.execute('MovePrim', path_from=found, path_to=path)


def set_drives(stage, scene: Scene) -> None:
    """Give every joint of the hand the gains, limits and start of the scene table."""
    from pxr import PhysxSchema, Usd, UsdPhysics

    waiting = dict(scene.joints)
    for prim in Usd.PrimRange(stage.GetPrimAtPath(HAND_PATH)):
        joint = waiting.pop(prim.GetName(), None) if prim.IsA(UsdPhysics.Joint) else None
        if joint is None:
            continue
        drive = UsdPhysics.DriveAPI.Apply(prim, 'angular')
        drive.CreateTypeAttr('force')
        drive.CreateStiffnessAttr(joint.stiffness)
        drive.CreateDampingAttr(joint.damping)
        drive.CreateMaxForceAttr(joint.torque)
        drive.CreateTargetPositionAttr(DEGREES * joint.start)
        physx = PhysxSchema.PhysxJointAPI.Apply(prim)
        physx.CreateArmatureAttr(joint.armature)
        physx.CreateMaxJointVelocityAttr(DEGREES * joint.velocity)
        PhysxSchema.JointStateAPI.Apply(prim, 'angular').CreatePositionAttr(DEGREES * joint.start)
    if waiting:
        raise SceneError(f'the imported hand has no joints {", ".join(waiting)}')


def set_friction(stage, friction: float) -> None:
    """Give the hand's surface its friction."""
    from pxr import UsdPhysics, UsdShade

    material = UsdShade.Material.Define(stage, '/hand_surface')
    surface = UsdPhysics.MaterialAPI.Apply(material.GetPrim())
    surface.CreateStaticFrictionAttr(friction)
    surface.CreateDynamicFrictionAttr(friction)
    binding = UsdShade.MaterialBindingAPI.Apply(stage.GetPrimAtPath(HAND_PATH))
    binding.Bind(material, UsdShade.Tokens.strongerThanDescendants, 'physics')


def join_ros(scene: Scene, articulation: str) -> None:
    """Build the OmniGraph."""
    import omni.graph.core as og
    import usdrt

    graph = ros_graph(scene.state_topic, scene.command_topic, articulation)
    keys = og.Controller.Keys
    target = ('publish.inputs:targetPrim', [usdrt.Sdf.Path(articulation)])
    og.Controller.edit(
        {'graph_path': GRAPH_PATH, 'evaluator_name': 'execution'},
        {
            keys.CREATE_NODES: graph.nodes,
            keys.CONNECT: graph.connections,
            keys.SET_VALUES: [*graph.values, target],
        },
    )


def run(app, folder: Path, scene: Scene, seconds: float) -> None:
    """Open the stage and step it until the window is closed or the time is over."""
    from isaacsim.core.api import World
    from isaacsim.core.utils.extensions import enable_extension

    for name in EXTENSIONS:
        enable_extension(name)
    app.update()
    articulation = open_stage(folder, scene)
    join_ros(scene, articulation)
    world = World(
        stage_units_in_meters=1.0,
        physics_prim_path=PHYSICS_PATH,
        physics_dt=1.0 / scene.physics_rate,
        rendering_dt=1.0 / scene.message_rate,
        set_defaults=False,  # they would put gravity back
    )
    world.reset()
    print(f'{scene.hand}: {scene.state_topic} out, {scene.command_topic} in', flush=True)
    while app.is_running() and (not seconds or world.current_time < seconds):
        world.step(render=True)  # a rendered step ticks the graph


def main(words: list[str] | None = None) -> int:
    """Open the hand; a user's error is one line and exit status 2."""
    options = arguments(words)
    try:
        scene = read_scene(options.folder)
        from isaacsim import SimulationApp
    except ModuleNotFoundError as error:
        print(f"error: {error}; run this with Isaac Sim's Python, python.sh", file=sys.stderr)
        return 2
    except SceneError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    app = SimulationApp({'headless': options.headless})
    try:
        run(app, options.folder, scene, options.seconds)
    except SceneError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    finally:
        app.close()
    return 0


if __name__ == '__main__':
    sys.exit(main())
