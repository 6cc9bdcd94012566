"""Pictures of a MuJoCo scene by casting rays: no display and no graphics driver needed."""

from dataclasses import dataclass

import mujoco
import numpy as np

BACKGROUND = np.array([0.96, 0.96, 0.97])
_LIGHT = np.array([0.5, 0.45, 0.75]) / np.linalg.norm([0.5, 0.45, 0.75])


@dataclass(frozen=True)
class View:
    """A pinhole camera that looks at a point.

    Args:
        eye: (3,) where it stands [m], hand frame.
        look_at: (3,) [m].
        up: (3,).
        width: [pixels].
        height: [pixels].
        field: vertical field of view [rad].
    """

    eye: tuple[float, float, float] = (0.42, 0.22, 0.22)
    look_at: tuple[float, float, float] = (0.03, 0.0, 0.01)
    up: tuple[float, float, float] = (0.0, 0.0, 1.0)
    width: int = 320
    height: int = 240
    field: float = 0.5

    def rays(self) -> np.ndarray:
        """Unit directions (height * width, 3), row after row from the top left."""
        forward = np.subtract(self.look_at, self.eye)
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, self.up)
        right = right / np.linalg.norm(right)
        up = np.cross(right, forward)
        half = np.tan(self.field / 2)
        y, x = np.mgrid[half:-half:self.height * 1j, -1:1:self.width * 1j]
        x = x * half * self.width / self.height
        rays = forward + x[..., None] * right + y[..., None] * up
        return (rays / np.linalg.norm(rays, axis=-1, keepdims=True)).reshape(-1, 3)


class Painter:
    """Draws the state of a scene."""

    def __init__(self, model: mujoco.MjModel, view: View | None = None) -> None:
        """Prepare the rays of a view."""
        self.model, self.view = model, view or View()
        self.data = mujoco.MjData(model)
        self._rays = self.view.rays()

    def draw(self, qpos: np.ndarray) -> np.ndarray:
        """The picture (height, width, 3) uint8 of the configuration qpos."""
        self.data.qpos[:] = qpos
        mujoco.mj_kinematics(self.model, self.data)
        count = len(self._rays)
        geom = np.full((count, 1), -1, dtype=np.int32)
        distance, normal = np.zeros((count, 1)), np.zeros((3 * count, 1))
        mujoco.mj_multiRay(
            self.model, self.data, np.reshape(self.view.eye, (3, 1)).astype(float),
            self._rays.reshape(-1, 1), None, True, -1, geom, distance, normal, count, 10.0)
        return self._shade(geom[:, 0], normal.reshape(-1, 3))

    def _shade(self, geom: np.ndarray, normal: np.ndarray) -> np.ndarray:
        facing = np.sum(normal * self._rays, axis=-1, keepdims=True)
        normal = np.where(facing > 0.0, -normal, normal)
        light = 0.45 + 0.55 * np.clip(normal @ _LIGHT, 0.0, 1.0)
        rim = np.clip(np.abs(facing[:, 0]), 0.0, 1.0)**0.25
        color = self.model.geom_rgba[geom, :3] * (light * rim)[:, None]
        color = np.where((geom >= 0)[:, None], color, BACKGROUND)
        shape = (self.view.height, self.view.width, 3)
        return (255.0 * np.clip(color, 0.0, 1.0)).astype(np.uint8).reshape(shape)
