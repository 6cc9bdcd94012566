"""Node `viewer`: the live page in the browser, and the stack's services behind its buttons."""

from collections.abc import Sequence
import time

from dexgen_description import hand_names, Kinematics, load_hand, object_names
from dexgen_msgs.srv import Record, SelectObject, SetMode, SetWrist
from dexgen_node import topics
from dexgen_node.diagnostics import Diagnostics
from dexgen_node.parameters import declare
from dexgen_node.polling import PolledSubscription
from dexgen_node.rates import RateWatch
from dexgen_node.run import run_node
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Quaternion
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.node import Node
from rclpy.serialization import deserialize_message
from std_msgs.msg import Empty
from std_srvs.srv import Trigger
from tf2_msgs.msg import TFMessage

from dexgen_session import snapshot as views
from dexgen_session.newest import Newest
from dexgen_session.page import Page
from dexgen_session.priority import lower_priority

FRAME_RATE = 25.0
"""Drawings of the scene per second [Hz]."""
FRAMES_PER_STATUS = 5
"""Drawings of the scene for one of the status."""
SHOWN = 3.0
"""How long a part's diagnostics are shown after they were last heard [s]."""
EMERGENCY_STOP = 'emergency_stop'
"""Topic that stops the bridge beside its service: one message, nothing to wait for."""
WORLD_NAME = topics.WORLD_FRAME.encode() + b'\0'
"""Bytes of a transform message that says how the hand stands in the world."""

STREAMS = (
    ('stack', topics.STACK_STATE, views.stack_view),
    ('controller', topics.CONTROLLER_STATE, views.controller_view),
    ('object', topics.OBJECT_STATE, views.object_view),
    ('landmarks', topics.HAND_LANDMARKS, views.landmarks_view),
    ('gate', topics.APPLIED_TARGET, views.gate_view),
    ('joints', topics.JOINT_STATES, lambda m: dict(zip(m.name, m.position, strict=False))),
    ('command', topics.KEYPOINT_COMMAND, lambda m: views.points_array(m.keypoints)),
    ('target', topics.JOINT_TARGET, lambda m: m.sequence),
)
"""Streams that the page shows: key, topic, message to view."""
HEARTBEATS = 1.5
"""Age from which the state of the stack, told twice a second, is not known any more [s]."""


class ServiceActions:
    """The page's buttons as calls of the stack's services; outcomes go to `notice`."""

    def __init__(self, node: Node):
        self.notice = lambda text: None
        self._emergency = node.create_publisher(Empty, EMERGENCY_STOP, 1)
        self._clients = {
            name: node.create_client(kind, name)
            for name, kind in (
                ('hand_bridge/engage', Trigger),
                ('hand_bridge/disengage', Trigger),
                ('hand_bridge/stop', Trigger),
                ('hand_bridge/reset', Trigger),
                ('hand_bridge/select_object', SelectObject),
                ('hand_bridge/set_wrist', SetWrist),
                ('controller/set_mode', SetMode),
                ('controller/set_parameters', SetParameters),
                ('recorder/record', Record),
            )
        }

    def engage(self) -> None:
        self._call('hand_bridge/engage', Trigger.Request())

    def disengage(self) -> None:
        self._call('hand_bridge/disengage', Trigger.Request())

    def stop(self) -> None:
        self._emergency.publish(Empty())
        self._call('hand_bridge/stop', Trigger.Request())

    def reset(self) -> None:
        self._call('hand_bridge/reset', Trigger.Request())

    def select_object(self, name: str) -> None:
        self._call('hand_bridge/select_object', SelectObject.Request(name=name))

    def set_mode(self, mode: str) -> None:
        self._call('controller/set_mode', SetMode.Request(mode=mode))

    def set_guidance(self, guidance: float) -> None:
        value = ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=float(guidance))
        self._call(
            'controller/set_parameters',
            SetParameters.Request(parameters=[Parameter(name='guidance', value=value)]),
        )

    def record(self, begin: bool) -> None:
        action = Record.Request.START if begin else Record.Request.STOP
        self._call('recorder/record', Record.Request(action=action))

    def set_wrist(self, wxyz: Sequence[float]) -> None:
        w, x, y, z = (float(value) for value in wxyz)
        self._call(
            'hand_bridge/set_wrist',
            SetWrist.Request(orientation=Quaternion(w=w, x=x, y=y, z=z)),
        )

    def _call(self, name: str, request) -> None:
        client = self._clients[name]
        if not client.service_is_ready():
            self.notice(f'{name}: no such service; is that node running?')
            return
        self.notice(f'{name} ...')
        client.call_async(request).add_done_callback(lambda future: self._answered(name, future))

    def _answered(self, name: str, future) -> None:
        if future.exception() is not None:
            self.notice(f'{name} failed: {future.exception()}')
            return
        answer = future.result()
        if isinstance(answer, SetParameters.Response):
            (result,) = answer.results
            success, message = result.successful, result.reason
        else:
            success, message = answer.success, answer.message
        self.notice(f'{name}: {"done" if success else "refused"}. {message}')


class Viewer(Node):
    """Subscribes to what the page shows and redraws it at a fixed rate while somebody looks."""

    def __init__(self):
        super().__init__('viewer')
        name = declare(self, 'hand', 'allegro_right', 'hand description', choices=hand_names())
        host = declare(self, 'host', '127.0.0.1', 'address on which the page listens')
        port = declare(self, 'port', 8080, 'port of the page', low=1, high=65535)
        token = declare(
            self, 'token', '', 'asked of browsers; empty: a new one unless only this machine hears'
        )
        self._hand = name
        hand = load_hand(name)
        actions = ServiceActions(self)
        self._page = Page(
            hand,
            Kinematics(hand),
            actions,
            objects=object_names(),
            host=host,
            port=port,
            token=token,
        )
        actions.notice = self._page.notice
        self._ears: dict[str, PolledSubscription] = {}
        self._newest: dict[str, Newest] = {}
        self._topics: dict[str, str] = {}
        for key, topic, view in STREAMS:
            self._watch(key, topic, view)
        self._turns = [PolledSubscription(self, topic) for topic in (topics.TF, topics.TF_STATIC)]
        self._hand_wxyz = None
        self._heard_diagnostics = PolledSubscription(self, topics.DIAGNOSTICS)
        self._parts: dict[str, tuple[float, int, str]] = {}
        self._frames, self._watch = 0, RateWatch()
        self._idle = True
        self._diagnostics = Diagnostics(self)
        self._diagnostics.add_rate('drawing', self._watch, FRAME_RATE)
        self.create_timer(1.0 / FRAME_RATE, self._draw)
        self.get_logger().info(f'live page: {self._page.url}')

    def _watch(self, key: str, topic: topics.Topic, view) -> None:
        self._ears[key] = PolledSubscription(self, topic)
        self._newest[key] = Newest(lambda raw: view(deserialize_message(raw, topic.message_type)))
        self._topics[key] = topic.name

    def _listen(self, now: float) -> None:
        """Take what has arrived; only the newest message of a stream is ever decoded."""
        for key, ear in self._ears.items():
            taken = ear.take_all()
            if taken:
                last = taken[-1]
                self._newest[key].put(last.raw, now, 1e-9 * last.sent, last.number)
        for ear in self._turns:
            about = [taken for taken in ear.take_all() if WORLD_NAME in taken.raw]
            if about:
                self._turn(deserialize_message(about[-1].raw, TFMessage))

    def _turn(self, message: TFMessage) -> None:
        for transform in message.transforms:
            if (
                transform.header.frame_id == topics.WORLD_FRAME
                and transform.child_frame_id == topics.HAND_FRAME
            ):
                self._hand_wxyz = views.wxyz_array(transform.transform.rotation)

    def _listen_to_diagnostics(self, now: float) -> None:
        for taken in self._heard_diagnostics.take_all():
            self._take_diagnostics(deserialize_message(taken.raw, DiagnosticArray), now)
        self._parts = {name: part for name, part in self._parts.items() if now - part[0] < SHOWN}

    def _take_diagnostics(self, message: DiagnosticArray, now: float) -> None:
        for status in message.status:
            self._parts[status.name] = now, status.level[0], status.message

    def _draw(self) -> None:
        begin = time.monotonic()
        self._show(begin)
        self._watch.note(begin, time.monotonic() - begin)

    def _show(self, now: float) -> None:
        self._frames += 1
        with_status = self._frames % FRAMES_PER_STATUS == 0
        if not self._page.watched:
            self._idle = True
            return
        if self._idle:
            # What has waited since the last browser left is of no known age.
            self._idle = False
            for ear in (*self._ears.values(), self._heard_diagnostics):
                ear.take_all()
        self._listen(now)
        if with_status:
            self._listen_to_diagnostics(now)
        self._page.show(self._snapshot(now), with_status)

    def _snapshot(self, now: float) -> views.Snapshot:
        shown = {key: self._newest[key].view() for key, _, _ in STREAMS if key != 'target'}
        for key in ('landmarks', 'command'):
            if not self._newest[key].fresh(now):
                shown[key] = None
        for key in ('stack', 'controller', 'gate'):
            if not self._newest[key].fresh(now, HEARTBEATS):
                shown[key] = None
        shown['joints'] = shown['joints'] or {}
        rates = {
            self._topics[key]: self._newest[key].rate(now)
            for key, _, _ in STREAMS
            if key != 'stack'
        }
        parts = {name: (level, said) for name, (_, level, said) in self._parts.items()}
        warnings = [f'{name}: {said}' for name, (level, said) in parts.items() if level]
        if shown['stack'] is not None and shown['stack'].hand != self._hand:
            moved = shown['stack'].hand
            warnings.append(f'this page shows {self._hand}, the stack moves {moved}')
        return views.Snapshot(
            **shown,
            hand_wxyz=self._hand_wxyz,
            rates=rates,
            warnings=tuple(warnings),
            parts=parts,
        )

    def close(self) -> None:
        """Close the page."""
        self._page.close()


def main() -> None:
    """Run the node; it gives way to what moves once it is up."""

    def create() -> Viewer:
        node = Viewer()
        lower_priority()
        return node

    run_node(create)


if __name__ == '__main__':
    main()
