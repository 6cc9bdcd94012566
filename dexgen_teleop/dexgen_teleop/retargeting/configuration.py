"""How an operator's hand maps to a robot hand: one YAML file for each hand, typed and checked."""

from dataclasses import dataclass, field, fields, replace
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from dexgen_teleop.landmarks import FINGERS


@dataclass(frozen=True)
class FingerMapping:
    """One robot finger follows one finger of the operator.

    Attributes:
      operator: the operator's finger, one of `landmarks.FINGERS`.
      scale: robot's over operator's wrist-to-fingertip vector, dimensionless.
    """

    operator: str
    scale: float

    def __post_init__(self):
        if self.operator not in FINGERS:
            raise ValueError(
                f"operator's finger is '{self.operator}'; allowed: {', '.join(FINGERS)}"
            )
        _within('scale', self.scale, 0.3, 4.0)


@dataclass(frozen=True)
class Weights:
    """What a deviation costs, in metres of fingertip error.

    Attributes:
      tip: per metre of a fingertip.
      pip: per metre of a PIP joint.
      posture: per radian off the preferred posture [m/rad].
      smoothness: per radian off the predicted motion, at the nominal rate [m/rad].
      collision: per metre of a gap between fingers below its margin.
    """

    tip: float = 1.0
    pip: float = 0.05
    posture: float = 0.005237
    smoothness: float = 0.03336
    collision: float = 30.0


@dataclass(frozen=True)
class Pinch:
    """Closure of thumb and finger as a function of the gap of the operator's fingertips.

    Attributes:
      closed: operator's gap [m] at and below which the robot's fingertips touch.
      open: operator's gap [m] above which nothing is changed.
      lead: how far a closing gap is looked ahead [s].
      farthest_lead: by how much a gap is thought smaller at most [m].
      gap: wanted between the robot's fingertip surfaces in a closed pinch [m]; below zero they
        press on each other, as far as the margin of self-collision lets them.
      weight: cost per metre off the wanted gap, in metres of fingertip error.
      response: share of the way to the wanted gap that a nominal period is to take.
      closing_response: the same while the operator closes the pinch by the farthest lead.
      reach: distance from the wanted gap [m] beyond which it pulls less than in proportion.
      late: distance from the wanted gap [m] at which a pinch that the operator has closed counts
        as half late; not at all at half of it, fully at one and a half of it.
      closing_acceleration: bound [rad/s^2] on the joints of a pinch that is fully late, where it
        is above that of the dynamics; the hand's own limit applies where it is lower.
    """

    closed: float = 0.02383
    open: float = 0.04995
    lead: float = 0.06138
    farthest_lead: float = 0.03712
    gap: float = -0.0028
    weight: float = 0.7709
    response: float = 0.4897
    closing_response: float = 1.0
    reach: float = 0.01183
    late: float = 0.0109
    closing_acceleration: float = 200.0

    def __post_init__(self):
        if not 0.0 < self.closed < self.open:
            raise ValueError(
                f'pinch: closed is {self.closed} m, open is {self.open} m; closed must be above 0 '
                'and below open'
            )
        for name in ('response', 'closing_response'):
            _within(f'pinch.{name}', getattr(self, name), 0.05, 1.0)
        for name in ('farthest_lead', 'late', 'closing_acceleration'):
            if not getattr(self, name) > 0.0:
                raise ValueError(f'pinch.{name} is {getattr(self, name)}; must be above 0')


@dataclass(frozen=True)
class Dynamics:
    """How the joints follow: response, prediction and bounds.

    Attributes:
      rate: nominal rate of the landmarks [Hz].
      response: share of a keypoint's distance from its target that a nominal period is to take.
      near_response: the same close to the target.
      near: distance from the target [m] at which it is half way between the two.
      carry: share of a keypoint's own velocity that goes on over a nominal period.
      persistence: the same of the joints' velocity, where the keypoints leave them free.
      reach: distance from its target [m] beyond which a keypoint pulls less than in proportion.
      velocity: bound [rad/s]; the hand's own limit applies where it is lower.
      acceleration: bound [rad/s^2]; the hand's own limit applies where it is lower.
      restart: a pause of the landmarks longer than this [s] starts afresh.
    """

    rate: float = 30.0
    response: float = 0.4893
    near_response: float = 0.629
    near: float = 0.002838
    carry: float = 0.2203
    persistence: float = 0.747
    reach: float = 0.004474
    velocity: float = 7.0
    acceleration: float = 120.0
    restart: float = 0.5

    def __post_init__(self):
        for name in ('response', 'near_response'):
            _within(f'dynamics.{name}', getattr(self, name), 0.05, 1.0)
        _within('dynamics.carry', self.carry, 0.0, 1.0)
        _within('dynamics.persistence', self.persistence, 0.0, 1.0)
        for name in ('rate', 'near', 'reach', 'velocity', 'acceleration', 'restart'):
            if not getattr(self, name) > 0.0:
                raise ValueError(f'dynamics.{name} is {getattr(self, name)}; must be above 0')


@dataclass(frozen=True)
class RetargetingConfig:
    """Retargeting to one hand.

    Attributes:
      hand: name of the hand description.
      fingers: robot finger -> mapping; every finger of the hand has one.
      wrist: place of the operator's wrist frame in the robot's hand frame [m].
      wrist_rpy: its orientation there, fixed-axis roll, pitch, yaw [rad].
      posture: finger -> preferred angles of its joints [rad]; the hand's rest where it is absent.
      limits: joint -> lowest and highest angle [rad], inside the hand's own limits.
      limit_margin: distance that joints keep from their limits [rad].
      collision_detection: gap between fingers below which their collision is looked at [m].
      iterations: Gauss-Newton steps for a frame, at most.
      tolerance: change of every joint [rad] below which no further step is taken.
    """

    hand: str
    fingers: dict[str, FingerMapping]
    wrist: tuple[float, float, float]
    wrist_rpy: tuple[float, float, float] = (0.0, 0.0, 0.0)
    weights: Weights = field(default_factory=Weights)
    pinch: Pinch = field(default_factory=Pinch)
    dynamics: Dynamics = field(default_factory=Dynamics)
    posture: dict[str, list[float]] = field(default_factory=dict)
    limits: dict[str, list[float]] = field(default_factory=dict)
    limit_margin: float = 0.01
    collision_detection: float = 0.015
    iterations: int = 2
    tolerance: float = 0.02

    def with_scales(self, scales: dict[str, float]) -> 'RetargetingConfig':
        """The same configuration with other scales, by robot finger."""
        unknown = set(scales) - set(self.fingers)
        if unknown:
            raise ValueError(
                f'no finger {sorted(unknown)} in {self.hand}; allowed: {", ".join(self.fingers)}'
            )
        fingers = {
            name: replace(mapping, scale=float(scales.get(name, mapping.scale)))
            for name, mapping in self.fingers.items()
        }
        return replace(self, fingers=fingers)


def shipped() -> tuple[str, ...]:
    """Names of the hands for which a configuration ships."""
    folder = resources.files('dexgen_teleop.retargeting') / 'hands'
    return tuple(sorted(p.name[:-5] for p in folder.iterdir() if p.name.endswith('.yaml')))


def load(hand: str, path: str = '') -> RetargetingConfig:
    """Configuration of a hand: the shipped one, or the file at `path`.

    Raises:
      ValueError: no configuration ships for the hand, or the file is not valid.
      FileNotFoundError: `path` does not exist.
    """
    if path:
        text, source = Path(path).expanduser().read_text(), path
    else:
        if hand not in shipped():
            raise ValueError(
                f"no retargeting configuration ships for the hand '{hand}'; allowed: "
                f'{", ".join(shipped())}; or give the path of one'
            )
        source = f'hands/{hand}.yaml'
        text = (resources.files('dexgen_teleop.retargeting') / source).read_text()
    try:
        config = parse(yaml.safe_load(text))
    except (TypeError, KeyError, yaml.YAMLError) as error:
        raise ValueError(f'{source}: {error}') from error
    if config.hand != hand:
        raise ValueError(f"{source} is for the hand '{config.hand}', not '{hand}'")
    return config


def parse(data: dict[str, Any]) -> RetargetingConfig:
    """Configuration from the mapping that a YAML file holds.

    Raises:
      ValueError: a key is unknown, or a value is out of range.
    """
    data = dict(data)
    parts = {'weights': Weights, 'pinch': Pinch, 'dynamics': Dynamics}
    for name, part in parts.items():
        if name in data:
            data[name] = _build(part, data[name], name)
    data['fingers'] = {
        finger: _build(FingerMapping, mapping, f'fingers.{finger}')
        for finger, mapping in data['fingers'].items()
    }
    for name in ('wrist', 'wrist_rpy'):
        if name in data:
            data[name] = tuple(float(x) for x in data[name])
    return _build(RetargetingConfig, data, 'configuration')


def _build(cls: type, data: dict[str, Any], where: str):
    allowed = [f.name for f in fields(cls)]
    unknown = sorted(set(data) - set(allowed))
    if unknown:
        raise ValueError(f'{where}: unknown {unknown}; allowed: {", ".join(allowed)}')
    return cls(**data)


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f'{name} is {value}; allowed: {low} to {high}')
