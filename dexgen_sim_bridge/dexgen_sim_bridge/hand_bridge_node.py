"""Lifecycle node `hand_bridge`: owner of the state machine, the last stage before the hand."""

import sys
import time

from dexgen_node import topics
from dexgen_node.diagnostics import Diagnostics
from dexgen_node.lifecycle import LifecycleNode
from dexgen_node.loop import FixedRateLoop, refusal
from dexgen_node.parameters import declare
from dexgen_node.run import run_node
from rclpy.lifecycle import TransitionCallbackReturn

from dexgen_sim_bridge.backend import BackendError
from dexgen_sim_bridge.backends_node import Assembly
from dexgen_sim_bridge.bridge import Bridge
from dexgen_sim_bridge.physics_loop import PhysicsLoop
from dexgen_sim_bridge.reports import (
    gate_report,
    INACTIVE,
    loop_report,
    state_report,
    stream_report,
)
from dexgen_sim_bridge.services_node import Services
from dexgen_sim_bridge.state_machine import State, Status
from dexgen_sim_bridge.streams_node import Inbox, Outbox, StateStream

UNCONFIGURED = Status(State.FAULT, 'NOT_CONFIGURED', 'the bridge is not configured')
JOINT_STATE_RATE = 100.0
VIEW_RATE = 30.0
SAVE_RATE = 5.0
_HEARTBEAT, _MARKER_PERIOD = 0.5, 1.0


class HandBridgeNode(LifecycleNode):
    """Configure builds the scene, activate starts the physics thread and the streams.

    With the parameter `autostart` it does both itself. A failing configure leaves the node alive
    and unconfigured: StackState says FAULT, NOT_CONFIGURED and why.
    """

    def __init__(self):
        super().__init__('hand_bridge')
        declare_parameters(self)
        self._assembly: Assembly | None = None
        self._physics: PhysicsLoop | None = None
        self._trouble = UNCONFIGURED
        self._engage_when_ready = self._value('auto_engage')
        self._stream_timers: list = []
        self._state = StateStream(self)
        self._service_answers = Services(
            self,
            lambda: self.bridge if self._physics else None,
            lambda: self.status.message,
            self._publish_change,
            self._restart_physics,
        )
        self._diagnostics = Diagnostics(self)
        self._add_reports()
        self.create_timer(_HEARTBEAT, self._publish_state)
        if self._value('autostart') and self._configured():
            self.trigger_activate()

    def _configured(self) -> bool:
        return self.trigger_configure() == TransitionCallbackReturn.SUCCESS

    def _value(self, name: str):
        return self.get_parameter(name).value

    @property
    def bridge(self) -> Bridge | None:
        """State machine, gate and backend; None while the node is not configured."""
        return self._assembly.bridge if self._assembly else None

    @property
    def status(self) -> Status:
        """Status of the state machine; a FAULT of its own while there is none."""
        return self.bridge.status if self.bridge else self._trouble

    def on_configure(self, state) -> TransitionCallbackReturn:
        """Build the scene: a wrong parameter fails here and nowhere later."""
        try:
            self._assembly = Assembly(self)
        except Exception as error:  # A damaged file fails in many ways; the node survives.
            foreseen = isinstance(error, (ValueError, OSError))
            said = str(error) if foreseen else repr(error)
            self._trouble = UNCONFIGURED._replace(message=f'not configured: {said}')
            self.get_logger().error(self._trouble.message)
            self._publish_state()
            return TransitionCallbackReturn.FAILURE
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state) -> TransitionCallbackReturn:
        """Start the streams and the physics thread."""
        bridge, hand = self.bridge, self._assembly.hand
        self._outbox = Outbox(self, hand, self._assembly.own_joint_states)
        self._outbox.show(getattr(bridge.backend, 'object', None))
        self._inbox = Inbox(
            self,
            bridge,
            self._controller_ready,
            self._emergency_stop,
            follow_wrist=self._value('wrist') == 'operator',
        )
        self._start_physics()
        self._stream_timers = [
            self.create_timer(1.0 / VIEW_RATE, self._publish_scene),
            self.create_timer(_MARKER_PERIOD, self._outbox.send_markers),
        ]
        # On a thread of its own: a slow disk must not delay an emergency stop.
        self._saving = FixedRateLoop(SAVE_RATE, self._save, self._loop_failed, 'saving')
        self._saving.start()
        self._diagnostics.add_rate(
            f'hears {topics.CONTROLLER_STATE.name}', self._inbox.controller_watch
        )
        self._diagnostics.add_rate('saving', self._saving.watch, SAVE_RATE)
        if self._assembly.heard:
            self._diagnostics.add_rate('hears the hand', self._assembly.heard)
        self._publish_state()
        scene = f'{hand.name} with {bridge.backend.object_name or "no object"}'
        self.get_logger().info(f'{scene} on {bridge.backend.name}')
        return super().on_activate(state)

    def on_deactivate(self, state) -> TransitionCallbackReturn:
        """Hold, then stop the physics thread and the streams."""
        self.bridge.deactivate()
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
        self.close()
        self._publish_state()
        return TransitionCallbackReturn.SUCCESS

    def close(self) -> None:
        """End in an orderly way: nothing is left to resume."""
        self._stop()
        self._forget()

    def abandon(self) -> None:
        """End after an error: the scene stays on disk, for the next process to resume."""
        self._stop()
        self._forget(orderly=False)

    def _stop(self) -> None:
        if self._physics:
            self._physics.stop()
            self._physics = None
        if self._stream_timers:
            for name in (f'hears {topics.CONTROLLER_STATE.name}', 'saving', 'hears the hand'):
                self._diagnostics.remove(name)
            self._saving.stop()
            for timer in self._stream_timers:
                self.destroy_timer(timer)
            self._stream_timers = []
            self._inbox.close()
            self._outbox.close()

    def _forget(self, orderly: bool = True) -> None:
        if self._assembly:
            self._assembly.close(forget=orderly)
            self._assembly = None
        self._trouble = UNCONFIGURED

    def _start_physics(self) -> None:
        rate = self._value('physics_rate')
        self._physics = PhysicsLoop(
            self.bridge,
            rate,
            max(1, round(rate / JOINT_STATE_RATE)),
            self._outbox.send_joints,
            self._publish_state,
            self._loop_failed,
            self._value('priority'),
            self._priority_refused,
        )
        self._physics.start()

    def _restart_physics(self) -> None:
        if not self._physics.alive:
            self._start_physics()

    def _loop_failed(self, error: BaseException) -> None:
        if not self.context.ok():
            return  # A signal ended the context before this thread: nothing can be published.
        self.get_logger().error(f'a thread of the bridge ended: {error!r}')
        self.bridge.fail(BackendError('INTERNAL', f'a thread of the bridge ended: {error!r}'))
        self._publish_state()

    def _priority_refused(self) -> None:
        self.get_logger().warning(refusal(self._value('priority'), 'physics'), once=True)

    def _emergency_stop(self) -> None:
        self.get_logger().warning(self.bridge.stop().message)
        self._publish_state()

    def _controller_ready(self) -> None:
        if self._engage_when_ready:
            self._engage_when_ready = False
            self.get_logger().info(self.bridge.engage(time.monotonic()).message)
            self._publish_state()

    def _publish_change(self, *chosen) -> None:
        if chosen:
            self._outbox.show(chosen[0])
            self._outbox.send_markers()
        self._publish_state()

    def _publish_state(self) -> None:
        backend = self.bridge.backend if self.bridge else None
        self._state.publish(
            self.status,
            self._value('hand'),
            backend.object_name if backend else '',
            backend.name if backend else self._value('backend'),
        )

    def _publish_scene(self) -> None:
        bridge = self.bridge
        with bridge.lock:
            step, wrist = bridge.snapshot(), self._assembly.wrist()
            reading = bridge.backend.object_reading() if bridge.backend.simulated else None
        if step:
            self._outbox.send_scene(step.measured.positions, wrist, reading)

    def _save(self, now: float) -> None:
        if self.status.state == State.FAULT:
            return
        try:
            self._assembly.save()
        except OSError as error:
            self.get_logger().warning(
                f'the scene is not saved: {error}', throttle_duration_sec=60.0
            )

    def _add_reports(self) -> None:
        rate, warn, error = map(self._value, ('physics_rate', 'warn_factor', 'error_factor'))
        self._diagnostics.add('state', lambda: state_report(self.status))
        for name, report in (
            ('gate', lambda: gate_report(self.bridge)),
            ('physics', lambda: loop_report(self._physics, rate, warn, error)),
            ('hears joint_target', lambda: stream_report(self._inbox.watch, self.bridge)),
        ):
            self._diagnostics.add(
                name, lambda report=report: report() if self._physics else INACTIVE
            )


def declare_parameters(node) -> None:
    """Declare the parameters of the bridge."""
    declare(node, 'hand', 'allegro_right', 'name of the hand description')
    declare(node, 'object', 'cube', 'object in the scene; none: an empty hand')
    declare(node, 'backend', 'mujoco', 'mujoco, or the preset of a real hand')
    declare(node, 'drive', '', 'simulated drive, YAML of dexgen-identify; empty: as described')
    declare(node, 'wrist', 'palm_up', 'orientation of the wrist at the start')
    declare(node, 'physics_rate', 200.0, 'steps of gate and PD [Hz]', low=100, high=1000)
    declare(node, 'control_rate', 10.0, 'until the controller tells [Hz]', low=5, high=200)
    declare(node, 'margin', 0.02, 'kept from the limits of the joints [rad]', low=0, high=0.5)
    declare(node, 'silence', 0.5, 'without targets the session ends [s]', low=0.1, high=10)
    declare(node, 'ramp', 0.5, 'after an engage the rate rises so long [s]', low=0, high=5)
    declare(node, 'priority', 0, 'SCHED_FIFO priority of the physics thread', low=0, high=99)
    declare(node, 'warn_factor', 0.98, 'real-time factor below it warns', low=0, high=1)
    declare(node, 'error_factor', 0.8, 'real-time factor below it is an error', low=0, high=1)
    declare(node, 'state_directory', '', 'saved scene; empty: ROS_HOME/dexgen, ~/.ros/dexgen')
    declare(node, 'resume_within', 60.0, 'age of a saved scene to resume [s]', low=0, high=1e6)
    declare(node, 'auto_engage', False, 'engage once when the controller is ready')
    declare(node, 'autostart', True, 'configure and activate at start')


def main() -> None:
    """Run the node."""
    # The physics thread waits for the interpreter's lock at most this long [s].
    sys.setswitchinterval(0.0005)
    run_node(HandBridgeNode)


if __name__ == '__main__':
    main()
