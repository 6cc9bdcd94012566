"""What is looked at before anything is started: one clear error, not a stack that half runs."""

from pathlib import Path
import socket

from dexgen.arguments import ArgumentError
from dexgen.commands import find_executable
from dexgen.description import Stack, Values


def check(stack: Stack, values: Values) -> None:
    """Everything that can be known before the start.

    Raises:
      ArgumentError: something is wrong; its text says what, and the remedy.
    """
    check_paths(stack, values)
    stack.check(values)
    for node in stack.running(values):
        find_executable(node.package, node.executable)
        parameters = node.parameter_values(values)
        host = parameters.get('host', parameters.get('address'))
        if host and 'port' in parameters:
            check_port(str(host), int(parameters['port']))


def check_paths(stack: Stack, values: Values) -> None:
    """Files and folders that are named must be there.

    Raises:
      ArgumentError: one is not there, or is of the other kind.
    """
    for argument in stack.arguments:
        value = values[argument.name]
        if not argument.path or not value:
            continue
        path = Path(str(value)).expanduser()
        if not path.exists():
            raise ArgumentError(f'{argument.name}:={value} does not exist (in {Path.cwd()})')
        if argument.path != 'path' and path.is_dir() != (argument.path == 'folder'):
            raise ArgumentError(f'{argument.name}:={value} is not a {argument.path}')


def check_port(host: str, port: int) -> None:
    """The page's port must be free.

    Raises:
      ArgumentError: something listens on it, or this user may not use it.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections that linger after a former run are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ArgumentError(
                f'port:={port} cannot be used on {host} ({error.strerror}); '
                f'end what uses it or choose another, for example port:={port + 1}'
            ) from None
