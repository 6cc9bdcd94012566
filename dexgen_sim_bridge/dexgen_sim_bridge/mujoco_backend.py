"""The simulated hand: PD actuation in MuJoCo, an object that is put back, a wrist that turns."""

from collections import deque
from typing import NamedTuple

from dexgen_description import Hand, load_object, ObjectModel
import mujoco
import numpy as np

from dexgen_sim_bridge.backend import BackendError, Measured
from dexgen_sim_bridge.drop import Holding, is_dropped
from dexgen_sim_bridge.scene import build_scene, free_place, put_object, SceneConfig
from dexgen_sim_bridge.wrist import gravity_in_hand, turn_toward, unit_quaternion

# A diverging simulation is reported by its own error, not in a file in the working directory.
mujoco.set_mju_user_warning(lambda text: None)
WRIST_RATE = np.pi / 2
"""Fastest turn of the wrist [rad/s]."""
NO_OBJECT = ('', 'none')
_RETRY = 0.25
_OUT_OF_THE_WAY = 0.5
_WARNINGS = (
    mujoco.mjtWarning.mjWARN_BADQPOS,
    mujoco.mjtWarning.mjWARN_BADQVEL,
    mujoco.mjtWarning.mjWARN_BADQACC,
    mujoco.mjtWarning.mjWARN_BADCTRL,
)


class ObjectReading(NamedTuple):
    """The object as it is.

    Attributes:
      name: of its description.
      position: (3,) [m], hand frame.
      quaternion: (4,) (w, x, y, z), object frame in the hand frame.
      linear, angular: (3,) velocities in the hand frame [m/s, rad/s].
      holding: how it has been held.
      held_for: [s].
    """

    name: str
    position: np.ndarray
    quaternion: np.ndarray
    linear: np.ndarray
    angular: np.ndarray
    holding: Holding
    held_for: float


def object_model(name: str) -> ObjectModel | None:
    """The object's description, None for '' and 'none'.

    Raises:
      ValueError: no such object; the message lists those that there are.
    """
    return None if name in NO_OBJECT else load_object(name)


class MujocoBackend:
    """A hand in MuJoCo.

    Args:
      hand: the hand.
      object_name: an object's name, '' or 'none' for an empty hand.
      config: the scene's settings.

    Raises:
      ValueError: no such object.
    """

    name = 'mujoco'
    simulated = True
    waiting = ''

    def __init__(self, hand: Hand, object_name: str = '', config: SceneConfig | None = None):
        self.hand = hand
        self.config = config or SceneConfig()
        self._joints = len(hand.joint_names)
        self.wrist = self._wanted_wrist = unit_quaternion(self.config.wrist)
        self._build(object_model(object_name))
        self.reset(0.0)

    @property
    def object_name(self) -> str:
        """Name of the object in the scene, '' when there is none."""
        return self.object.name if self.object else ''

    @property
    def time(self) -> float:
        """Simulated time [s]."""
        return float(self.data.time)

    def _build(self, chosen: ObjectModel | None) -> None:
        self.object = chosen
        self.model = build_scene(self.hand, chosen, self.config)
        self.model.opt.gravity[:] = gravity_in_hand(self.wrist, self.config.gravity)
        self.data = mujoco.MjData(self.model)
        self.holding = Holding()
        self._retry_at = 0.0
        self._delay_from_here()

    def _delay_from_here(self) -> None:
        """Let the drive's delay begin anew with the target that is held."""
        drive = self.config.drive
        late = round(drive.delay / self.config.timestep) if drive and drive.delay else 0
        self._under_way = deque([self.data.ctrl.copy()] * late)

    def measure(self, now: float) -> Measured:
        """The joints as they are now."""
        n = self._joints
        data = self.data
        return Measured(
            data.qpos[:n].copy(), data.qvel[:n].copy(), data.qfrc_actuator[:n].copy(), now
        )

    def step(self, target: np.ndarray, following: bool, now: float) -> Measured:
        """Apply the target (J,) [rad] and advance the scene by one time step."""
        del following
        data = self.data
        self._under_way.append(target)
        data.ctrl[:] = self._under_way.popleft()
        if self.wrist is not self._wanted_wrist:
            self._turn()
        mujoco.mj_step(self.model, data)
        if any(data.warning[kind].number for kind in _WARNINGS):
            raise BackendError('UNSTABLE', f'the simulation diverged at {data.time:.2f} s')
        if self.object:
            self._watch_object()
        return self.measure(now)

    def reset(self, now: float) -> Measured:
        """Set the hand to its pregrasp posture at rest and put the object in."""
        mujoco.mj_resetData(self.model, self.data)
        posture = self.hand.pregrasp if self.object else self.hand.rest
        self.data.qpos[: self._joints] = posture
        self.data.ctrl[:] = posture
        self._delay_from_here()
        self.holding = Holding()
        if self.object:
            self._put_in()
        mujoco.mj_forward(self.model, self.data)
        return self.measure(now)

    def close(self) -> None:
        """Nothing to release."""

    def take_over(self, other: 'MujocoBackend') -> None:
        """Continue another backend's hand and wrist; the object is put in where there is room."""
        n = self._joints
        self.data.qpos[:n], self.data.qvel[:n] = other.data.qpos[:n], other.data.qvel[:n]
        self.data.ctrl[:] = other.data.ctrl
        self.data.time = other.data.time
        self._under_way = other._under_way
        self.wrist, self._wanted_wrist = other.wrist, other._wanted_wrist
        self.model.opt.gravity[:] = gravity_in_hand(self.wrist, self.config.gravity)
        self.holding, self._retry_at = Holding(), 0.0
        if self.object:
            self._put_in()
        mujoco.mj_forward(self.model, self.data)

    def turn_wrist(self, orientation) -> float:
        """Begin to turn the wrist to an orientation (4,) (w, x, y, z); the time it takes [s].

        Raises:
          ValueError: it is no rotation.
        """
        self._wanted_wrist = unit_quaternion(orientation)
        angle = 2.0 * np.arccos(min(abs(float(self.wrist @ self._wanted_wrist)), 1.0))
        return float(angle / WRIST_RATE)

    def object_reading(self) -> ObjectReading | None:
        """The object as it is now, None in a scene without one."""
        if not self.object:
            return None
        n, data = self._joints, self.data
        quaternion = data.qpos[n + 3 : n + 7].copy()
        angular = np.empty(3)
        mujoco.mju_rotVecQuat(angular, data.qvel[n + 3 : n + 6], quaternion)
        return ObjectReading(
            self.object.name,
            data.qpos[n : n + 3].copy(),
            quaternion,
            data.qvel[n : n + 3].copy(),
            angular,
            self.holding,
            self.holding.held_for(data.time),
        )

    def saved(self) -> dict:
        """The scene as plain lists and numbers, for `restore`."""
        return {
            'hand': self.hand.name,
            'object': self.object_name,
            'time': self.time,
            'qpos': self.data.qpos.tolist(),
            'qvel': self.data.qvel.tolist(),
            'ctrl': self.data.ctrl.tolist(),
            'wrist': self.wrist.tolist(),
            'holding': list(self.holding),
        }

    def restore(self, saved: dict) -> None:
        """Continue from a saved scene.

        Raises:
          ValueError: it is of another hand, or not a scene.
        """
        if saved.get('hand') != self.hand.name:
            raise ValueError(f"the saved scene is of {saved.get('hand')}, not {self.hand.name}")
        try:
            if saved['object'] != self.object_name:
                self._build(object_model(saved['object']))
            data = self.data
            data.time = float(saved['time'])
            for name in ('qpos', 'qvel', 'ctrl'):
                values = np.asarray(saved[name], float)
                state = getattr(data, name)
                if values.shape != state.shape or not np.isfinite(values).all():
                    raise ValueError(
                        f'{name} of the saved scene has shape {values.shape} or is not finite; '
                        f'{state.shape} finite values are needed'
                    )
                state[:] = values
            self.wrist = self._wanted_wrist = unit_quaternion(saved['wrist'])
            held, since, drops, longest = saved['holding']
            self.holding = Holding(bool(held), float(since), int(drops), float(longest))
        except (KeyError, TypeError) as error:
            raise ValueError(f'the saved scene is incomplete: {error}') from error
        self.model.opt.gravity[:] = gravity_in_hand(self.wrist, self.config.gravity)
        self._delay_from_here()
        mujoco.mj_forward(self.model, self.data)

    def _turn(self) -> None:
        self.wrist = turn_toward(
            self.wrist, self._wanted_wrist, WRIST_RATE * self.model.opt.timestep
        )
        if np.array_equal(np.abs(self.wrist), np.abs(self._wanted_wrist)):
            self.wrist = self._wanted_wrist
        self.model.opt.gravity[:] = gravity_in_hand(self.wrist, self.config.gravity)

    def _watch_object(self) -> None:
        time = self.data.time
        n = self._joints
        if self.holding.held:
            self.holding = self.holding.observe(
                bool(is_dropped(self.data.qpos[n : n + 3], self.hand)), time
            )
        elif self.holding.due(time) and time >= self._retry_at:
            self._put_in()

    def _put_in(self) -> None:
        """Put the object in where there is room, else out of the way and try again later."""
        place = free_place(self.model, self.data, self.hand)
        if place is None:
            self._retry_at = self.data.time + _RETRY
            down = self.model.opt.gravity / np.linalg.norm(self.model.opt.gravity)
            place = self.hand.palm_center + _OUT_OF_THE_WAY * down, [1.0, 0.0, 0.0, 0.0]
        else:
            self.holding = self.holding.put_in(self.data.time)
        put_object(self.model, self.data, *place)
