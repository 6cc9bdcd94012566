"""The command `dexgen`: runs a stack where ROS 2's launch is not installed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
import sys
import tempfile

from dexgen.arguments import ArgumentError, resolve, split
from dexgen.commands import stack_commands
from dexgen.description import Stack, Values
from dexgen.domain import domain_id, DomainLock
from dexgen.log import Log
from dexgen.preflight import check
from dexgen.processes import ProcessManager
from dexgen.restarts import RestartPolicy
from dexgen.stack import STACKS

HELP = ('-h', '--help', 'help')
WRONG = 2


def usage() -> str:
    """Help of the command: the stacks with all their arguments."""
    stacks = '\n'.join(f'  {stack.name:<10} {stack.description}' for stack in STACKS.values())
    return (
        'usage: dexgen <stack> [name:=value ...]\n\n'
        f'Stacks (the same as ros2 launch dexgen <stack>.launch.py):\n{stacks}\n\n'
        + '\n\n'.join(f'{stack.name}:\n{arguments_table(stack)}' for stack in STACKS.values())
    )


def stack_usage(stack: Stack) -> str:
    """Help of one stack."""
    return (
        f'usage: dexgen {stack.name} [name:=value ...]\n\n{stack.description} '
        f'Ctrl-C ends it.\n\n{arguments_table(stack)}\n\n'
        'ROS_DOMAIN_ID chooses the ROS domain (0 to 101); one stack runs on a domain.'
    )


def arguments_table(stack: Stack) -> str:
    """Arguments of a stack: name, default, meaning, allowed values."""
    lines = []
    for argument in stack.arguments:
        head = f'{argument.name}:={argument.text()}'
        lines.append(f'  {head:<24} {argument.description}')
        if allowed := argument.allowed():
            lines.append(f'  {"":<24}   ({allowed})')
    return '\n'.join(lines)


def run(stack: Stack, values: Values) -> int:
    """Run a stack until Ctrl-C or until a node cannot be kept alive; the exit status.

    Raises:
      ArgumentError: another stack runs on this domain, or something is not installed.
    """
    lock = DomainLock(domain_id())
    lock.acquire()
    with tempfile.TemporaryDirectory(prefix='dexgen-') as folder:
        commands = stack_commands(stack, values, Path(folder))
        log = Log(sys.stdout, [command.name for command in commands])
        names = ', '.join(command.name for command in commands)
        log.say(f'{names} on ROS domain {lock.domain}; Ctrl-C ends them')
        reason = asyncio.run(start(commands, RestartPolicy.of(values), log))
        if reason:
            log.say(f'the run ended: {reason}', bad=True)
    lock.release()
    return 1 if reason else 0


async def start(commands, policy: RestartPolicy, log: Log) -> str:
    """Run the commands in an event loop; why they had to end, empty when it was asked for."""
    return await ProcessManager(commands, policy, log).run()


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line; its exit status: 0, 1 when a node failed, 2 for wrong arguments."""
    words = list(sys.argv[1:] if words is None else words)
    if not words or words[0] in HELP:
        print(usage())
        return 0 if words else WRONG
    name, *tokens = words
    if name not in STACKS:
        print(f"dexgen: unknown stack '{name}'; known: {', '.join(STACKS)}", file=sys.stderr)
        return WRONG
    stack = STACKS[name]
    if any(token in HELP for token in tokens):
        print(stack_usage(stack))
        return 0
    try:
        values = resolve(stack.arguments, split(tokens, stack.arguments))
        check(stack, values)
        return run(stack, values)
    except ArgumentError as error:
        print(f'dexgen: {error}', file=sys.stderr)
        return WRONG


if __name__ == '__main__':
    sys.exit(main())
