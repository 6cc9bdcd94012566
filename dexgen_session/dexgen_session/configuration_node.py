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

    def ask(self) -> None:
        """Ask all nodes; answers arrive while the node spins."""
        for name, namespace in self._node.get_node_names_and_namespaces():
            full = f'{namespace.rstrip("/")}/{name}'
            if full == self._node.get_fully_qualified_name():
                continue
            self._call(
                ListParameters,
                f'{full}/list_parameters',
                ListParameters.Request(),
                lambda answer, full=full: self._listed(full, answer.result.names),
            )

    def _listed(self, full: str, names) -> None:
        wanted = [name for name in names if not name.startswith(HIDDEN)]
        self._call(
            GetParameters,
            f'{full}/get_parameters',
            GetParameters.Request(names=wanted),
            lambda answer: self._on_node(
                full,
                {
                    name: _plain(parameter_value_to_python(value))
                    for name, value in zip(wanted, answer.values, strict=False)
                },
            ),
        )

    def _call(self, kind, name: str, request, done: Callable) -> None:
        client = self._node.create_client(kind, name)
        if not client.service_is_ready():
            self._node.destroy_client(client)
            return

        def answered(future) -> None:
            self._node.destroy_client(client)
            if future.exception() is None and future.result() is not None:
                done(future.result())

        client.call_async(request).add_done_callback(answered)


def _plain(value: object) -> object:
    return list(value) if hasattr(value, '__len__') and not isinstance(value, str) else value
