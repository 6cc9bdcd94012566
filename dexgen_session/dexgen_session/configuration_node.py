"""The parameters of every node of a running stack, asked for over ROS without waiting."""

from collections.abc import Callable

from rcl_interfaces.srv import GetParameters, ListParameters
from rclpy.parameter import parameter_value_to_python

HIDDEN = ('use_sim_time', 'qos_overrides', 'start_type_description_service')
"""Beginnings of parameters that say nothing of the stack."""


class ConfigurationReader:
    """Asks every node in sight for its parameters.

    Args:
      node: the rclpy node that asks.
      on_node: called with a node's full name and its parameters by name.
    """

    def __init__(self, node, on_node: Callable[[str, dict[str, object]], None]):
        self._node = node
        self._on_node = on_node
        self._clients: dict[str, tuple] = {}
        self._asked: set[str] = set()

    def forget(self) -> None:
        """Ask every node anew: its parameters may have changed."""
        self._asked.clear()

    def look(self) -> None:
        """Ask the nodes that were not asked yet; call it now and then while the node spins."""
        for name, namespace in self._node.get_node_names_and_namespaces():
            full = f'{namespace.rstrip("/")}/{name}'
            if full in self._asked or full == self._node.get_fully_qualified_name():
                continue
            if full not in self._clients:
                # A new client needs a moment to find its service: the next look uses it.
                self._clients[full] = (
                    self._node.create_client(ListParameters, f'{full}/list_parameters'),
                    self._node.create_client(GetParameters, f'{full}/get_parameters'),
                )
            elif all(client.service_is_ready() for client in self._clients[full]):
                self._asked.add(full)
                self._ask(full)

    def _ask(self, full: str) -> None:
        lister, getter = self._clients[full]

        def listed(future) -> None:
            wanted = [n for n in future.result().result.names if not n.startswith(HIDDEN)]
            request = GetParameters.Request(names=wanted)
            getter.call_async(request).add_done_callback(lambda f: got(wanted, f))

        def got(wanted: list[str], future) -> None:
            values = [_plain(parameter_value_to_python(v)) for v in future.result().values]
            self._on_node(full, dict(zip(wanted, values, strict=False)))
            for client in self._clients.pop(full, ()):
                self._node.destroy_client(client)

        lister.call_async(ListParameters.Request()).add_done_callback(listed)


def _plain(value: object) -> object:
    return list(value) if hasattr(value, '__len__') and not isinstance(value, str) else value
