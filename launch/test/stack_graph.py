"""What a running stack consists of: topics with their ends, services with their nodes."""

import time
from typing import NamedTuple

from dexgen_node import topics
import rclpy

INFRASTRUCTURE = ('rcl_interfaces/', 'lifecycle_msgs/', 'type_description_interfaces/')
"""Types of what every node has."""
TABLE = {item.name: item for item in vars(topics).values() if isinstance(item, topics.Topic)}
"""The stack's table of topics by name."""


class Topic(NamedTuple):
    """Type of a topic with the names of its publishers and subscribers."""

    type: str
    publishers: tuple[str, ...]
    subscribers: tuple[str, ...]


class Service(NamedTuple):
    """Type of a service and the node that answers."""

    type: str
    node: str


class Graph(NamedTuple):
    """What a running stack consists of, by relative name."""

    topics: dict[str, Topic]
    services: dict[str, Service]


def observe(node) -> Graph:
    """What `node` sees of the stack beside itself."""
    found, services = {}, {}
    for name, (kind, *_) in node.get_topic_names_and_types():
        ends = [
            _names(node, infos)
            for infos in (
                node.get_publishers_info_by_topic(name),
                node.get_subscriptions_info_by_topic(name),
            )
        ]
        if any(ends) and not kind.startswith(INFRASTRUCTURE):
            found[_relative(name)] = Topic(kind, *ends)
    for other, space in node.get_node_names_and_namespaces():
        for name, (kind, *_) in _services(node, other, space):
            if other != node.get_name() and not kind.startswith(INFRASTRUCTURE):
                services[_relative(name)] = Service(kind, other)
    return Graph(found, services)


def _services(node, other: str, space: str) -> list[tuple[str, list[str]]]:
    try:
        return node.get_service_names_and_types_by_node(other, space)
    except RuntimeError:  # it has just gone or is not yet wholly known
        return []


def _names(node, infos) -> tuple[str, ...]:
    return tuple(sorted({info.node_name for info in infos} - {node.get_name()}))


def _relative(name: str) -> str:
    """The name as the table of topics has it."""
    return name if name in TABLE else name.removeprefix('/')


def settled(node, expected: set[str], timeout: float = 150.0, still: float = 8.0) -> Graph:
    """The graph once it has not changed for some seconds.

    Args:
      node: the node that looks.
      expected: names of the nodes that must be there.

    Raises:
      TimeoutError: it did not come to rest.
    """
    graph, since, end = observe(node), time.monotonic(), time.monotonic() + timeout
    while time.monotonic() < end:
        rclpy.spin_once(node, timeout_sec=0.2)
        seen = observe(node)
        if seen != graph or not expected <= set(node.get_node_names()):
            graph, since = seen, time.monotonic()
        elif time.monotonic() - since > still:
            return graph
    raise TimeoutError(f'the stack does not come to rest; there are {node.get_node_names()}')
