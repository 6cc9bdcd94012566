"""Parameters are declared with their range and refused outside of it."""

from dexgen_node.parameters import declare
import pytest
import rclpy
from rclpy.exceptions import InvalidParameterValueException
from rclpy.parameter import Parameter


@pytest.fixture
def make_node():
    """Create nodes in a context of their own."""
    context = rclpy.Context()
    rclpy.init(context=context)
    nodes = []

    def make(**overrides):
        values = [Parameter(name, value=value) for name, value in overrides.items()]
        nodes.append(rclpy.create_node(
            'parameters_under_test', context=context, parameter_overrides=values))
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()
    rclpy.shutdown(context=context)


def test_default_and_override(make_node):
    assert declare(make_node(), 'rate', 30.0, 'control rate [Hz]', low=1, high=200) == 30.0
    assert declare(make_node(rate=50.0), 'rate', 30.0, 'control rate [Hz]') == 50.0


def test_out_of_range_is_refused(make_node):
    with pytest.raises(InvalidParameterValueException, match='rate'):
        declare(make_node(rate=500.0), 'rate', 30.0, 'control rate [Hz]', low=1, high=200)


def test_unknown_choice_names_the_allowed_ones(make_node):
    with pytest.raises(ValueError, match="'moth'; allowed: script, video"):
        declare(make_node(source='moth'), 'source', 'script', 'source',
                choices=('script', 'video'))
