"""Nodes of the stacks: executables, parameters, conditions."""

from dataclasses import replace

from dexgen.description import NodeDescription, Values
from dexgen.stack_arguments import CONTROLLERS

PAGE_HOST = {'localhost': '127.0.0.1', 'subnet': '0.0.0.0'}
LOW_PRIORITY = 10
PLAYED = {
    'operator': {'hand_landmarks'},
    'commands': {'keypoint_command'},
    'controller': {'joint_target'},
    'hand': {'joint_states'},
    'all': {'hand_landmarks', 'keypoint_command', 'joint_target', 'joint_states'},
}
"""Topics that tell which live nodes a replay stands in for."""


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
    """Path of the checkpoint, `shipped` for auto, empty for a controller without one."""
    if values['controller'] == 'auto':
        return 'shipped'
    return '' if values['controller'] in CONTROLLERS else str(values['controller'])


def black_box(values: Values) -> float:
    """Time that is kept for an incident [s]."""
    return 30.0 if values['black_box'] else 0.0


def page_host(values: Values) -> str:
    """Address that the live page listens on."""
    return PAGE_HOST[str(values['network'])]


def live_from(*topics: str):
    """Condition of a replay: none of these topics comes from the bag."""

    def condition(values: Values) -> bool:
        names = {name.strip().strip('/') for name in str(values['topics']).split(',')}
        played = PLAYED.get(str(values['topics']), names)
        return not played & set(topics)

    return condition


HAND_TRACKER = NodeDescription(
    'hand_tracker',
    'dexgen_teleop',
    'hand_tracker',
    parameters={
        'source': 'source',
        'video': 'video',
        'camera': 'camera',
        'camera_file': 'camera_file',
        'exposure': 'exposure',
        'size': 'size',
        'horizontal_fov': 'horizontal_fov',
        'images': 'images',
        'rate': 'source_rate',
        'loop': 'loop',
        'mirror': 'mirror',
        'side': operator_side,
    },
    when=lambda values: values['source'] != 'external',
)

RETARGETER = NodeDescription(
    'retargeter',
    'dexgen_teleop',
    'retargeter',
    parameters={'hand': 'hand', 'config': 'retargeting', 'calibration': 'calibration'},
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
        'drive': 'drive',
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
    watches=True,
)

RECORDER = NodeDescription(
    'recorder',
    'dexgen_session',
    'recorder',
    parameters={
        'record': 'record',
        'directory': 'directory',
        'contract': 'contract',
        'black_box': black_box,
    },
    when=lambda values: bool(values['record'] or values['black_box']),
    watches=True,
)

MARKERS = NodeDescription(
    'markers',
    'dexgen_session',
    'markers',
    when=lambda values: bool(values['viewer'] in ('rviz', 'foxglove') or values['record']),
    watches=True,
)

FOXGLOVE = NodeDescription(
    'foxglove',
    'foxglove_bridge',
    'foxglove_bridge',
    parameters={'address': page_host, 'port': 'port'},
    when=equals('viewer', 'foxglove'),
    watches=True,
    nice=LOW_PRIORITY,
)

RVIZ = NodeDescription(
    'rviz',
    'rviz2',
    'rviz2',
    words=lambda values: ('-d', 'package://dexgen/rviz/teleop.rviz'),
    when=equals('viewer', 'rviz'),
    watches=True,
    nice=LOW_PRIORITY,
    at_end='leave',
)

REPLAY_NODE = NodeDescription(
    'replay',
    'dexgen_session',
    'replay',
    parameters={
        name: name
        for name in (
            'bag', 'topics', 'rate', 'loop', 'start', 'duration', 'stamps', 'paused', 'clock'
        )
    },
    at_end='end',
)

# What stands behind the topics that are played is left out: each topic has one publisher.
REPLAY_RETARGETER = replace(
    RETARGETER, when=live_from('keypoint_command', 'joint_target', 'joint_states')
)
REPLAY_CONTROLLER = replace(
    CONTROLLER,
    parameters={**CONTROLLER.parameters, 'rate': 'control_rate'},
    when=live_from('joint_target', 'joint_states'),
)
REPLAY_BRIDGE = replace(HAND_BRIDGE, when=live_from('joint_states'))
