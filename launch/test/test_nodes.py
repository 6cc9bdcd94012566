"""The shipped nodes declare every parameter that the description gives them."""

import os
from pathlib import Path
import subprocess

from dexgen.arguments import resolve
from dexgen.stack import TELEOP
import pytest
from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import GetParameters
import rclpy

pytestmark = pytest.mark.stack

KINDS = {
    bool: ParameterType.PARAMETER_BOOL,
    int: ParameterType.PARAMETER_INTEGER,
    float: ParameterType.PARAMETER_DOUBLE,
    str: ParameterType.PARAMETER_STRING,
}
FIELDS = {
    bool: 'bool_value',
    int: 'integer_value',
    float: 'double_value',
    str: 'string_value',
}
PORT = 18000 + os.getpid() % 1000
GIVEN = {'port': str(PORT), 'object': 'sphere', 'rate': '20.0', 'controller': 'hold'}


@pytest.fixture(scope='module')
def domain() -> int:
    """A ROS domain of its own."""
    return 90 + os.getpid() % 10


@pytest.fixture(scope='module')
def stack(domain, tmp_path_factory) -> Path:
    """The shipped stack, with arguments that are not the defaults; its log."""
    log = tmp_path_factory.mktemp('stack') / 'log'
    with (
        log.open('w') as output,
        subprocess.Popen(
            ['dexgen', 'teleop', *(f'{name}:={value}' for name, value in GIVEN.items())],
            env={**os.environ, 'ROS_DOMAIN_ID': str(domain)},
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        yield log
        process.terminate()


@pytest.fixture(scope='module')
def asker(domain, stack):
    """A node that asks the others for their parameters."""
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=domain)
    node = rclpy.create_node('asker', context=context)
    yield node
    node.destroy_node()
    rclpy.try_shutdown(context=context)


def ask(node, client, request, attempts: int = 8):
    """Call a service; again when the answer is lost to a server that does not know us yet."""
    executor = rclpy.executors.SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    try:
        for _ in range(attempts):
            future = client.call_async(request)
            executor.spin_until_future_complete(future, timeout_sec=5.0)
            if future.done():
                return future.result()
    finally:
        executor.remove_node(node)
    raise AssertionError(f'{client.srv_name} does not answer')


VALUES = resolve(TELEOP.arguments, GIVEN)
NODES = TELEOP.running(VALUES)


@pytest.mark.parametrize('node', NODES, ids=[node.name for node in NODES])
def test_parameters_arrive_with_their_types(asker, stack, node):
    client = asker.create_client(GetParameters, f'{node.name}/get_parameters')
    assert client.wait_for_service(40.0), f'{node.name} is not there\n{stack.read_text()}'
    for name, value in node.parameter_values(VALUES).items():
        answers = ask(asker, client, GetParameters.Request(names=[name])).values
        assert answers, f'{node.name} does not declare {name}'
        assert answers[0].type == KINDS[type(value)], name
        assert getattr(answers[0], FIELDS[type(value)]) == value, name
