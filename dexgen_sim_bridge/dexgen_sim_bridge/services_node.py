"""The services of the bridge, answered on the executor's thread."""

from collections.abc import Callable
import time

from dexgen_msgs.srv import SelectObject, SetWrist
from std_srvs.srv import Trigger

from dexgen_sim_bridge.backends_node import new_scene
from dexgen_sim_bridge.bridge import Bridge
from dexgen_sim_bridge.bridge_step import Answer
from dexgen_sim_bridge.state_machine import State


class Services:
    """Engage, disengage, stop, reset, select_object and set_wrist under `hand_bridge/`.

    Args:
      node: the node.
      active: the bridge while the node is active, else None.
      why_not: says why the node is not active.
      answered: called after each request, with a new ObjectModel where the object changed.
      restart: called after a reset, to start a physics thread that had ended.
    """

    def __init__(
        self,
        node,
        active: Callable[[], Bridge | None],
        why_not: Callable[[], str],
        answered: Callable[..., None],
        restart: Callable[[], None],
    ):
        self._node = node
        self._active = active
        self._why_not = why_not
        self._answered = answered
        self._restart = restart
        for kind, name, answer in (
            (Trigger, 'engage', lambda bridge, _: bridge.engage(time.monotonic())),
            (Trigger, 'disengage', lambda bridge, _: bridge.disengage()),
            (Trigger, 'stop', lambda bridge, _: bridge.stop()),
            (Trigger, 'reset', self._reset),
            (SelectObject, 'select_object', self._select_object),
            (SetWrist, 'set_wrist', self._set_wrist),
        ):
            node.create_service(kind, f'hand_bridge/{name}', self._answering(answer))

    def _answering(self, answer: Callable[[Bridge, object], Answer]):
        def callback(request, response):
            bridge = self._active()
            if bridge is None:
                result = Answer(False, f'the bridge is not active: {self._why_not()}')
            else:
                result = answer(bridge, request)
                self._answered()
            response.success, response.message = result
            if not result.success:
                self._node.get_logger().warning(result.message)
            return response

        return callback

    def _reset(self, bridge: Bridge, request) -> Answer:
        answer = bridge.reset(time.monotonic())
        if answer.success:
            self._restart()
        return answer

    def _select_object(self, bridge: Bridge, request: SelectObject.Request) -> Answer:
        if not bridge.backend.simulated:
            return Answer(False, f'the backend {bridge.backend.name} has no scene')
        if bridge.status.state == State.FAULT:
            return Answer(False, 'select_object is refused in FAULT: reset first')
        try:
            chosen = new_scene(bridge.hand, request.name, bridge)
        except ValueError as error:
            return Answer(False, str(error))
        self._answered(chosen.object)
        return Answer(True, f'object {chosen.object_name or "none"}')

    def _set_wrist(self, bridge: Bridge, request: SetWrist.Request) -> Answer:
        if not bridge.backend.simulated:
            return Answer(False, f'the backend {bridge.backend.name} turns no wrist')
        turn = request.orientation
        try:
            with bridge.lock:
                duration = bridge.backend.turn_wrist([turn.w, turn.x, turn.y, turn.z])
        except ValueError as error:
            return Answer(False, str(error))
        return Answer(True, f'turning for {duration:.1f} s')
