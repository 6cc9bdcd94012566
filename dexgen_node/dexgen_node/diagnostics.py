"""Diagnostics at 1 Hz: what the loops and subscriptions of a node do, with thresholds."""

from collections.abc import Callable, Mapping
import time

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from dexgen_node import topics
from dexgen_node.rates import RateReport

Report = Callable[[], tuple[bytes, str, Mapping[str, object]]]


class Diagnostics:
    """Publishes one DiagnosticStatus a second for each part of a node.

    Args:
      node: the rclpy node; its name prefixes the part's name.
    """

    def __init__(self, node):
        self._node = node
        self._parts: dict[str, Report] = {}
        self._publisher = topics.DIAGNOSTICS.publisher(node)
        self._timer = node.create_timer(1.0, self.publish)

    def add(self, name: str, report: Report) -> None:
        """Add a part: `report()` gives level (DiagnosticStatus.OK, ...), sentence, values."""
        self._parts[name] = report

    def add_rate(
        self, name: str, watch, expected: float, warn: float = 0.9, error: float = 0.5
    ) -> None:
        """Add a stream or loop: its expected rate [Hz], the shares of it that warn, err."""

        def report():
            figures: RateReport = watch.report(time.monotonic())
            level, sentence = DiagnosticStatus.OK, f'{figures.rate:.1f} Hz'
            if figures.rate < error * expected:
                level, sentence = (
                    DiagnosticStatus.ERROR,
                    f'{figures.rate:.1f} Hz, {expected:.1f} expected',
                )
            elif figures.rate < warn * expected:
                level, sentence = (
                    DiagnosticStatus.WARN,
                    f'{figures.rate:.1f} Hz, {expected:.1f} expected',
                )
            return (
                level,
                sentence,
                {
                    'rate [Hz]': f'{figures.rate:.2f}',
                    'age [s]': f'{figures.age:.3f}',
                    'jitter [ms]': f'{1e3 * figures.jitter:.2f}',
                    'longest period [ms]': f'{1e3 * figures.period_max:.2f}',
                    'execution mean [ms]': f'{1e3 * figures.duration_mean:.3f}',
                    'execution p99 [ms]': f'{1e3 * figures.duration_p99:.3f}',
                    'count': figures.count,
                },
            )

        self.add(name, report)

    def publish(self) -> None:
        """Publish the present status of every part."""
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
        self._publisher.publish(message)
