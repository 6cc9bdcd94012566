"""Arguments of the stacks: what they mean, their defaults and allowed values."""

from dexgen.arguments import Argument

SOURCES = ('script', 'video', 'webcam', 'images', 'realsense', 'topic', 'external')
CONTROLLERS = ('auto', 'passthrough', 'hold')
NETWORKS = ('localhost', 'subnet')


def _hands() -> tuple[str, ...]:
    from dexgen_description import hand_names

    return tuple(hand_names())


def _objects() -> tuple[str, ...]:
    from dexgen_description import object_names

    return (*object_names(), 'none')


def _wrists() -> tuple[str, ...]:
    from dexgen_sim_bridge.wrist import WRISTS

    return WRISTS


def backends() -> tuple[str, ...]:
    """Names of the simulator and of the presets of real hands."""
    from dexgen_sim_bridge.preset import preset_names

    return ('mujoco', *preset_names())


def _choices(*values: str):
    return lambda: values


OPERATOR = (
    Argument('source', 'script', 'where the operator comes from; external: from another node',
             _choices(*SOURCES)),
    Argument('video', '', 'source:=video: the clip', path='file'),
    Argument('camera', '', 'number, path or serial number of the camera; empty: the first',
             others='0, /dev/video0, ...'),
    Argument('camera_file', '', 'source:=realsense: a recording (.db3, .bag) for the camera',
             path='file'),
    Argument('exposure', 0, 'source:=realsense: colour exposure [us]; 0: automatic',
             low=0, high=165000),
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
    Argument('backend', 'mujoco', 'the simulator, or the preset of a real hand', backends,
             others='the path of a preset, YAML'),
    Argument('drive', '', "backend:=mujoco: a drive, YAML of dexgen-identify; empty: the hand's",
             path='file'),
    Argument('calibration', '', "scales of the operator's fingers, YAML of the node calibration; "
             "empty: the retargeting's", path='file'),
    Argument('retargeting', '', 'a retargeting configuration, YAML; empty: that of the hand',
             path='file'),
    Argument('wrist', 'palm_up', 'wrist orientation; operator: it follows the operator',
             _wrists),
    Argument('controller', 'auto',
             'what moves the fingers; auto: the checkpoint that ships, passthrough without one',
             _choices(*CONTROLLERS), others='the path of a checkpoint'),
    Argument('guidance', -1.0, 'how strongly a checkpoint follows the command, 0: not at all, '
             'negative: as it was evaluated', low=-1.0, high=1000.0),
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
    Argument('contract', '', 'what is recorded, YAML; empty: the shipped contract', path='file'),
    Argument('network', 'localhost', 'who may hear the topics and open the page',
             _choices(*NETWORKS)),
    Argument('restarts', 3, 'how often in a row a node that dies is restarted', low=0, high=1000),
    Argument('restart_delay', 0.5, 'wait before its first restart [s]; doubles up to 8 times that',
             low=0.0, high=60.0),
    Argument('log_level', 'info', 'least severe log lines that are shown',
             _choices('debug', 'info', 'warn', 'error', 'fatal')),
)  # fmt: skip

BAG = (
    Argument('bag', '', 'the bag to play: its folder, or an MCAP file', path='path'),
    Argument('topics', 'operator', 'what is played; the nodes that publish it do not run',
             _choices('operator', 'commands', 'controller', 'hand', 'all'),
             others='topics with commas'),
    Argument('rate', 1.0, 'bag seconds per second', low=0.01, high=100.0),
    Argument('loop', False, 'begin again at the end'),
    Argument('start', 0.0, 'skip so much of the bag [s]', low=0.0, high=1e9),
    Argument('duration', 0.0, 'play so much [s]; 0: to the end', low=0.0, high=1e9),
    Argument('stamps', 'now', 'now: stamps are moved to the present; original: left as they are',
             _choices('now', 'original')),
    Argument('paused', False, 'begin paused; the service replay/pause goes on'),
    Argument('clock', False, "publish the bag's time on /clock"),
    Argument('control_rate', 30.0, 'control rate [Hz]; a checkpoint brings its own',
             low=1.0, high=200.0),
)  # fmt: skip
"""Arguments of a replay; `rate` is that of the bag."""
