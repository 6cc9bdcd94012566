"""The same stacks for ROS 2's launch: the description becomes launch and launch_ros actions."""

from functools import partial
from pathlib import Path
import sys
import tempfile
import time

from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    LogInfo,
    OpaqueFunction,
    Shutdown,
    TimerAction,
)
from launch.events.process import ProcessExited
from launch_ros.actions import Node

from dexgen.arguments import Argument, resolve, split
from dexgen.commands import environment, node_words, parameter_file
from dexgen.description import NodeDescription, Stack, Values
from dexgen.domain import domain_id, DomainLock
from dexgen.preflight import check
from dexgen.restarts import describe_exit, END, RestartCount, RestartPolicy


class NodeFailedError(RuntimeError):
    """A node could not be kept alive; launch ends the run with it, and with exit status 1."""


def describe(stack: Stack) -> LaunchDescription:
    """Launch description of a stack."""
    return LaunchDescription(
        [
            *map(declare, stack.arguments),
            OpaqueFunction(function=partial(start, stack=stack)),
        ]
    )


def declare(argument: Argument) -> DeclareLaunchArgument:
    """Declaration of one argument, for `ros2 launch --show-args`."""
    allowed = argument.allowed()
    return DeclareLaunchArgument(
        argument.name,
        default_value=argument.text(),
        description=f'{argument.description} ({allowed})' if allowed else argument.description,
    )


def start(context: LaunchContext, stack: Stack) -> list:
    """Actions that start the stack with the launch arguments of the context.

    Raises:
      ArgumentError: the stack cannot be started; launch prints it and starts nothing.
    """
    if any(word.endswith(f'{stack.name}.launch.py') for word in sys.argv):
        # Launched directly, not from another launch file with arguments of its own.
        split([word for word in context.argv if ':=' in word], stack.arguments)
    given = {item.name: context.launch_configurations[item.name] for item in stack.arguments}
    values = resolve(stack.arguments, given)
    check(stack, values)
    lock = DomainLock(domain_id())
    lock.acquire()
    folder = tempfile.TemporaryDirectory(prefix='dexgen-')
    # Both live as long as the run.
    context.extend_globals({'dexgen_run': (lock, folder)})
    policy = RestartPolicy.of(values)
    return [
        Keeper(node, values, Path(folder.name), RestartCount(policy)).action()
        for node in stack.running(values)
    ]


class Keeper:
    """Makes the launch_ros action of one node, and a new one when the node dies.

    Args:
      node: the description.
      values: values of the arguments.
      folder: where its parameter files are written.
      count: says whether and when it is started again.
    """

    def __init__(
        self, node: NodeDescription, values: Values, folder: Path, count: RestartCount
    ):
        self._node = node
        self._values = values
        self._folder = folder
        self._count = count
        self._started = 0.0

    def action(self, restarted: bool = False) -> Node:
        """The action that starts the node."""
        node = self._node
        parameters = node.parameter_values(self._values, restarted)
        file = parameter_file(self._folder, f'{node.name}{"-restarted" * restarted}', parameters)
        self._started = time.monotonic()
        return Node(
            package=node.package,
            executable=node.executable,
            exec_name=node.name,
            parameters=[str(file)] if parameters else [],
            arguments=list(node_words(node, self._values)),
            ros_arguments=['--log-level', str(self._values['log_level'])],
            additional_env=environment(self._values, node.watches),
            prefix=f'nice -n {node.nice}' if node.nice else None,
            output='screen',
            sigterm_timeout=str(END.terminate),
            sigkill_timeout=str(END.kill - END.terminate),
            on_exit=self._on_exit,
        )

    def _on_exit(self, event: ProcessExited, context: LaunchContext) -> list | None:
        """What follows on the node's end.

        Raises:
          NodeFailedError: it cannot be kept alive.
        """
        if context.is_shutdown:
            return None
        what = f'{self._node.name} {describe_exit(event.returncode)}'
        if self._node.at_end != 'restart' and event.returncode == 0:
            return [Shutdown(reason=what)] if self._node.at_end == 'end' else None
        delay = self._count.delay(time.monotonic() - self._started, event.returncode)
        if delay is None:
            raise NodeFailedError(self._count.last_words(what))
        return [
            LogInfo(msg=f'{what}; restart {self._count.used} in {delay:g} s'),
            TimerAction(period=delay, actions=[OpaqueFunction(function=self._restart)]),
        ]

    def _restart(self, context: LaunchContext) -> list:
        return [self.action(restarted=True)]
