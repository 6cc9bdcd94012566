"""With what a bag is run again: by default with what it was recorded with."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml

from dexgen_session.bag.recorder import CONFIGURATION_FILE

Value = TypeVar('Value')


@dataclass(frozen=True)
class RerunSettings:
    """The stack of a rerun.

    Attributes:
      hand: name of the hand description.
      object: name of the object; none: an empty hand.
      mode: mode of the controller.
      rate: control rate [Hz] without a checkpoint.
      checkpoint: folder of a learned controller, or empty.
      guidance: guidance strength.
      wrist: orientation of the wrist.
      physics_rate: steps of gate and simulation [Hz].
    """

    hand: str = 'allegro_right'
    object: str = 'cube'
    mode: str = 'passthrough'
    rate: float = 30.0
    checkpoint: str = ''
    guidance: float = 1.0
    wrist: str = 'palm_up'
    physics_rate: float = 200.0


def recorded_settings(bag: Path, **chosen: object) -> RerunSettings:
    """Settings that a bag was recorded with, read from the configuration beside it.

    Args:
      bag: folder of the bag.
      chosen: settings that shall be others; None: as recorded.
    """
    path = bag / CONFIGURATION_FILE
    found = yaml.safe_load(path.read_text()) if path.is_file() else {}
    parameters: dict[str, dict] = {
        name.rpartition('/')[2]: values for name, values in (found or {}).items()
    }
    controller, bridge = parameters.get('controller', {}), parameters.get('hand_bridge', {})
    recorded = {
        **{n: controller.get(n) for n in ('hand', 'mode', 'rate', 'checkpoint', 'guidance')},
        **{n: bridge.get(n) for n in ('object', 'wrist', 'physics_rate')},
    }
    given = {n: v for n, v in {**recorded, **drop_none(chosen)}.items() if v is not None}
    return RerunSettings(**given)


def drop_none(values: dict[str, Value | None]) -> dict[str, Value]:
    """The entries that are given."""
    return {name: value for name, value in values.items() if value is not None}
