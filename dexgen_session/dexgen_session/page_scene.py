"""The scene of the live page: hand, object, operator's hand, keypoints, predicted motion."""

from dexgen_description import load_object
import numpy as np

from dexgen_session.page_colors import COLORS
from dexgen_session.page_shapes import instance_sets, shape_instances
from dexgen_session.snapshot import LandmarksView, ObjectView, Snapshot

BONES = (
    (0, 1), (1, 2), (2, 3), (3, 4),
    (0, 5), (5, 6), (6, 7), (7, 8),
    (5, 9), (9, 10), (10, 11), (11, 12),
    (9, 13), (13, 14), (14, 15), (15, 16),
    (13, 17), (17, 18), (18, 19), (19, 20), (0, 17),
)  # fmt: skip
"""Pairs of MediaPipe's landmarks that a bone joins."""

OPERATOR_PLACE = np.array([0.05, 0.2, -0.05])
"""Where the operator's wrist is drawn in the page's world [m]: beside the robot hand."""
CAMERA_TO_WORLD = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""Camera optical frame (x right, y down, z forward) seen by a person who looks along world x."""

HAND_OPACITY = 0.75
"""The hand lets the keypoints inside its links be seen."""


class Points:
    """A cloud of points that is sent only when it changes; empty clouds are hidden."""

    def __init__(self, scene, name: str, color: tuple[int, int, int], size: float):
        self._cloud = scene.add_point_cloud(
            name,
            np.zeros((1, 3), dtype=np.float32),
            color,
            point_size=size,
            point_shape='circle',
            precision='float32',
            visible=False,
        )

    def show(self, points: np.ndarray | None) -> None:
        """Show points (N, 3) [m]; None or none hides the cloud."""
        visible = points is not None and len(points) > 0
        if visible:
            self._cloud.points = points.astype(np.float32)
        self._cloud.visible = visible


class Shapes:
    """The shapes of a description, as instances below one frame of the scene."""

    def __init__(
        self,
        scene,
        name: str,
        instances,
        color: tuple[int, int, int],
        opacity: float | None = None,
    ):
        self._sets = instance_sets(instances)
        self._meshes = []
        for group in self._sets:
            self._meshes.append(
                scene.add_batched_meshes_simple(
                    f'{name}/{group.name}',
                    group.mesh.vertices,
                    group.mesh.faces,
                    group.wxyz,
                    group.offset,
                    batched_scales=group.scale.astype(np.float32),
                    batched_colors=color,
                    opacity=opacity,
                    flat_shading=group.flat,
                    lod='off',
                    cast_shadow=False,
                    receive_shadow=False,
                )
            )

    def place(self, link_poses: np.ndarray) -> None:
        """Move the shapes to link poses (L, 4, 4)."""
        for group, mesh in zip(self._sets, self._meshes, strict=True):
            positions, wxyz = group.placed(link_poses)
            mesh.batched_positions = positions.astype(np.float32)
            mesh.batched_wxyzs = wxyz.astype(np.float32)

    def color(self, color: tuple[int, int, int]) -> None:
        """Change the colour of all shapes."""
        for mesh in self._meshes:
            mesh.batched_colors = np.array(color, dtype=np.uint8)

    def remove(self) -> None:
        """Take the shapes out of the scene."""
        for mesh in self._meshes:
            mesh.remove()


class PageScene:
    """Draws snapshots into a viser scene.

    Args:
      scene: viser's SceneApi.
      hand: the hand description.
      kinematics: its forward kinematics.
    """

    def __init__(self, scene, hand, kinematics):
        self._scene, self._hand, self._kinematics = scene, hand, kinematics
        scene.set_up_direction('+z')
        scene.configure_default_lights(True, cast_shadow=False)
        scene.add_grid(
            '/floor', width=1.0, height=1.0, cell_size=0.05, section_size=0.25,
            position=(0.0, 0.0, -0.15),
        )  # fmt: skip
        self._hand_frame = scene.add_frame('/hand', show_axes=False)
        index = {name: i for i, name in enumerate(kinematics.link_names)}
        instances = [
            instance
            for link in hand.links
            for shape in link.shapes
            for instance in shape_instances(shape, index[link.name])
        ]
        self._links = Shapes(scene, '/hand/links', instances, COLORS['hand'], HAND_OPACITY)
        self._commanded = Points(scene, '/hand/commanded', COLORS['commanded'], 0.007)
        self._actual = Points(scene, '/hand/actual', COLORS['actual'], 0.007)
        self._predicted = Points(scene, '/hand/predicted', COLORS['predicted'], 0.004)
        self._object_frame = scene.add_frame('/hand/object', show_axes=False)
        self._object_shapes: Shapes | None = None
        self._object_look: tuple[str, bool] | None = None
        self._joints = np.array(hand.rest, dtype=float)
        self._operator = Points(scene, '/operator/points', COLORS['operator'], 0.006)
        self._bones = scene.add_line_segments(
            '/operator/bones', np.zeros((len(BONES), 2, 3)), COLORS['operator'],
            thickness=0.003, visible=False,
        )  # fmt: skip
        self.show(Snapshot())

    def show(self, snapshot: Snapshot) -> None:
        """Bring the scene to a snapshot; what has not changed is not sent."""
        if snapshot.hand_wxyz is not None:
            self._hand_frame.wxyz = snapshot.hand_wxyz
        for i, name in enumerate(self._hand.joint_names):
            self._joints[i] = snapshot.joints.get(name, self._joints[i])
        self._links.place(self._kinematics.link_poses(self._joints))
        self._actual.show(self._kinematics.keypoints(self._joints))
        self._commanded.show(snapshot.command)
        self._predicted.show(snapshot.controller.predicted if snapshot.controller else None)
        self._show_object(snapshot.object)
        self._show_operator(snapshot.landmarks)

    def _show_object(self, view: ObjectView | None) -> None:
        look = (view.name, view.held) if view is not None and view.name else None
        if look != self._object_look:
            self._change_object(look)
        if look is not None:
            self._object_frame.position = view.position
            self._object_frame.wxyz = view.wxyz

    def _change_object(self, look: tuple[str, bool] | None) -> None:
        previous, self._object_look = self._object_look, look
        if self._object_shapes is not None and (look is None or look[0] != previous[0]):
            self._object_shapes.remove()
            self._object_shapes = None
        if look is None:
            return
        if self._object_shapes is None:
            try:
                shapes = load_object(look[0]).geoms
            except ValueError:
                return
            instances = [one for shape in shapes for one in shape_instances(shape)]
            self._object_shapes = Shapes(
                self._scene, f'/hand/object/{look[0]}', instances, COLORS['object']
            )
        self._object_shapes.color(COLORS['object' if look[1] else 'dropped'])

    def _show_operator(self, view: LandmarksView | None) -> None:
        seen = view is not None and view.known.any()
        self._bones.visible = seen
        if not seen:
            self._operator.show(None)
            return
        points = (view.points - view.points[0]) @ CAMERA_TO_WORLD.T + OPERATOR_PLACE
        self._operator.show(points[view.known])
        known = [(a, b) for a, b in BONES if view.known[a] and view.known[b]]
        self._bones.visible = bool(known)
        if known:
            self._bones.points = points[np.array(known)].astype(np.float32)
        self._bones.colors = np.array(COLORS['operator' if view.valid else 'lost'], dtype=np.uint8)
