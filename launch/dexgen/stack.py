"""The stacks, described once as data: launch files and the command `dexgen` start just this."""

from pathlib import Path

from dexgen import stack_nodes as nodes
from dexgen.arguments import ArgumentError
from dexgen.description import Stack, Values
from dexgen.stack_arguments import backends, BAG, CONTROLLERS, OPERATOR, ROBOT, SESSION


def check_controller(values: Values) -> None:
    """Refuse a controller that is no mode and no checkpoint.

    Raises:
      ArgumentError: there is no such checkpoint.
    """
    path = nodes.checkpoint(values)
    if path not in ('', 'shipped') and not Path(path).expanduser().exists():
        raise ArgumentError(
            f'controller:={values["controller"]} is no mode and no checkpoint that exists; '
            f'allowed: {", ".join(CONTROLLERS)}, or the path of a checkpoint'
        )


def check_backend(values: Values) -> None:
    """Refuse a backend that is no preset and no file, and a drive that it does not simulate.

    Raises:
      ArgumentError: there is no such preset, or a drive for a real hand.
    """
    name = str(values['backend'])
    if values['drive'] and name != 'mujoco':
        raise ArgumentError(
            f'drive:={values["drive"]} is read by backend:=mujoco alone, not by {name}; for a '
            'real hand write it into a preset of your own, under the key `drive`'
        )
    if name not in backends() and not Path(name).expanduser().is_file():
        raise ArgumentError(
            f'backend:={name} is no preset and no file; '
            f'allowed: {", ".join(backends())}, or the path of a preset, YAML'
        )


def check_teleop(values: Values) -> None:
    """Refuse arguments that contradict each other.

    Raises:
      ArgumentError: a source without what it reads, what a source reads without that source, or a
        checkpoint or backend that does not exist.
    """
    check_controller(values)
    check_backend(values)
    for source in ('video', 'images'):
        if values['source'] == source and not values[source]:
            raise ArgumentError(f'source:={source} needs {source}:=<path>')
        if values['source'] != source and values[source]:
            raise ArgumentError(
                f'{source}:={values[source]} is not read by source:={values["source"]}; '
                f'add source:={source}'
            )


def check_replay(values: Values) -> None:
    """Refuse a replay without a bag.

    Raises:
      ArgumentError: no bag is given, or a checkpoint does not exist.
    """
    check_controller(values)
    check_backend(values)
    if not values['bag']:
        raise ArgumentError('a replay needs bag:=<folder of the bag>')


WATCHING = (nodes.VIEWER, nodes.RECORDER, nodes.MARKERS, nodes.FOXGLOVE, nodes.RVIZ)

TELEOP = Stack(
    'teleop',
    'A human hand moves a robot hand.',
    arguments=(*OPERATOR, *ROBOT, *SESSION),
    nodes=(
        nodes.HAND_TRACKER,
        nodes.RETARGETER,
        nodes.CONTROLLER,
        nodes.HAND_BRIDGE,
        *WATCHING,
    ),
    check=check_teleop,
)

REPLAY = Stack(
    'replay',
    'A bag, or a part of it, is played into a live stack.',
    arguments=(*BAG, *(argument for argument in ROBOT if argument.name != 'rate'), *SESSION),
    nodes=(
        nodes.REPLAY_NODE,
        nodes.REPLAY_RETARGETER,
        nodes.REPLAY_CONTROLLER,
        nodes.REPLAY_BRIDGE,
        *WATCHING,
    ),
    check=check_replay,
)

STACKS = {stack.name: stack for stack in (TELEOP, REPLAY)}
