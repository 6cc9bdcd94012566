"""Subscriptions that are looked at instead of called back: an unwatched stream costs nothing."""

from typing import NamedTuple

from rclpy.callback_groups import CallbackGroup

from dexgen_node.topics import Topic


class Taken(NamedTuple):
    """A message as bytes, with what the middleware knows of it.

    Attributes:
      raw: the serialized message.
      number: its place in the publisher's count; None where the middleware does not tell it.
      sent, received: [ns] since the epoch.
    """

    raw: bytes
    number: int | None
    sent: int
    received: int


class _NeverCalled(CallbackGroup):
    """Keeps subscriptions out of the executor, which would otherwise wake for every message."""

    def can_execute(self, entity) -> bool:
        return False

    def beginning_execution(self, entity) -> bool:
        return False

    def ending_execution(self, entity) -> None:
        return None


class PolledSubscription:
    """Takes the messages of one topic when asked; between, the middleware keeps the newest.

    Args:
      node: the rclpy node.
      topic: the topic; its QoS depth says how many messages wait.

    Attributes:
      name: the topic's name as resolved in the node's namespace.
    """

    def __init__(self, node, topic: Topic):
        self._group = _NeverCalled()
        self._subscription = topic.subscription(
            node, lambda raw: None, raw=True, callback_group=self._group
        )
        self.name = self._subscription.topic_name

    def take(self) -> Taken | None:
        """Take the oldest waiting message; None when there is none."""
        subscription = self._subscription
        with subscription.handle:
            taken = subscription.handle.take_message(subscription.msg_type, True)
        if taken is None:
            return None
        raw, about = taken
        return Taken(
            raw,
            about['publication_sequence_number'],
            about['source_timestamp'],
            about['received_timestamp'],
        )

    def destroy(self, node) -> None:
        """Give the subscription up."""
        node.destroy_subscription(self._subscription)

    def take_all(self) -> list[Taken]:
        """Take every waiting message, the oldest first."""
        messages = []
        while (taken := self.take()) is not None:
            messages.append(taken)
        return messages
