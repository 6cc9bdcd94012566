"""Levels of streams and loops: slow warns, very slow is an error, silence where it counts."""

import time

from dexgen_node.diagnostics import Diagnostics, ERROR, OK, WARN
from dexgen_node.rates import RateWatch
import pytest
import rclpy
from rclpy.parameter import Parameter


@pytest.fixture
def make():
    """Create diagnostics of a node with parameters, in a context of its own."""
    context = rclpy.Context()
    rclpy.init(context=context)
    nodes = []

    def create(**parameters) -> Diagnostics:
        values = [Parameter(name, value=value) for name, value in parameters.items()]
        nodes.append(rclpy.create_node('watched', context=context, parameter_overrides=values))
        return Diagnostics(nodes[-1])

    yield create
    for node in nodes:
        node.destroy_node()
    rclpy.shutdown(context=context)


def heard(diagnostics: Diagnostics) -> dict[str, object]:
    """Return what one message says, by part."""
    return {status.name.partition(': ')[2]: status for status in diagnostics.message().status}


def stream(rate: float, age: float = 0.0) -> RateWatch:
    """Return a stream of a rate [Hz] whose last event is `age` [s] old."""
    watch, now = RateWatch(), time.monotonic() - age
    for number in range(50, -1, -1):
        watch.note(now - number / rate)
    return watch


@pytest.mark.parametrize(('rate', 'age', 'level', 'said'), [
    (30.0, 0.0, OK, '30.0 Hz'),
    (24.0, 0.0, WARN, '24.0 Hz, 30.0 expected'),
    (10.0, 0.0, ERROR, '10.0 Hz, 30.0 expected'),
    (30.0, 20.0, WARN, 'silent for 20'),
])
def test_levels(make, rate, age, level, said):
    diagnostics = make()
    diagnostics.add_rate('commands', stream(rate, age), 30.0)
    status = heard(diagnostics)['commands']
    assert status.level == level and status.message.startswith(said)
    values = {value.key: value.value for value in status.values}
    assert float(values['period p99 [ms]']) == pytest.approx(1e3 / rate, rel=0.03)
    assert float(values['age [s]']) >= age


def test_what_is_not_needed_and_what_never_came_is_no_error(make):
    diagnostics = make()
    diagnostics.add_rate('targets', stream(30.0, 20.0), 30.0, needed=lambda: False)
    diagnostics.add_rate('joints', RateWatch())
    statuses = heard(diagnostics)
    assert statuses['targets'].level == OK
    assert (statuses['joints'].level, statuses['joints'].message) == (WARN, 'nothing yet')
    diagnostics.remove('joints')
    assert set(heard(diagnostics)) == {'targets'}


def test_thresholds_are_parameters(make):
    diagnostics = make(warn_rate=0.2, error_rate=0.1, silence_age=60.0)
    diagnostics.add_rate('slow', stream(10.0), 30.0)
    diagnostics.add_rate('quiet', stream(30.0, 20.0))
    assert {status.level for status in heard(diagnostics).values()} == {OK}
