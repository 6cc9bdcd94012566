"""Lifecycle node `hand_bridge`: owner of the state machine, the last stage before the hand."""

import os
import secrets
import sys
import time

from dexgen_description import load_hand
from dexgen_msgs.srv import SelectObject, SetWrist
from dexgen_node.diagnostics import Diagnostics
from dexgen_node.lifecycle import LifecycleNode
from dexgen_node.parameters import declare
from dexgen_node.run import run_node
import numpy as np
from rclpy.lifecycle import TransitionCallbackReturn
from std_srvs.srv import Trigger

from dexgen_sim_bridge.backend import Backend, BackendError
from dexgen_sim_bridge.bridge import Answer, Bridge, BridgeSettings
from dexgen_sim_bridge.mujoco_backend import MujocoBackend
from dexgen_sim_bridge.peer_streams_node import PeerStreams
from dexgen_sim_bridge.physics_loop import PhysicsLoop
from dexgen_sim_bridge.preset import load_preset, real_limits
from dexgen_sim_bridge.reports import (
    gate_report,
    INACTIVE,
    loop_report,
    state_report,
    stream_report,
)
from dexgen_sim_bridge.scene import SceneConfig
from dexgen_sim_bridge.scene_file import forget_scene, load_scene, save_scene, state_directory
from dexgen_sim_bridge.state_machine import RESUMED, State, Status
from dexgen_sim_bridge.streams_node import Inbox, Outbox, StateStream
from dexgen_sim_bridge.topic_backend import TopicBackend
from dexgen_sim_bridge.wrist import wrist_orientation

UNCONFIGURED = Status(State.FAULT, 'NOT_CONFIGURED', 'the bridge is not configured')
JOINT_STATE_RATE = 100.0
VIEW_RATE = 30.0
_SAVE_PERIOD, _HEARTBEAT, _MARKER_PERIOD = 0.2, 0.5, 1.0


class HandBridgeNode(LifecycleNode):
    """Configure builds the scene, activate starts the physics thread and the streams.

    With the parameter `autostart` it does both itself. A failing configure leaves the node alive
    and unconfigured: StackState says FAULT, NOT_CONFIGURED and why.
    """

    def __init__(self):
        super().__init__('hand_bridge')
        self._declare_parameters()
        self._bridge: Bridge | None = None
        self._physics: PhysicsLoop | None = None
        self._peer: PeerStreams | None = None
        self._trouble = UNCONFIGURED
        self._engage_when_ready = self._value('auto_engage')
        self._stream_timers: list = []
        self._state = StateStream(self)
        self._serve()
        self._diagnostics = Diagnostics(self)
        self._add_reports()
        self.create_timer(_HEARTBEAT, self._publish_state)
        if self._value('autostart') and self._configured():
            self.trigger_activate()

    def _configured(self) -> bool:
        return self.trigger_configure() == TransitionCallbackReturn.SUCCESS

    def _declare_parameters(self) -> None:
        declare(self, 'hand', 'allegro_right', 'name of the hand description')
        declare(self, 'object', 'cube', 'object in the scene; none: an empty hand')
        declare(self, 'backend', 'mujoco', 'mujoco, or the preset of a real hand')
        declare(self, 'wrist', 'palm_up', 'orientation of the wrist at the start')
        declare(self, 'physics_rate', 200.0, 'steps of gate and PD [Hz]', low=100, high=1000)
        declare(self, 'control_rate', 10.0, 'until the controller tells [Hz]', low=5, high=200)
        declare(self, 'margin', 0.02, 'kept from the limits of the joints [rad]', low=0, high=0.5)
        declare(self, 'silence', 0.5, 'without targets the session ends [s]', low=0.1, high=10)
        declare(self, 'ramp', 0.5, 'after an engage the rate rises so long [s]', low=0, high=5)
        declare(self, 'priority', 0, 'SCHED_FIFO priority of the physics thread', low=0, high=99)
        declare(self, 'warn_factor', 0.98, 'real-time factor below it warns', low=0, high=1)
        declare(self, 'error_factor', 0.8, 'real-time factor below it is an error', low=0, high=1)
        declare(self, 'state_directory', '', 'saved scene; empty: ROS_HOME/dexgen, ~/.ros/dexgen')
        declare(self, 'resume_within', 10.0, 'age of a saved scene to resume [s]', low=0, high=1e6)
        declare(self, 'auto_engage', False, 'engage once when the controller is ready')
        declare(self, 'autostart', True, 'configure and activate at start')

    def _serve(self) -> None:
        for name, answer in (
            ('engage', lambda bridge: bridge.engage(time.monotonic())),
            ('disengage', lambda bridge: bridge.disengage()),
            ('stop', lambda bridge: bridge.stop()),
            ('reset', self._reset),
        ):
            self.create_service(Trigger, f'hand_bridge/{name}', self._answering(answer))
        self.create_service(
            SelectObject, 'hand_bridge/select_object', self._answering(self._select_object)
        )
        self.create_service(SetWrist, 'hand_bridge/set_wrist', self._answering(self._set_wrist))

    def _value(self, name: str):
        return self.get_parameter(name).value

    @property
    def status(self) -> Status:
        """Status of the state machine; a FAULT of its own while there is none."""
        return self._bridge.status if self._bridge else self._trouble

    def on_configure(self, state) -> TransitionCallbackReturn:
        """Build the scene: a wrong parameter fails here and nowhere later."""
        try:
            self._configure()
        except (ValueError, OSError) as error:
            self._forget()
            self._trouble = UNCONFIGURED._replace(message=f'not configured: {error}')
            self.get_logger().error(f'not configured: {error}')
            self._publish_state()
            return TransitionCallbackReturn.FAILURE
        return TransitionCallbackReturn.SUCCESS

    def _configure(self) -> None:
        self._hand = load_hand(self._value('hand'))
        self._wrist = wrist_orientation(self._value('wrist'), self._hand.side)
        rate = self._value('physics_rate')
        settings = BridgeSettings(
            timestep=1.0 / rate,
            margin=self._value('margin'),
            silence=self._value('silence'),
            control_rate=self._value('control_rate'),
            ramp=self._value('ramp'),
        )
        build = self._simulated if self._value('backend') == 'mujoco' else self._connected
        self._bridge = build(settings)

    def _new_bridge(self, backend: Backend, settings: BridgeSettings, **held) -> Bridge:
        def new_session():
            return secrets.randbits(62) + 1

        now = time.monotonic()
        return Bridge(self._hand, backend, settings, new_session, now, **held)

    def _simulated(self, settings: BridgeSettings) -> Bridge:
        config = SceneConfig(timestep=settings.timestep, wrist=self._wrist)
        backend = MujocoBackend(self._hand, self._value('object'), config)
        if not self._resume(backend):
            return self._new_bridge(backend, settings)
        return self._new_bridge(
            backend, settings, status=RESUMED, applied=backend.data.ctrl.copy()
        )

    def _connected(self, settings: BridgeSettings) -> Bridge:
        preset = load_preset(self._value('backend'), self._hand)
        self._peer = PeerStreams(self, preset)
        backend = TopicBackend(self._hand, preset, self._peer.send)
        self._peer.connect(backend)
        drive = preset.drive
        return self._new_bridge(
            backend,
            settings,
            limits=real_limits(self._hand, drive, settings.margin),
            kp=None if drive.kp is None else np.array(drive.kp),
        )

    def _resume(self, backend: MujocoBackend) -> bool:
        """Continue the scene of a bridge that died a moment ago."""
        directory = state_directory(self._value('state_directory'))
        domain = os.environ.get('ROS_DOMAIN_ID', '0')
        name = f'{self.get_fully_qualified_name().strip("/").replace("/", "_")}_{domain}.json'
        self._scene_file = directory / name
        try:
            directory.mkdir(parents=True, exist_ok=True)
            saved = load_scene(self._scene_file, time.time(), self._value('resume_within'))
            if saved:
                backend.restore(saved)
        except (ValueError, OSError) as error:
            self.get_logger().warning(f'starting with a new scene: {error}')
            return False
        if saved:
            self.get_logger().info(f'resumed the scene saved in {self._scene_file}')
        return bool(saved)

    def on_activate(self, state) -> TransitionCallbackReturn:
        """Start the streams and the physics thread."""
        backend = self._bridge.backend
        own = backend.simulated or not backend.preset.joints.identical
        self._outbox = Outbox(self, self._hand, own)
        if backend.simulated:
            self._outbox.show(backend.object)
        self._inbox = Inbox(self, self._bridge, self._controller_ready, self._emergency_stop)
        self._start_physics()
        self._stream_timers = [
            self.create_timer(1.0 / VIEW_RATE, self._publish_scene),
            self.create_timer(_MARKER_PERIOD, self._outbox.send_markers),
        ]
        if backend.simulated:
            self._stream_timers.append(self.create_timer(_SAVE_PERIOD, self._save))
        self._publish_state()
        scene = f'{self._hand.name} with {backend.object_name or "no object"}'
        self.get_logger().info(f'{scene} on {backend.name}')
        return super().on_activate(state)

    def _start_physics(self) -> None:
        rate = self._value('physics_rate')
        self._physics = PhysicsLoop(
            self._bridge,
            rate,
            max(1, round(rate / JOINT_STATE_RATE)),
            self._outbox.send_joints,
            self._publish_state,
            self._physics_failed,
            self._value('priority'),
        )
        self._physics.start()

    def on_deactivate(self, state) -> TransitionCallbackReturn:
        """Hold, then stop the physics thread and the streams."""
        self._bridge.deactivate()
        self._publish_state()
        self._stop()
        return super().on_deactivate(state)

    def on_cleanup(self, state) -> TransitionCallbackReturn:
        """Forget the scene."""
        self._forget()
        self._publish_state()
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state) -> TransitionCallbackReturn:
        """Stop everything."""
        self.close()
        return TransitionCallbackReturn.SUCCESS

    def on_error(self, state) -> TransitionCallbackReturn:
        """Stop everything; the node can be configured again."""
        self._stop()
        self._forget()
        self._publish_state()
        return TransitionCallbackReturn.SUCCESS

    def close(self) -> None:
        """End in an orderly way: nothing is left to resume."""
        self._stop()
        self._forget()

    def _stop(self) -> None:
        if self._physics:
            self._physics.stop()
            self._physics = None
        if self._stream_timers:
            for timer in self._stream_timers:
                self.destroy_timer(timer)
            self._stream_timers = []
            self._inbox.close()
            self._outbox.close()

    def _forget(self) -> None:
        if self._bridge:
            if self._bridge.backend.simulated:
                forget_scene(self._scene_file)
            self._bridge.backend.close()
            self._bridge = None
        if self._peer:
            self._peer.close()
            self._peer = None
        self._trouble = UNCONFIGURED

    def _answering(self, answer):
        """A service callback: the bridge's answer, with every state change published at once."""

        def callback(request, response):
            if not self._bridge or not self._physics:
                result = Answer(False, f'the bridge is not active: {self.status.message}')
            else:
                arguments = () if isinstance(request, Trigger.Request) else (request,)
                result = answer(self._bridge, *arguments)
                self._publish_state()
            response.success, response.message = result
            if not result.success:
                self.get_logger().warning(result.message)
            return response

        return callback

    def _reset(self, bridge: Bridge) -> Answer:
        answer = bridge.reset(time.monotonic())
        if answer.success and not self._physics.alive:
            self._start_physics()
        return answer

    def _select_object(self, bridge: Bridge, request) -> Answer:
        if not bridge.backend.simulated:
            return Answer(False, f'the backend {bridge.backend.name} has no scene')
        if bridge.status.state == State.FAULT:
            return Answer(False, 'select_object is refused in FAULT: reset first')
        try:
            chosen = MujocoBackend(self._hand, request.name, bridge.backend.config)
        except ValueError as error:
            return Answer(False, str(error))
        with bridge.lock:
            chosen.take_over(bridge.backend)
            bridge.replace_backend(chosen, time.monotonic())
        self._outbox.show(chosen.object)
        self._outbox.send_markers()
        return Answer(True, f'object {chosen.object_name or "none"}')

    def _set_wrist(self, bridge: Bridge, request) -> Answer:
        if not bridge.backend.simulated:
            return Answer(False, f'the backend {bridge.backend.name} turns no wrist')
        turn = request.orientation
        try:
            with bridge.lock:
                duration = bridge.backend.turn_wrist([turn.w, turn.x, turn.y, turn.z])
        except ValueError as error:
            return Answer(False, str(error))
        return Answer(True, f'turning for {duration:.1f} s')

    def _emergency_stop(self) -> None:
        self.get_logger().warning(self._bridge.stop().message)
        self._publish_state()

    def _controller_ready(self) -> None:
        if self._engage_when_ready and self._physics:
            self._engage_when_ready = False
            self.get_logger().info(self._bridge.engage(time.monotonic()).message)
            self._publish_state()

    def _physics_failed(self, error: BaseException) -> None:
        if not self.context.ok():
            return  # A signal ended the context before this thread: nothing can be published.
        self.get_logger().error(f'the physics thread ended: {error!r}')
        self._bridge.fail(BackendError('INTERNAL', f'the physics thread ended: {error!r}'))
        self._publish_state()

    def _publish_state(self) -> None:
        bridge = self._bridge
        backend = bridge.backend if bridge else None
        self._state.publish(
            self.status,
            self._value('hand'),
            getattr(backend, 'object_name', ''),
            backend.name if backend else self._value('backend'),
        )

    def _publish_scene(self) -> None:
        bridge = self._bridge
        with bridge.lock:
            measured, backend = bridge.snapshot(), bridge.backend
            reading = backend.object_reading() if backend.simulated else None
            wrist = backend.wrist if backend.simulated else self._wrist
        if measured:
            self._outbox.send_scene(measured.measured.positions, wrist, reading)

    def _save(self) -> None:
        with self._bridge.lock:
            if self._bridge.status.state == State.FAULT:
                return
            saved = self._bridge.backend.saved()
        try:
            save_scene(self._scene_file, saved, time.time())
        except OSError as error:
            self.get_logger().warning(
                f'the scene is not saved: {error}', throttle_duration_sec=60.0
            )

    def _add_reports(self) -> None:
        rate, warn, error = map(self._value, ('physics_rate', 'warn_factor', 'error_factor'))
        self._diagnostics.add('state', lambda: state_report(self.status))
        for name, report in (
            ('gate', lambda: gate_report(self._bridge)),
            ('physics', lambda: loop_report(self._physics, rate, warn, error)),
            ('joint_target', lambda: stream_report(self._inbox.watch, self._bridge)),
        ):
            self._diagnostics.add(
                name, lambda report=report: report() if self._physics else INACTIVE
            )


def main() -> None:
    """Run the node."""
    # The physics thread waits for the interpreter's lock at most this long [s].
    sys.setswitchinterval(0.0005)
    run_node(HandBridgeNode)


if __name__ == '__main__':
    main()
