"""The recorder's ears: a subscription for each topic of the contract, fit for its publishers."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
import importlib

from dexgen_node.clock import steady_offset
from dexgen_node.polling import PolledSubscription
from dexgen_node.rates import RateWatch
from dexgen_node.topics import Topic
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

from dexgen_session.bag.contract import TopicContract
from dexgen_session.bag.mcap_file import Channel, Sample
from dexgen_session.bag.metadata import offered_qos
from dexgen_session.bag.schema import schema_text, type_hash

DEPTH = 400
"""Messages of a topic that may wait for the recorder: two seconds at 200 Hz."""


def message_class(type_name: str) -> type:
    """Message class of a type.

    Raises:
      ValueError: its package is not installed.
    """
    package, kind, name = type_name.split('/')
    try:
        return getattr(importlib.import_module(f'{package}.{kind}'), name)
    except (ImportError, AttributeError):
        raise ValueError(
            f"message type '{type_name}' is not installed; install {package} or take the topic "
            'out of the recording contract'
        ) from None


@dataclass
class _Ear:
    contract: TopicContract
    subscription: PolledSubscription
    reliable: bool
    watch: RateWatch = field(default_factory=RateWatch)
    heard: bool = False


class RecordedTopics:
    """Subscriptions of the recorder.

    Args:
      node: the rclpy node.
      topics: the contract's topics.

    Raises:
      ValueError: a message type is not installed.
    """

    def __init__(self, node, topics: Sequence[TopicContract]):
        self._node = node
        self._ears = [self._ear(topic, topic.reliable) for topic in topics]

    def channels(self) -> dict[str, Channel]:
        """Channels of a bag for these topics, by resolved name."""
        return {
            ear.subscription.name: Channel(
                topic=ear.subscription.name,
                type=ear.contract.type,
                schema=schema_text(ear.contract.type),
                hash=type_hash(ear.contract.type),
                qos=offered_qos(ear.contract.reliable, ear.contract.latched),
                keep=ear.contract.keep if ear.contract.latched else 0,
            )
            for ear in self._ears
        }

    def take(self) -> list[Sample]:
        """Everything that has arrived, by time of arrival."""
        samples = []
        offset = steady_offset()
        for ear in self._ears:
            taken = ear.subscription.take_all()
            ear.heard = ear.heard or bool(taken)
            for one in taken:
                ear.watch.note(1e-9 * (one.received - offset))
            samples += [
                Sample(ear.subscription.name, one.raw, one.received, one.sent, one.number or 0)
                for one in taken
            ]
        return sorted(samples, key=lambda sample: sample.received)

    def adapt(self) -> None:
        """Subscribe again, best effort, to silent topics whose publishers offer no more."""
        for i, ear in enumerate(self._ears):
            if ear.heard or not ear.reliable:
                continue
            offers = self._node.get_publishers_info_by_topic(ear.subscription.name)
            if any(o.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT for o in offers):
                ear.subscription.destroy(self._node)
                self._ears[i] = replace(
                    self._ear(ear.contract, reliable=False), watch=ear.watch
                )

    @property
    def watches(self) -> dict[str, RateWatch]:
        """Rate and age of each topic, by resolved name."""
        return {ear.subscription.name: ear.watch for ear in self._ears}

    def _ear(self, contract: TopicContract, reliable: bool) -> _Ear:
        qos = QoSProfile(
            history=HistoryPolicy.KEEP_LAST,
            depth=DEPTH,
            reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
            durability=DurabilityPolicy.TRANSIENT_LOCAL
            if contract.latched
            else DurabilityPolicy.VOLATILE,
        )
        topic = Topic(contract.name, message_class(contract.type), qos)
        return _Ear(contract, PolledSubscription(self._node, topic), reliable)
