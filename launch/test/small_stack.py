"""A stack of shell scripts, run by either runner: small_stack.py dexgen|launch name:=value ..."""

import sys

from dexgen.arguments import Argument, resolve, split
from dexgen.description import NodeDescription, Stack

TALKER = NodeDescription(
    'talker',
    'small_nodes',
    'talker',
    parameters={
        'text': 'text',
        'rate': 'rate',
        'twice': lambda values: 2 * values['rate'],
        'loud': 'loud',
        'engage': 'engage',
    },
    words=lambda values: ('-v', 'package://small_nodes/file.rviz'),
    after_restart={'engage': False},
    nice=5,
)
ABSENT = NodeDescription('absent', 'small_nodes', 'absent', when=lambda values: values['loud'])
LISTENER = NodeDescription('listener', 'small_nodes', 'listener', parameters={'port': 'port'})
SMALL = Stack(
    'small',
    'Two shell scripts.',
    (
        Argument('text', '007', 'a text that looks like a number'),
        Argument('rate', 30.0, 'rate [Hz]', low=1.0, high=100.0),
        Argument('port', 1, 'a number', low=1, high=10),
        Argument('loud', False, 'whether it is loud'),
        Argument('engage', True, 'at the first start'),
        Argument('network', 'localhost', 'who may listen'),
        Argument('restarts', 1, 'restarts', low=0, high=5),
        Argument('restart_delay', 0.5, 'wait before a restart [s]', low=0.0, high=5.0),
        Argument('log_level', 'warn', 'log level'),
    ),
    (TALKER, ABSENT, LISTENER),
)


def run_with_dexgen(tokens: list[str]) -> int:
    """Run it as the command `dexgen` does."""
    from dexgen.cli import run

    return run(SMALL, resolve(SMALL.arguments, split(tokens, SMALL.arguments)))


def run_with_launch(tokens: list[str]) -> int:
    """Run it as `ros2 launch` does."""
    from dexgen.launch_actions import describe
    from launch import LaunchDescription, LaunchService
    from launch.actions import GroupAction, SetLaunchConfiguration

    given = [SetLaunchConfiguration(*token.split(':=', 1)) for token in tokens]
    service = LaunchService(argv=tokens)
    service.include_launch_description(
        LaunchDescription([GroupAction([*given, *describe(SMALL).entities], scoped=False)])
    )
    return service.run()


if __name__ == '__main__':
    runners = {'dexgen': run_with_dexgen, 'launch': run_with_launch}
    sys.exit(runners[sys.argv[1]](sys.argv[2:]))
