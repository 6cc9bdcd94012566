"""Diagnostics at 1 Hz: what the loops and subscriptions of a node do, with thresholds."""

from collections.abc import Callable, Mapping
import time

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from dexgen_node import topics
from dexgen_node.parameters import declare
from dexgen_node.rates import RateReport, RateWatch

OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR
Report = tuple[bytes, str, Mapping[str, object]]


class Diagnostics:
    """Publishes one DiagnosticStatus a second for each part of a node.

    Declares the node's parameters `warn_rate`, `error_rate` and `silence`: the thresholds of every
    part that has an expected rate.

    Args:
      node: the rclpy node; its name prefixes the part's name.
    """

    def __init__(self, node):
        self._node = node
        self._parts: dict[str, Callable[[], Report]] = {}
        self._warn = declare(
            node, 'warn_rate', 0.9, 'share of an expected rate below which diagnostics warn',
            low=0, high=1,
        )  # fmt: skip
        self._error = declare(
            node, 'error_rate', 0.5, 'share of an expected rate that is an error', low=0, high=1
        )
        self._silence = declare(
            node, 'silence_age', 1.0, 'without a message diagnostics warn [s]', low=0.1, high=60
        )
        self._publisher = topics.DIAGNOSTICS.publisher(node)
        self._timer = node.create_timer(1.0, self.publish)

    def add(self, name: str, report: Callable[[], Report]) -> None:
        """Add a part: `report()` gives level (DiagnosticStatus.OK, ...), sentence, values."""
        self._parts[name] = report

    def remove(self, name: str) -> None:
        """Take a part out, for example a loop that has ended."""
        self._parts.pop(name, None)

    def add_rate(
        self,
        name: str,
        watch: RateWatch,
        expected: float = 0.0,
        needed: Callable[[], bool] = lambda: True,
    ) -> None:
        """Add a stream or loop.

        Args:
          watch: where its events are noted.
          expected: its rate [Hz], 0 where none is.
          needed: whether it is to come at all now; what need not come is never a warning.
        """
        self.add(name, lambda: self._judged(watch.report(time.monotonic()), expected, needed()))

    def _judged(self, report: RateReport, expected: float, needed: bool) -> Report:
        level, sentence = OK, f'{report.rate:.1f} Hz'
        if report.age > self._silence:
            level = WARN if needed else OK
            sentence = f'silent for {report.age:.1f} s' if report.count else 'nothing yet'
        elif needed and report.rate < self._warn * expected:
            level = ERROR if report.rate < self._error * expected else WARN
            sentence += f', {expected:.1f} expected'
        return level, sentence, report.values()

    def publish(self) -> None:
        """Publish the present status of every part."""
        self._publisher.publish(self.message())

    def message(self) -> DiagnosticArray:
        """Make the message of the present status of every part."""
        message = DiagnosticArray()
        message.header.stamp = self._node.get_clock().now().to_msg()
        for name, report in self._parts.items():
            level, sentence, values = report()
            message.status.append(
                DiagnosticStatus(
                    level=level,
                    name=f'{self._node.get_name()}: {name}',
                    message=sentence,
                    hardware_id='dexgen',
                    values=[KeyValue(key=key, value=str(value)) for key, value in values.items()],
                )
            )
        return message
