"""The shipped stack, running, and a node beside it; lets the tests import what stands here."""

from collections.abc import Iterator
import os
from pathlib import Path
import subprocess
import sys
from typing import NamedTuple

from dexgen.arguments import resolve
from dexgen.stack import TELEOP
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

sys.path.insert(0, str(Path(__file__).parent))


class RunningStack(NamedTuple):
    """A stack in its own processes.

    Attributes:
      values: values of its arguments.
      node: a node on the same domain.
      executor: spins that node.
      log: what the processes have written.
    """

    values: dict
    node: Node
    executor: SingleThreadedExecutor
    log: Path


@pytest.fixture(scope='module')
def stack(tmp_path_factory) -> Iterator[RunningStack]:
    """The shipped stack with arguments that are not the defaults, and as many nodes as can run."""
    folder = tmp_path_factory.mktemp('stack')
    given = {
        'port': str(18000 + os.getpid() % 1000),
        'object': 'sphere',
        'rate': '20.0',
        'controller': 'hold',
        'record': 'true',
        'directory': str(folder / 'bags'),
    }
    domain = 90 + os.getpid() % 10
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=domain)
    node = rclpy.create_node('asker', context=context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    log = folder / 'log'
    with (
        log.open('w') as output,
        subprocess.Popen(
            ['dexgen', 'teleop', *(f'{name}:={value}' for name, value in given.items())],
            env={**os.environ, 'ROS_DOMAIN_ID': str(domain)},
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        yield RunningStack(resolve(TELEOP.arguments, given), node, executor, log)
        process.terminate()
    executor.shutdown()
    node.destroy_node()
    rclpy.try_shutdown(context=context)
