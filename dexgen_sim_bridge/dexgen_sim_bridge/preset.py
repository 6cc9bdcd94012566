"""How to talk to a hand or a simulator: topics, joints, rates and limits, read from YAML."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
import math
from pathlib import Path

from dexgen_description import Hand
import numpy as np
import yaml

from dexgen_sim_bridge.joint_map import JointMap
from dexgen_sim_bridge.limiter import GateLimits

COMMAND_TYPES = ('joint_state', 'float64_multi_array', 'joint_trajectory')
_KEYS = {'description', 'hands', 'joints', 'sign', 'offset', 'state', 'command', 'drive', 'start'}
_NESTED = {
    'state': {'topic', 'silence'},
    'command': {'topic', 'type', 'rate', 'horizon'},
    'drive': {'velocity', 'acceleration', 'kp', 'kd', 'delay', 'source'},
}


class PresetError(ValueError):
    """A preset that does not exist, is faulty, or does not fit the hand."""


@dataclass(frozen=True)
class StateTopic:
    """Where the hand tells its joints.

    Attributes:
      topic: of its sensor_msgs/JointState.
      silence: time without a message after which it counts as failed [s].
    """

    topic: str
    silence: float


@dataclass(frozen=True)
class CommandTopic:
    """Where the hand takes its targets.

    Attributes:
      topic: its name.
      type: one of COMMAND_TYPES.
      rate: targets a second [Hz].
      horizon: time to reach a point of a joint_trajectory [s].
    """

    topic: str
    type: str
    rate: float
    horizon: float


@dataclass(frozen=True)
class Drive:
    """The real hand's drive; None where it is not known.

    Attributes:
      velocity: (J,) or one highest rate of a target [rad/s].
      acceleration: its highest change [rad/s^2].
      kp, kd: gains [N m/rad, N m s/rad].
      delay: from a command to the motion [s].
      source: where the figures come from.
    """

    velocity: float | None = None
    acceleration: float | None = None
    kp: tuple[float, ...] | None = None
    kd: tuple[float, ...] | None = None
    delay: float | None = None
    source: str = ''


@dataclass(frozen=True)
class Preset:
    """A peer that speaks ROS 2.

    Attributes:
      name: of the preset.
      description: in a sentence.
      joints: their joints against ours.
      state: None where the hand tells nothing: its posture is then assumed to be the target.
      command: where targets go.
      drive: the real hand's gains and limits.
      start: (J,) posture assumed at the start where there is no state [rad].
    """

    name: str
    description: str
    joints: JointMap
    state: StateTopic | None
    command: CommandTopic
    drive: Drive
    start: np.ndarray | None


def preset_names() -> tuple[str, ...]:
    """Names of the presets that ship."""
    folder = resources.files('dexgen_sim_bridge') / 'presets'
    return tuple(sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith('.yaml')))


def load_preset(name: str, hand: Hand) -> Preset:
    """Read a preset that ships, or one of your own by the path of its YAML file.

    Raises:
      PresetError: there is none, it is faulty, or it is for other hands.
    """
    if name.endswith(('.yaml', '.yml')):
        path = Path(name).expanduser()
        if not path.is_file():
            raise PresetError(f'no preset file {path}')
        return parse_preset(path.stem, path.read_text(), hand)
    if name not in preset_names():
        raise PresetError(
            f"no backend '{name}'; allowed: mujoco, {', '.join(preset_names())}, "
            'or the path of a YAML file'
        )
    text = (resources.files('dexgen_sim_bridge') / 'presets' / f'{name}.yaml').read_text()
    return parse_preset(name, text, hand)


def parse_preset(name: str, text: str, hand: Hand) -> Preset:
    """A preset from the text of its YAML, for a hand.

    Raises:
      PresetError: it is faulty, or it is for other hands.
    """
    try:
        data = yaml.safe_load(text)
        _check_keys('the preset', data, _KEYS)
        hands = data.get('hands')
        if hands and hand.name not in hands:
            raise ValueError(f"it is for {', '.join(hands)}, not for '{hand.name}'")
        for key, allowed in _NESTED.items():
            if data.get(key) is not None:
                _check_keys(key, data[key], allowed)
        joints = JointMap.build(
            hand.joint_names, data.get('joints'), data.get('sign'), data.get('offset', 0.0)
        )
        state = _state(data.get('state'))
        start = None if state else _per_joint('start', data.get('start', 0.0), hand)
        return Preset(
            name,
            str(data.get('description', '')).strip(),
            joints,
            state,
            _command(data['command']),
            parse_drive(data.get('drive') or {}, hand),
            start,
        )
    except KeyError as error:
        raise PresetError(f"preset '{name}': {error} is missing") from error
    except (ValueError, TypeError, yaml.YAMLError) as error:
        raise PresetError(f"preset '{name}': {error}") from error


def real_limits(hand: Hand, drive: Drive, margin: float) -> GateLimits:
    """The gate's limits in front of a real hand: the stricter of description and preset."""
    limits = GateLimits.from_hand(hand, margin)
    return limits._replace(
        velocity=np.minimum(limits.velocity, drive.velocity or np.inf),
        acceleration=np.minimum(limits.acceleration, drive.acceleration or np.inf),
    )


def _check_keys(what: str, data, allowed: set[str]) -> None:
    if not isinstance(data, Mapping):
        raise ValueError(f'{what} is not a mapping')
    if unknown := set(data) - allowed:
        raise ValueError(
            f'{what} has unknown keys {", ".join(sorted(map(str, unknown)))}; '
            f'allowed: {", ".join(sorted(allowed))}'
        )


def _positive(name: str, value) -> float:
    value = float(value)
    if not (math.isfinite(value) and value > 0.0):
        raise ValueError(f'{name} is {value}; it must be above 0')
    return value


def _state(data) -> StateTopic | None:
    if data is None:
        return None
    return StateTopic(str(data['topic']), _positive('state.silence', data.get('silence', 0.5)))


def _command(data) -> CommandTopic:
    kind = data['type']
    if kind not in COMMAND_TYPES:
        raise ValueError(f"command.type is '{kind}'; allowed: {', '.join(COMMAND_TYPES)}")
    return CommandTopic(
        str(data['topic']),
        kind,
        _positive('command.rate', data.get('rate', 100.0)),
        _positive('command.horizon', data.get('horizon', 0.05)),
    )


def _per_joint(name: str, value, hand: Hand) -> np.ndarray:
    values = np.asarray(value, float)
    if values.shape not in ((), (len(hand.joint_names),)) or not np.isfinite(values).all():
        raise ValueError(f'{name} needs one finite number, or one for each of the joints')
    return np.broadcast_to(values, len(hand.joint_names)).copy()


def parse_drive(data, hand: Hand) -> Drive:
    """Read a drive from its mapping.

    Raises:
      ValueError: a key or a value is not allowed.
    """
    _check_keys('drive', data, _NESTED['drive'])

    def gains(name):
        value = data.get(name)
        return None if value is None else tuple(_per_joint(f'drive.{name}', value, hand).tolist())

    def limit(name):
        value = data.get(name)
        return None if value is None else _positive(f'drive.{name}', value)

    delay = data.get('delay')
    if delay is not None and not 0.0 <= float(delay) <= 1.0:
        raise ValueError(f'drive.delay is {delay} s; it must be between 0 and 1')
    return Drive(
        limit('velocity'),
        limit('acceleration'),
        gains('kp'),
        gains('kd'),
        None if delay is None else float(delay),
        str(data.get('source', '')),
    )
