"""Lifecycle node `controller`: commands and proprioception in, joint targets out."""

import threading
import time

from dexgen_description import load_hand
from dexgen_msgs.srv import SetMode
from dexgen_node.diagnostics import Diagnostics
from dexgen_node.lifecycle import LifecycleNode
from dexgen_node.loop import refusal
from dexgen_node.parameters import declare
from dexgen_node.run import run_node
from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.msg import SetParametersResult
import rclpy
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter

from dexgen_controller.control_loop import ControlLoop
from dexgen_controller.controller import Controller, Timeouts
from dexgen_controller.modes import build_policies
from dexgen_controller.streams_node import Inbox, Outbox


class ControllerNode(LifecycleNode):
    """Configure loads the hand and builds the policies, activate starts the control thread.

    With the parameter `autostart` it does both itself. A failing configure leaves the node alive
    and unconfigured, with the reason in the log, in its diagnostics and in the answer of
    `controller/set_mode`.
    """

    def __init__(self):
        super().__init__('controller')
        self._declare_parameters()
        self._fault = 'not configured yet'
        self._failure: BaseException | None = None
        self._controller: Controller | None = None
        self._inbox: Inbox | None = None
        self._outbox: Outbox | None = None
        self._loop: ControlLoop | None = None
        self._lock = threading.Lock()
        self._mode_service = self.create_service(SetMode, 'controller/set_mode', self._set_mode)
        self.add_on_set_parameters_callback(self._take_parameters)
        self._diagnostics = Diagnostics(self)
        self._diagnostics.add('state', self._report)
        if self._value('autostart') and self._succeeded(self.trigger_configure()):
            self.trigger_activate()

    def _declare_parameters(self) -> None:
        declare(self, 'hand', 'allegro_right', 'name of the hand description')
        declare(
            self,
            'mode',
            'passthrough',
            'mode after activation, for example passthrough, hold; auto: dexgen if it can run',
        )
        declare(
            self, 'rate', 30.0, 'control rate [Hz]; a checkpoint brings its own', low=1, high=200
        )
        declare(
            self, 'checkpoint', '', 'folder of a learned controller, or shipped; empty: none'
        )
        declare(
            self,
            'guidance',
            -1.0,
            "guidance strength, dimensionless, 0 = the prior alone, negative = the checkpoint's",
            low=-1,
            high=1000,
            read_only=False,
        )
        declare(self, 'ramp_time', 0.5, 'blending after a change of mode [s]', low=0, high=5)
        declare(self, 'command_timeout', 0.1, 'age of a stale command [s]', low=0.01, high=1)
        declare(self, 'priority', 0, 'SCHED_FIFO priority of the control thread', low=0, high=99)
        declare(self, 'autostart', True, 'configure and activate at start')

    def _value(self, name: str):
        return self.get_parameter(name).value

    @staticmethod
    def _succeeded(result) -> bool:
        return result == TransitionCallbackReturn.SUCCESS

    def on_configure(self, state) -> TransitionCallbackReturn:
        """Load the hand and build the policies: a wrong parameter fails here and nowhere later."""
        try:
            self._configure()
        except Exception as error:  # A damaged checkpoint fails in many ways; the node survives.
            foreseen = isinstance(error, (ValueError, OSError, ImportError))
            self._fault = str(error) if foreseen else repr(error)
            self.get_logger().error(f'not configured: {self._fault}')
            self._forget()
            return TransitionCallbackReturn.FAILURE
        self._fault = ''
        return TransitionCallbackReturn.SUCCESS

    def _configure(self) -> None:
        hand = load_hand(self._value('hand'))
        built = build_policies(hand, self._value('checkpoint'), self._value('rate'))
        self._controller = Controller(
            built.kinematics,
            len(hand.keypoint_names),
            built.policies,
            built.mode(self._value('mode')),
            1.0 / built.rate,
            Timeouts(command=self._value('command_timeout')),
            built.history,
            ramp_time=self._value('ramp_time'),
        )
        self._strength = built.strength
        self._controller.set_guidance(built.strength(self._value('guidance')))
        self._rate = built.rate
        self._outbox = Outbox(self, hand, built.rate)
        self._inbox = Inbox(self, hand, self._wake)

    def on_activate(self, state) -> TransitionCallbackReturn:
        """Start the control thread."""
        self._loop = ControlLoop(
            1.0 / self._rate, self._tick, self._fail, self._value('priority'), self._refused
        )
        self._loop.lock_phase(self._controller.policy.locks_phase)
        self._diagnostics.add_rate('control loop', self._loop.watch, self._rate)
        for name, watch in self._inbox.watches.items():
            self._diagnostics.add_rate(f'hears {name}', watch)
        self._loop.start()
        mode = self._controller.policy.name
        self.get_logger().info(f'{mode} at {self._rate:g} Hz for {self._value("hand")}')
        return super().on_activate(state)

    def on_deactivate(self, state) -> TransitionCallbackReturn:
        """Stop the control thread; nothing is published any more. Fails while a tick hangs."""
        if not self._stop_loop():
            self.get_logger().error('not deactivated: the last tick has not ended; try again')
            return TransitionCallbackReturn.FAILURE
        return super().on_deactivate(state)

    def on_cleanup(self, state) -> TransitionCallbackReturn:
        """Forget the hand, the policies and the streams."""
        self._forget()
        self._fault = 'not configured'
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state) -> TransitionCallbackReturn:
        """Stop the control thread."""
        self._stop_loop()
        return TransitionCallbackReturn.SUCCESS

    def on_error(self, state) -> TransitionCallbackReturn:
        """Stop everything; the node can be configured again."""
        self._stop_loop()
        self._forget()
        self._fault = 'a transition failed; configure again'
        return TransitionCallbackReturn.SUCCESS

    def _forget(self) -> None:
        for streams in (self._inbox, self._outbox):
            if streams is not None:
                streams.close()
        self._inbox = self._outbox = None
        with self._lock:
            self._controller = None

    def close(self) -> None:
        """Stop the control thread before the node is destroyed.

        Raises:
          RuntimeError: the control thread had ended by an error.
        """
        self._stop_loop()
        if self._failure is not None:
            raise RuntimeError('the control thread ended by an error') from self._failure

    def _stop_loop(self) -> bool:
        """Whether the control thread has ended."""
        if self._loop is None:
            return True
        if not self._loop.stop():
            return False
        self._loop = None
        for name in ('control loop', *(f'hears {name}' for name in self._inbox.watches)):
            self._diagnostics.remove(name)
        return True

    def _refused(self) -> None:
        self.get_logger().warning(refusal(self._value('priority'), 'control'))

    def _wake(self) -> None:
        if self._loop is not None:
            self._loop.wake(self._inbox.arrival)

    def _tick(self, now: float) -> None:
        self._inbox.look(now)
        inputs = self._inbox.inputs()
        stamp = self.get_clock().now()
        with self._lock:
            tick = self._controller.tick(inputs, now, 1e-9 * stamp.nanoseconds)
            guidance = self._controller.guidance
        self._outbox.send(tick, stamp, time.monotonic() - now, guidance)

    def _fail(self, error: BaseException) -> None:
        # The process ends, so that whoever started it sees it and starts it again.
        self._fault = f'the control thread ended: {error!r}'
        self._failure = error
        if rclpy.ok():
            self.get_logger().fatal(self._fault)
            rclpy.try_shutdown()

    def _set_mode(self, request: SetMode.Request, response: SetMode.Response) -> SetMode.Response:
        try:
            self._change_mode(request.mode)
            response.success, response.message = True, f'mode {request.mode}'
            self.get_logger().info(response.message)
        except ValueError as error:
            response.success, response.message = False, str(error)
        return response

    def _change_mode(self, mode: str) -> None:
        with self._lock:
            if self._controller is None:
                raise ValueError(f'the controller is not configured: {self._fault}')
            self._controller.set_mode(mode)
            locks_phase = self._controller.policy.locks_phase
        if self._loop is not None:
            self._loop.lock_phase(locks_phase)

    def _take_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        for parameter in parameters:
            if parameter.name == 'guidance' and self._controller is not None:
                with self._lock:
                    self._controller.set_guidance(self._strength(parameter.value))
        return SetParametersResult(successful=True)

    def _report(self):
        if self._fault:
            return DiagnosticStatus.ERROR, self._fault, {}
        refused = {f'refused {reason}': n for reason, n in sorted(self._inbox.refused.items())}
        missed = self._loop.missed if self._loop else 0
        values = {'late ticks': self._outbox.late_ticks, 'missed ticks': missed, **refused}
        return DiagnosticStatus.OK, f'mode {self._controller.policy.name}', values


def main() -> None:
    """Run the node."""
    run_node(ControllerNode)


if __name__ == '__main__':
    main()
