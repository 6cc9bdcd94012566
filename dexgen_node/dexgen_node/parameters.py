"""Parameters with a description, a range and a validation, declared in one call."""

from collections.abc import Sequence

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor


def declare(
    node,
    name: str,
    default,
    description: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[str] = (),
    read_only: bool = True,
):
    """Declare a parameter and return its value.

    Args:
      default: default value, which also fixes the type (bool, int, float, str or a list of them).
      description: what it means, with its unit in brackets.
      low, high: allowed range of a number, both ends included.
      choices: allowed values of a string.
      read_only: False for parameters that may change while the node runs.

    Raises:
      ValueError: the value is not one of the choices.
    """
    descriptor = ParameterDescriptor(description=description, read_only=read_only)
    if choices:
        descriptor.additional_constraints = 'one of ' + ', '.join(choices)
    if low is not None and high is not None:
        if isinstance(default, float):
            descriptor.floating_point_range = [
                FloatingPointRange(from_value=float(low), to_value=float(high))
            ]
        else:
            descriptor.integer_range = [IntegerRange(from_value=int(low), to_value=int(high))]
    value = node.declare_parameter(name, default, descriptor).value
    if choices and value not in choices:
        raise ValueError(f"parameter {name} is '{value}'; allowed: {', '.join(choices)}")
    return value
