"""The one file that says which topics a session records, of which type and quality of service."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import yaml

SHIPPED = files('dexgen_session.bag') / 'contract.yaml'
"""The contract of this package."""
SIDES = ('operator', 'controller', 'hand', 'session')
"""Whose side of the stack a topic belongs to."""


@dataclass(frozen=True)
class TopicContract:
    """One recorded topic.

    Attributes:
      name: topic, relative to the recorder's namespace or absolute.
      type: message type, for example 'sensor_msgs/msg/JointState'.
      side: one of SIDES.
      reliable, latched: what its publishers offer; latched is transient local.
      keep: newest messages of a latched topic that each file of a bag starts with.
    """

    name: str
    type: str
    side: str
    reliable: bool = True
    latched: bool = False
    keep: int = 1


@dataclass(frozen=True)
class Contract:
    """The recorded topics, and the text that they were read from."""

    topics: tuple[TopicContract, ...]
    text: str

    def of_side(self, side: str) -> tuple[str, ...]:
        """Names of the topics of one side.

        Raises:
          ValueError: no such side.
        """
        if side not in SIDES:
            raise ValueError(f"no side '{side}'; allowed: {', '.join(SIDES)}")
        return tuple(topic.name for topic in self.topics if topic.side == side)


def load_contract(path: str | Path = '') -> Contract:
    """Read a contract; without a path the shipped one.

    Raises:
      ValueError: it is no contract, with what is wrong in it.
      FileNotFoundError: no such file.
    """
    source = Path(path) if path else SHIPPED
    if path and not source.is_file():
        raise FileNotFoundError(
            f"no recording contract '{path}'; leave it empty for the shipped one"
        )
    text = source.read_text()
    content = yaml.safe_load(text)
    if not isinstance(content, Mapping) or content.get('version') != 1:
        raise ValueError(f"'{source}' is no recording contract of version 1")
    topics = content.get('topics')
    if not isinstance(topics, Mapping) or not topics:
        raise ValueError(f"'{source}' names no topics; it needs topics: {{name: {{type: ...}}}}")
    return Contract(tuple(_topic(source, name, entry) for name, entry in topics.items()), text)


def _topic(source, name: str, entry: Mapping) -> TopicContract:
    try:
        topic = TopicContract(name=name, **entry)
    except TypeError as error:
        raise ValueError(f"topic '{name}' of '{source}': {error}") from None
    if topic.side not in SIDES:
        raise ValueError(
            f"topic '{name}' of '{source}' has side '{topic.side}'; allowed: {', '.join(SIDES)}"
        )
    if topic.type.count('/') != 2 or topic.type.split('/')[1] != 'msg':
        raise ValueError(
            f"topic '{name}' of '{source}' has type '{topic.type}'; expected package/msg/Name"
        )
    return topic
