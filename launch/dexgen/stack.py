"""The stacks, described once as data: launch files and the command `dexgen` start just this."""

from pathlib import Path

from dexgen.arguments import Argument, ArgumentError
from dexgen.description import NodeDescription, Stack, Values

SOURCES = ('script', 'video', 'webcam', 'images', 'realsense', 'topic')
CONTROLLERS = ('passthrough', 'hold')
BACKENDS = ('mujoco',)
WRISTS = ('palm_up', 'palm_down', 'sideways', 'operator')
PAGE_HOST = {'localhost': '127.0.0.1', 'subnet': '0.0.0.0'}
LOW_PRIORITY = 10


def _hands() -> tuple[str, ...]:
    from dexgen_description import hand_names

    return tuple(hand_names())


def _objects() -> tuple[str, ...]:
    from dexgen_description import object_names

    return (*object_names(), 'none')


def _backends() -> tuple[str, ...]:
    return BACKENDS


def _choices(*values: str):
    return lambda: values


def equals(argument: str, *values: object):
    """Condition: the argument has one of the values."""
    return lambda given: given[argument] in values


def operator_side(values: Values) -> str:
    """Side of the operator's hand: as given, else that of the robot hand."""
    if values['side'] != 'auto':
        return str(values['side'])
    from dexgen_description import load_hand

    return load_hand(values['hand']).side


def controller_mode(values: Values) -> str:
    """Mode that the controller starts in."""
    return str(values['controller']) if values['controller'] in CONTROLLERS else 'dexgen'


def checkpoint(values: Values) -> str:
    """Path of the checkpoint, empty for a controller without one."""
    return '' if values['controller'] in CONTROLLERS else str(values['controller'])


def black_box(values: Values) -> float:
    """Time that is kept for an incident [s]."""
    return 30.0 if values['black_box'] else 0.0


def page_host(values: Values) -> str:
    """Address that the live page listens on."""
    return PAGE_HOST[str(values['network'])]


OPERATOR = (
    Argument('source', 'script', 'where the operator comes from', _choices(*SOURCES)),
    Argument('video', '', 'source:=video: the clip', path='file'),
    Argument('camera', '', 'number, path or serial number of the camera; empty: the first',
             others='0, /dev/video0, ...'),
    Argument('size', '640x480', 'picture size asked of a camera [pixels]', others='WxH'),
    Argument('horizontal_fov', 65.0, 'field of view of a camera without intrinsics [deg]',
             low=20.0, high=150.0),
    Argument('images', '', 'source:=images: where they are', path='folder'),
    Argument('source_rate', 30.0, 'frames of the operator [Hz]', low=1.0, high=120.0),
    Argument('loop', True, 'start a video or images again at their end'),
    Argument('mirror', False, 'the image is mirrored, as in a selfie'),
    Argument('side', 'auto', "the operator's hand; auto: the side of the robot hand",
             _choices('auto', 'right', 'left')),
)  # fmt: skip

ROBOT = (
    Argument('hand', 'allegro_right', 'the robot hand', _hands),
    Argument('object', 'cube', 'the object in the simulated scene', _objects),
    Argument('backend', 'mujoco', 'the simulator, or the preset of a real hand', _backends),
    Argument('wrist', 'palm_up', 'wrist orientation; operator: it follows the operator',
             _choices(*WRISTS)),
    Argument('controller', 'passthrough', 'what moves the fingers', _choices(*CONTROLLERS),
             others='the path of a checkpoint'),
    Argument('guidance', 1.0, 'how strongly a checkpoint follows the command, 0: not at all',
             low=0.0, high=100.0),
    Argument('rate', 30.0, 'control rate [Hz]; a checkpoint brings its own', low=1.0, high=200.0),
    Argument('engage', False, 'engage at the start; never after a restart of the bridge'),
)  # fmt: skip

SESSION = (
    Argument('viewer', 'web', 'live view: a page in the browser, rviz, a bridge for Foxglove',
             _choices('web', 'rviz', 'foxglove', 'none')),
    Argument('port', 8080, "port of the page or of Foxglove's bridge", low=1, high=65535),
    Argument('record', False, 'record a bag from the start'),
    Argument('black_box', True, 'keep the last 30 s and write them to a bag on a FAULT or a stop'),
    Argument('directory', 'bags', 'folder for bags', others='a path'),
    Argument('network', 'localhost', 'who may hear the topics and open the page',
             _choices(*PAGE_HOST)),
    Argument('restarts', 3, 'how often in a row a node that dies is restarted', low=0, high=1000),
    Argument('log_level', 'info', 'least severe log lines that are shown',
             _choices('debug', 'info', 'warn', 'error', 'fatal')),
)  # fmt: skip

HAND_TRACKER = NodeDescription(
    'hand_tracker',
    'dexgen_teleop',
    'hand_tracker',
    parameters={
        'source': 'source',
        'video': 'video',
        'camera': 'camera',
        'size': 'size',
        'horizontal_fov': 'horizontal_fov',
        'images': 'images',
        'rate': 'source_rate',
        'loop': 'loop',
        'mirror': 'mirror',
        'side': operator_side,
    },
    when=lambda values: values['source'] != 'topic',
)

RETARGETER = NodeDescription(
    'retargeter', 'dexgen_teleop', 'retargeter', parameters={'hand': 'hand'}
)

CONTROLLER = NodeDescription(
    'controller',
    'dexgen_controller',
    'controller',
    parameters={
        'hand': 'hand',
        'mode': controller_mode,
        'checkpoint': checkpoint,
        'guidance': 'guidance',
        'rate': 'rate',
    },
)

HAND_BRIDGE = NodeDescription(
    'hand_bridge',
    'dexgen_sim_bridge',
    'hand_bridge',
    parameters={
        'hand': 'hand',
        'object': 'object',
        'backend': 'backend',
        'wrist': 'wrist',
        'auto_engage': 'engage',
    },
    # One that died comes back PAUSED; engaging again is the operator's decision.
    after_restart={'auto_engage': False},
)

VIEWER = NodeDescription(
    'viewer',
    'dexgen_session',
    'viewer',
    parameters={'hand': 'hand', 'host': page_host, 'port': 'port'},
    when=equals('viewer', 'web'),
    nice=LOW_PRIORITY,
)

RECORDER = NodeDescription(
    'recorder',
    'dexgen_session',
    'recorder',
    parameters={'record': 'record', 'directory': 'directory', 'black_box': black_box},
    when=lambda values: bool(values['record'] or values['black_box']),
    nice=LOW_PRIORITY,
)

MARKERS = NodeDescription(
    'markers',
    'dexgen_session',
    'markers',
    when=lambda values: bool(values['viewer'] in ('rviz', 'foxglove') or values['record']),
    nice=LOW_PRIORITY,
)

FOXGLOVE = NodeDescription(
    'foxglove',
    'foxglove_bridge',
    'foxglove_bridge',
    parameters={'address': page_host, 'port': 'port'},
    when=equals('viewer', 'foxglove'),
    nice=LOW_PRIORITY,
)

RVIZ = NodeDescription(
    'rviz',
    'rviz2',
    'rviz2',
    words=lambda values: ('-d', 'package://dexgen/rviz/teleop.rviz'),
    when=equals('viewer', 'rviz'),
    nice=LOW_PRIORITY,
    at_end='leave',
)


def check_teleop(values: Values) -> None:
    """Refuse arguments that contradict each other.

    Raises:
      ArgumentError: a source without what it reads, what a source reads without that source, or a
        checkpoint that does not exist.
    """
    if checkpoint(values) and not Path(checkpoint(values)).exists():
        raise ArgumentError(
            f'controller:={values["controller"]} is no mode and no checkpoint that exists; '
            f'allowed: {", ".join(CONTROLLERS)}, or the path of a checkpoint'
        )
    for source in ('video', 'images'):
        if values['source'] == source and not values[source]:
            raise ArgumentError(f'source:={source} needs {source}:=<path>')
        if values['source'] != source and values[source]:
            raise ArgumentError(
                f'{source}:={values[source]} is not read by source:={values["source"]}; '
                f'add source:={source}'
            )


TELEOP = Stack(
    'teleop',
    'A human hand moves a robot hand.',
    arguments=(*OPERATOR, *ROBOT, *SESSION),
    nodes=(
        HAND_TRACKER,
        RETARGETER,
        CONTROLLER,
        HAND_BRIDGE,
        VIEWER,
        RECORDER,
        MARKERS,
        FOXGLOVE,
        RVIZ,
    ),
    check=check_teleop,
)

STACKS = {stack.name: stack for stack in (TELEOP,)}
