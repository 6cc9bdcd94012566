"""From the description to command lines: executables, parameter files, environment."""

from dataclasses import dataclass, field
import os
from pathlib import Path
from types import MappingProxyType

from ament_index_python.packages import (
    get_package_prefix,
    get_package_share_directory,
    PackageNotFoundError,
)
import yaml

from dexgen.arguments import ArgumentError
from dexgen.description import NodeDescription, Stack, Values

DISCOVERY = MappingProxyType({'localhost': 'LOCALHOST', 'subnet': 'SUBNET'})
PROFILES = Path(__file__).resolve().parent / 'fastdds'
"""Folder of the Fast DDS profiles, two for each value of the argument `network`."""
PACKAGE = 'package://'
APT = MappingProxyType(
    {'rviz2': 'ros-jazzy-rviz2', 'foxglove_bridge': 'ros-jazzy-foxglove-bridge'}
)


@dataclass(frozen=True)
class Command:
    """How one process is started.

    Attributes:
      name: of its lines in the log.
      words: its command line.
      restart_words: its command line once it was restarted.
      environment: variables that are added to those of this process.
      nice: added to its niceness.
      at_end: what its end means: 'restart' it, 'leave' it ended, or 'end' the run.
    """

    name: str
    words: tuple[str, ...]
    restart_words: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    nice: int = 0
    at_end: str = 'restart'


def find_executable(package: str, executable: str) -> str:
    """Path of a node's executable in the ament index.

    Raises:
      ArgumentError: the package or the executable is not installed.
    """
    try:
        path = Path(get_package_prefix(package)) / 'lib' / package / executable
    except PackageNotFoundError:
        remedy = f'apt install {APT[package]}' if package in APT else 'make setup, make shell'
        raise ArgumentError(
            f'package {package} is not installed here, so {executable} cannot run; {remedy}'
        ) from None
    if not os.access(path, os.X_OK):
        raise ArgumentError(f'{path} is not there; build the workspace again: make setup')
    return str(path)


def dds(network: str, watches: bool) -> dict[str, str]:
    """Variables of DDS for a network; a profile of the user's own is left alone.

    Args:
      network: value of the argument.
      watches: for a node that only watches.
    """
    given = os.environ.get('FASTRTPS_DEFAULT_PROFILES_FILE', '')
    reach, profile = DISCOVERY[network], network
    if given and Path(given).parent.name != PROFILES.name:
        profile_file = given
    else:
        if watches:
            profile = f'{network}_watching'
            # The profile says it all; rmw_fastrtps would put shared memory back for LOCALHOST.
            reach = 'SYSTEM_DEFAULT' if network == 'localhost' else reach
        profile_file = str(PROFILES / f'{profile}.xml')
    return {
        'ROS_AUTOMATIC_DISCOVERY_RANGE': reach,
        'FASTRTPS_DEFAULT_PROFILES_FILE': profile_file,
    }


def environment(values: Values, watches: bool = False) -> dict[str, str]:
    """Variables of a process of the stack; `watches`: of one that only watches."""
    return {
        **dds(str(values['network']), watches),
        'PYTHONUNBUFFERED': '1',
        # Matrices of a hand are small: threads for them only disturb the control loops.
        'OPENBLAS_NUM_THREADS': os.environ.get('OPENBLAS_NUM_THREADS', '1'),
    }


def node_words(node: NodeDescription, values: Values) -> tuple[str, ...]:
    """Words of a node that stand before its ROS arguments, package:// paths made absolute."""
    return tuple(
        str(
            Path(get_package_share_directory(word.removeprefix(PACKAGE).split('/')[0])).joinpath(
                *word.removeprefix(PACKAGE).split('/')[1:]
            )
        )
        if word.startswith(PACKAGE)
        else word
        for word in node.words(values)
    )


def parameter_file(folder: Path, name: str, parameters: dict) -> Path:
    """Write the parameters of one node as a ROS parameter file and return its path."""
    path = folder / f'{name}.yaml'
    content = {'/**': {'ros__parameters': parameters}}
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding='utf-8')
    return path


def node_command(node: NodeDescription, values: Values, folder: Path) -> Command:
    """How one node is started; its parameter files are written into the folder.

    Raises:
      ArgumentError: its executable is not installed.
    """
    start = (find_executable(node.package, node.executable), *node_words(node, values))

    def words(restarted: bool) -> tuple[str, ...]:
        parameters = node.parameter_values(values, restarted)
        result = (*start, '--ros-args', '--log-level', str(values['log_level']))
        if parameters:
            name = f'{node.name}-restarted' if restarted else node.name
            result += ('--params-file', str(parameter_file(folder, name, parameters)))
        return result

    variables = environment(values, node.watches)
    return Command(node.name, words(False), words(True), variables, node.nice, node.at_end)


def stack_commands(stack: Stack, values: Values, folder: Path) -> list[Command]:
    """How every node of the stack that runs is started.

    Raises:
      ArgumentError: an executable is not installed.
    """
    return [node_command(node, values, folder) for node in stack.running(values)]
