"""Node `recorder`: bags on demand by the service `recorder/record`, and the black box."""

from pathlib import Path
import time

from dexgen_msgs.msg import StackState
from dexgen_msgs.srv import Record
from dexgen_node import topics
from dexgen_node.diagnostics import Diagnostics
from dexgen_node.parameters import declare
from dexgen_node.rates import RateWatch
from dexgen_node.run import run_node
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from rclpy.serialization import deserialize_message, serialize_message
from std_msgs.msg import String

from dexgen_session.bag.contract import load_contract
from dexgen_session.bag.recorder import Recorder, RecorderError, RecorderSettings
from dexgen_session.configuration_node import ConfigurationReader
from dexgen_session.priority import lower_priority
from dexgen_session.recorded_topics_node import RecordedTopics

PERIOD = 0.02
"""Time between two looks at the topics [s]."""
INCIDENTS = (StackState.FAULT, StackState.STOPPED)
"""States whose beginning writes the black box."""


class RecorderNode(Node):
    """Takes every topic of the contract and hands it to the recorder."""

    def __init__(self):
        super().__init__('recorder')
        settings = self._settings()
        contract = load_contract(
            declare(self, 'contract', '', 'recording contract (path); empty: the shipped one')
        )
        record = declare(self, 'record', False, 'begin a bag at the start')
        self._topics = RecordedTopics(self, contract.topics)
        self._state_topic = self.resolve_topic_name(topics.STACK_STATE.name)
        self._state: int | None = None
        self._told = ''
        self._described: Path | None = None
        self._recorder = Recorder(
            settings,
            self._topics.channels(),
            contract.text,
            self._own_configuration(),
        )
        self._watch = RateWatch()
        self._reader = ConfigurationReader(self, self._recorder.configure)
        self.create_service(Record, 'recorder/record', self._on_record)
        self.create_timer(PERIOD, self._look)
        self.create_timer(1.0, self._look_around)
        self._diagnostics = Diagnostics(self)
        self._diagnostics.add('bag', self._report)
        self._diagnostics.add_rate('loop', self._watch, 1.0 / PERIOD)
        for name, watch in self._topics.watches.items():
            self._diagnostics.add_rate(f'hears {name}', watch, needed=lambda: False)
        if record:
            self.get_logger().info(f'recording to {self._recorder.start("", time.time_ns())}')

    def _settings(self) -> RecorderSettings:
        directory = declare(self, 'directory', 'bags', 'folder of the bags')
        size = declare(
            self, 'split_size', 1024, 'size of a file from which the next begins [MiB], 0: never',
            low=0, high=1 << 20,
        )  # fmt: skip
        duration = declare(
            self, 'split_time', 0, 'time of a file after which the next begins [s], 0: never',
            low=0, high=86400,
        )  # fmt: skip
        black_box = declare(
            self, 'black_box', 30.0, 'time kept for an incident [s], 0: none', low=0.0, high=600.0
        )
        return RecorderSettings(
            Path(directory).expanduser(), size << 20, duration * 1_000_000_000, black_box
        )

    def _own_configuration(self) -> dict[str, object]:
        own = {p.name: p.value for p in self.get_parameters_by_prefix('').values()}
        return {self.get_fully_qualified_name(): own}

    def _look(self) -> None:
        begin = time.monotonic()
        for sample in self._topics.take():
            self._recorder.put(sample)
            if sample.topic == self._state_topic:
                self._follow(deserialize_message(sample.raw, StackState))
        self._recorder.tick(time.time_ns())
        if self._recorder.failure and self._recorder.failure != self._told:
            self._told = self._recorder.failure
            self.get_logger().error(self._told)
        self._watch.note(begin, time.monotonic() - begin)

    def _follow(self, message: StackState) -> None:
        entered = self._state is not None and message.state != self._state
        self._state = message.state
        if not entered or message.state not in INCIDENTS:
            return
        try:
            folder = self._recorder.incident(message.reason or 'incident', time.time_ns())
        except RecorderError as error:
            self.get_logger().error(str(error))
        else:
            if folder is not None:
                self.get_logger().warning(f'{message.reason}: black box written to {folder}')

    def _look_around(self) -> None:
        self._topics.adapt()
        if self._recorder.bag != self._described:
            self._described = self._recorder.bag
            self._reader.forget()
        if self._described is not None:
            self._reader.look()

    def _on_record(self, request: Record.Request, answer: Record.Response) -> Record.Response:
        now, recorder = time.time_ns(), self._recorder
        actions = {
            Record.Request.START: lambda: recorder.start(request.label, now),
            Record.Request.STOP: recorder.stop,
            Record.Request.PAUSE: recorder.pause,
            Record.Request.RESUME: recorder.resume,
            Record.Request.SPLIT: lambda: recorder.split(now),
            Record.Request.ANNOTATE: lambda: recorder.annotate(
                serialize_message(String(data=request.label)), now
            ),
        }
        if request.action not in actions:
            answer.message = (
                f'no action {request.action}; allowed: START STOP PAUSE RESUME SPLIT ANNOTATE'
            )
            return answer
        try:
            answer.message = str(actions[request.action]())
            answer.success = True
        except RecorderError as error:
            answer.message = str(error)
        return answer

    def _report(self):
        recorder = self._recorder
        values = {'bag': recorder.bag or '', 'messages': recorder.message_count}
        if recorder.failure:
            return DiagnosticStatus.ERROR, recorder.failure, values
        if recorder.bag is None:
            return DiagnosticStatus.OK, 'not recording', values
        return DiagnosticStatus.OK, 'paused' if recorder.paused else 'recording', values

    def close(self) -> None:
        """End the bag in progress."""
        self._recorder.close()


def main() -> None:
    """Run the node; it gives way to what moves once it is up."""

    def create() -> RecorderNode:
        node = RecorderNode()
        lower_priority()
        return node

    run_node(create)


if __name__ == '__main__':
    main()
