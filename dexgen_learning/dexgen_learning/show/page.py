"""Frames in the browser: a page on which the hand and its object move."""

from collections.abc import Iterable
import time

from dexgen_description import Hand, load_object
from dexgen_sim_bridge.scene import build_scene
import mujoco
import numpy as np

from dexgen_learning.show.frames import Frame

LOCAL = '127.0.0.1'


def _mesh(model: mujoco.MjModel, geom: int):
    """A geom as a triangle mesh in its own frame."""
    import trimesh
    size, kind = model.geom_size[geom], model.geom_type[geom]
    types = mujoco.mjtGeom
    if kind == types.mjGEOM_SPHERE:
        return trimesh.creation.icosphere(3, size[0])
    if kind == types.mjGEOM_BOX:
        return trimesh.creation.box(2.0 * size)
    if kind == types.mjGEOM_CAPSULE:
        return trimesh.creation.capsule(2.0 * size[1], size[0])
    if kind == types.mjGEOM_CYLINDER:
        return trimesh.creation.cylinder(size[0], 2.0 * size[1])
    if kind == types.mjGEOM_ELLIPSOID:
        mesh = trimesh.creation.icosphere(3, 1.0)
        mesh.apply_scale(size)
        return mesh
    mesh = model.geom_dataid[geom]
    vertices = slice(model.mesh_vertadr[mesh], model.mesh_vertadr[mesh] + model.mesh_vertnum[mesh])
    faces = slice(model.mesh_faceadr[mesh], model.mesh_faceadr[mesh] + model.mesh_facenum[mesh])
    return trimesh.Trimesh(model.mesh_vert[vertices], model.mesh_face[faces])


class Page:
    """A viser server with the scene of one hand; objects change as the frames ask for."""

    def __init__(self, hand: Hand, port: int = 8081, host: str = LOCAL) -> None:
        """Open the port."""
        import viser
        self.hand = hand
        self.server = viser.ViserServer(host=host, port=port)
        self.server.scene.set_up_direction('+z')
        self.text = self.server.gui.add_markdown('')
        self._name = ''

    def _build(self, name: str) -> None:
        self._name = name
        self.server.scene.reset()
        self.model = build_scene(self.hand, load_object(name))
        self.data = mujoco.MjData(self.model)
        self._handles = []
        for geom in range(self.model.ngeom):
            mesh = _mesh(self.model, geom)
            color = tuple(int(255 * c) for c in self.model.geom_rgba[geom, :3])
            self._handles.append(self.server.scene.add_mesh_simple(
                f'/geom_{geom}', np.asarray(mesh.vertices), np.asarray(mesh.faces), color=color))

    def draw(self, frame: Frame) -> None:
        """Show a frame."""
        if frame.object_name != self._name:
            self._build(frame.object_name)
        self.data.qpos[:] = frame.qpos
        mujoco.mj_kinematics(self.model, self.data)
        quat = np.zeros(4)
        with self.server.atomic():
            for geom, handle in enumerate(self._handles):
                mujoco.mju_mat2Quat(quat, self.data.geom_xmat[geom])
                handle.position, handle.wxyz = self.data.geom_xpos[geom], quat.copy()
        self.text.content = frame.caption

    def play(self, frames: Iterable[Frame], rate: float = 10.0) -> None:
        """Show frames at a rate [Hz]; returns after the last one."""
        for frame in frames:
            self.draw(frame)
            time.sleep(1.0 / rate)
