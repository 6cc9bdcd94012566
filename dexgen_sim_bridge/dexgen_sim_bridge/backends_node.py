"""Builds what stands behind the gate from the node's parameters: the simulator or a real hand."""

import secrets
import time

from dexgen_description import Hand, load_hand
from dexgen_node.rates import RateWatch
import numpy as np

from dexgen_sim_bridge.backend import Backend
from dexgen_sim_bridge.bridge import Bridge
from dexgen_sim_bridge.bridge_step import BridgeSettings
from dexgen_sim_bridge.drive_file import load_drive
from dexgen_sim_bridge.mujoco_backend import MujocoBackend
from dexgen_sim_bridge.peer_streams_node import PeerStreams
from dexgen_sim_bridge.preset import load_preset, real_limits
from dexgen_sim_bridge.scene import SceneConfig
from dexgen_sim_bridge.scene_file import SavedScene, state_directory
from dexgen_sim_bridge.state_machine import RESUMED
from dexgen_sim_bridge.topic_backend import TopicBackend
from dexgen_sim_bridge.wrist import wrist_orientation


class Assembly:
    """A bridge with its backend, and what lives as long as they do.

    Args:
      node: the node `hand_bridge`, whose parameters say what to build.

    Raises:
      ValueError: an unknown hand, object, wrist or backend; the message lists the allowed ones.
      OSError: a file that cannot be read.

    Attributes:
      hand: the hand.
      bridge: state machine, gate and backend.
    """

    def __init__(self, node):
        self._node = node
        self._peer: PeerStreams | None = None
        self._scene: SavedScene | None = None
        self.hand = load_hand(self._value('hand'))
        self._wrist = wrist_orientation(self._value('wrist'), self.hand.side)
        settings = BridgeSettings(
            timestep=1.0 / self._value('physics_rate'),
            margin=self._value('margin'),
            silence=self._value('silence'),
            control_rate=self._value('control_rate'),
            ramp=self._value('ramp'),
        )
        build = self._simulated if self._value('backend') == 'mujoco' else self._connected
        self.bridge = build(settings)

    def close(self, forget: bool = True) -> None:
        """Release everything; `forget` the saved scene, because the end is an orderly one."""
        if self._scene and forget:
            self._scene.forget()
        if self._peer:
            self._peer.close()
        self.bridge.backend.close()

    @property
    def own_joint_states(self) -> bool:
        """False where the hand itself publishes joint_states with our names."""
        backend = self.bridge.backend
        return backend.simulated or not backend.preset.joints.identical

    @property
    def heard(self) -> RateWatch | None:
        """Rate and age of a real hand's joint states; None for a simulated one."""
        return self._peer.watch if self._peer else None

    def wrist(self) -> np.ndarray:
        """Orientation (4,) of the hand in the world as it is now, (w, x, y, z)."""
        backend = self.bridge.backend
        return backend.wrist if backend.simulated else self._wrist

    def save(self) -> None:
        """Save the simulated scene; raises OSError."""
        if self._scene:
            with self.bridge.lock:
                saved = self.bridge.backend.saved()
            self._scene.save(saved, time.time())

    def _value(self, name: str):
        return self._node.get_parameter(name).value

    def _new_bridge(self, backend: Backend, settings: BridgeSettings, **held) -> Bridge:
        def new_session():
            return secrets.randbits(62) + 1

        return Bridge(self.hand, backend, settings, new_session, time.monotonic(), **held)

    def _simulated(self, settings: BridgeSettings) -> Bridge:
        drive = load_drive(self._value('drive'), self.hand) if self._value('drive') else None
        config = SceneConfig(timestep=settings.timestep, wrist=self._wrist, drive=drive)
        backend = MujocoBackend(self.hand, self._value('object'), config)
        logger, within = self._node.get_logger(), self._value('resume_within')
        directory = state_directory(self._value('state_directory'))
        configured = ' '.join(map(self._value, ('hand', 'object', 'wrist', 'drive')))
        name = self._node.get_fully_qualified_name()
        self._scene = SavedScene(directory, name, configured)
        try:
            resumed = self._scene.resume(backend, time.time(), within)
        except (ValueError, OSError) as error:
            logger.warning(f'starting with a new scene: {error}')
            resumed = False
        if not resumed:
            return self._new_bridge(backend, settings)
        logger.info(f'resumed the scene saved in {self._scene.path}')
        return self._new_bridge(
            backend, settings, status=RESUMED, applied=backend.data.ctrl.copy()
        )

    def _connected(self, settings: BridgeSettings) -> Bridge:
        preset = load_preset(self._value('backend'), self.hand)
        self._peer = PeerStreams(self._node, preset)
        backend = TopicBackend(self.hand, preset, self._peer.send)
        self._peer.connect(backend)
        drive = preset.drive
        return self._new_bridge(
            backend,
            settings,
            limits=real_limits(self.hand, drive, settings.margin),
            kp=None if drive.kp is None else np.array(drive.kp),
        )


def new_scene(hand: Hand, name: str, bridge: Bridge) -> MujocoBackend:
    """Put another object into the scene of a simulated hand, which keeps its posture.

    Raises:
      ValueError: no such object; the message lists those that there are.
    """
    chosen = MujocoBackend(hand, name, bridge.backend.config)
    with bridge.lock:
        chosen.take_over(bridge.backend)
        bridge.replace_backend(chosen, time.monotonic())
    return chosen
