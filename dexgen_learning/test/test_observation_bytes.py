"""A recorded episode through the node and through training: the networks see the same bytes."""

from types import SimpleNamespace

from dexgen_controller import streams_node
from dexgen_controller.controller import Controller
from dexgen_controller.model_config import model_config
from dexgen_controller.policies import Decision
from dexgen_description import Kinematics, load_hand
from dexgen_learning.paths import SHIPPED
from dexgen_learning.rollout.chunk import RolloutConfig
from dexgen_learning.rollout.collector import CollectorConfig
from dexgen_learning.rollout.dataset import Dataset
from dexgen_learning.rollout.rolling import rollout
from dexgen_learning.training.recorded import RecordedSource
from dexgen_msgs.msg import AppliedTarget
from dexgen_node import topics
from dexgen_node.polling import Taken
import numpy as np
import pytest
from rclpy.serialization import serialize_message
from sensor_msgs.msg import JointState

HAND = load_hand('allegro_right')
KINEMATICS = Kinematics(HAND)
PERIOD = 0.1


class Ears:
    """A node whose messages wait, in the wire's format, until they are looked for."""

    def __init__(self, clock):
        self._clock = clock
        self.waiting = {}

    def create_subscription(self, *_, **__):
        pass

    def hear(self, topic, message) -> None:
        taken = Taken(serialize_message(message), None, 0, round(1e9 * self._clock.now))
        self.waiting[topic.name].append(taken)


class Waiting:
    """A polled subscription of `Ears`."""

    def __init__(self, ears, topic):
        self._messages = ears.waiting[topic.name] = []

    def take_all(self):
        taken = list(self._messages)
        self._messages.clear()
        return taken


def made(monkeypatch):
    """Clock, node, mode, inbox and core of a controller without a middleware."""
    clock = SimpleNamespace(now=5.0)
    monkeypatch.setattr(streams_node, 'time', SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(streams_node, 'steady_offset', lambda: 0)
    monkeypatch.setattr(streams_node, 'PolledSubscription', Waiting)
    ears, mode = Ears(clock), Watching()
    inbox = streams_node.Inbox(ears, HAND, lambda: None)
    return clock, ears, mode, inbox, Controller(KINEMATICS, 8, [mode], 'watching', PERIOD)


class Watching:
    """A mode that keeps what it is shown."""

    name = 'watching'
    needs_command, needs_stack, locks_phase = False, True, False

    def __init__(self):
        self.stacks = []

    def reset(self):
        pass

    def tick(self, observation, command, now):
        self.stacks.append(observation.stack)
        return Decision(observation.targets)


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Dataset:
    folder = tmp_path_factory.mktemp('data')
    config = RolloutConfig(
        objects=('cube',), transitions=100, seed=3, grasps=str(SHIPPED / 'grasps'),
        collector=CollectorConfig(per_object=8, steps=40),
    )  # fmt: skip
    rollout(config, folder)
    return Dataset(folder)


def node_stacks(rows, monkeypatch) -> np.ndarray:
    """What the node's networks see while it hears an episode."""
    clock, ears, mode, inbox, core = made(monkeypatch)
    names = list(reversed(HAND.joint_names))
    for row in rows:
        q, target = row['q'][::-1].astype(float), row['target'][::-1].astype(float)
        ears.hear(topics.APPLIED_TARGET, AppliedTarget(joint_names=names, positions=target))
        ears.hear(topics.JOINT_STATES, JointState(name=names, position=q))
        inbox.look(clock.now)
        core.tick(inbox.inputs(), clock.now, clock.now)
        clock.now += PERIOD
    return np.stack(mode.stacks)


def test_the_node_and_training_see_the_same_bytes(data, monkeypatch):
    config = model_config('tiny')
    source = RecordedSource(KINEMATICS, data, config, noise=0.0)
    usable = np.sort(np.concatenate([source.rows(False), source.rows(True)]))
    step = data.column('step').astype(int)
    begin = usable[0] - step[usable[0]]
    length = int(np.flatnonzero(np.diff(step[begin:], append=-1) != 1)[0]) + 1
    seen = node_stacks(data.rows(begin + np.arange(length)), monkeypatch)
    assert len(seen) == length - (config.history - 1)
    wanted = usable[(usable >= begin) & (usable < begin + length)]
    assert len(wanted) > 5
    trained = source.batch(wanted).state
    assert seen[wanted - begin - (config.history - 1)].tobytes() == trained.tobytes()


def test_a_lost_joint_state_is_seen_by_its_age(data, monkeypatch):
    whole = data.rows(np.arange(12))
    clock, ears, _, inbox, core = made(monkeypatch)
    reasons = []
    for index, row in enumerate(whole):
        if index != 6:
            target = row['target'].astype(float)
            names = list(HAND.joint_names)
            ears.hear(topics.APPLIED_TARGET, AppliedTarget(joint_names=names, positions=target))
            ears.hear(topics.JOINT_STATES, JointState(name=names, position=row['q'].astype(float)))
        inbox.look(clock.now)
        tick = core.tick(inbox.inputs(), clock.now, clock.now)
        reasons.append(tick.decision.reason)
        clock.now += PERIOD
    assert reasons[3:6] == ['NOT_RUNNING'] * 3
    assert reasons[6] in ('HISTORY', 'STALE_JOINT_STATE')
    assert reasons[7:10] == ['HISTORY'] * 3
    assert reasons[10] == 'NOT_RUNNING'
