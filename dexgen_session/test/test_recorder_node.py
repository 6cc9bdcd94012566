"""The recorder in its own process, beside a peer that speaks the stack's topics."""

import signal

from dexgen_msgs.msg import StackState
from dexgen_msgs.srv import Record
from dexgen_session.bag.reader import BagReader
from dexgen_session.bag.repair import repair_bag
import pytest
from rosbags.highlevel import AnyReader
from session_peer import call, wait_until
import yaml

pytestmark = pytest.mark.stack
STREAMS = ('/joint_states', '/hand_landmarks', '/keypoint_command', '/object_state', '/tf')


@pytest.fixture
def recorder(peer, program, tmp_path):
    """Start a recorder whose bags lie in tmp_path."""

    def start(*parameters: str):
        words = [w for p in (f'directory:={tmp_path}', *parameters) for w in ('-p', p)]
        started = program('dexgen_session.recorder_node', '--ros-args', *words)
        return started

    return start


def streams(folder) -> dict[str, int]:
    try:
        reader = BagReader(folder)
    except ValueError:
        return {}
    return {t: reader.topics[t].count for t in STREAMS if t in reader.topics}


def test_service_starts_annotates_splits_and_stops(recorder, peer, tmp_path):
    started = recorder()
    ask = call(peer, Record, 'recorder/record')
    assert not ask(action=Record.Request.STOP).success
    answer = ask(action=Record.Request.START, label='trial 1')
    assert answer.success and answer.message.endswith('trial_1'), started.output()
    folder = tmp_path / 'trial_1'
    wait_until(lambda: min(streams(folder).values(), default=0) > 50, what='50 messages each')
    assert ask(action=Record.Request.SPLIT).success
    assert ask(action=Record.Request.ANNOTATE, label='lifted').success
    wait_until(lambda: '/peer' in (folder / 'configuration.yaml').read_text(), what='parameters')
    assert ask(action=Record.Request.STOP).success
    assert yaml.safe_load((folder / 'metadata.yaml').read_text())
    with AnyReader([folder]) as reader:
        seen = {c.topic: reader.deserialize(r, c.msgtype) for c, _, r in reader.messages()}
    assert {*STREAMS, '/stack_state', '/annotations'} <= set(seen)
    assert seen['/annotations'].data == 'lifted'
    assert seen['/hand_landmarks'].points[1].z == pytest.approx(0.4)
    assert started.end() == 0, started.output()


def test_no_message_is_missing_from_a_bag(recorder, tmp_path):
    started = recorder('record:=true')
    wait_until(lambda: list(tmp_path.glob('2*')), what='a bag')
    (folder,) = tmp_path.glob('2*')
    wait_until(lambda: streams(folder).get('/joint_states', 0) > 200, what='200 messages')
    assert started.end() == 0, started.output()
    assert BagReader(folder).torn == []
    for topic in STREAMS:
        numbers = [s.number for s in BagReader(folder).samples([topic])]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), topic


def test_a_killed_recorder_leaves_a_readable_bag(recorder, tmp_path):
    started = recorder('record:=true')
    wait_until(lambda: list(tmp_path.glob('2*/*.mcap')), what='a bag')
    (folder,) = tmp_path.glob('2*')
    wait_until(lambda: streams(folder).get('/joint_states', 0) > 100, what='100 messages')
    started.end(signal.SIGKILL)
    kept = streams(folder)
    assert BagReader(folder).torn and kept['/joint_states'] > 100
    repair_bag(folder)
    with AnyReader([folder]) as reader:
        assert reader.topics['/joint_states'].msgcount == kept['/joint_states']
    assert BagReader(folder).torn == []


def test_an_emergency_stop_and_a_fault_write_the_black_box(recorder, peer, tmp_path):
    started = recorder()
    ask = call(peer, Record, 'recorder/record')
    assert not ask(action=Record.Request.STOP).success
    peer.enter('reset', StackState.PAUSED)
    sequence = peer.sequence
    wait_until(lambda: peer.sequence > sequence + 100, what='two seconds')
    peer.enter('stop', StackState.STOPPED)
    wait_until(lambda: list(tmp_path.glob('black_box_*STOP/metadata.yaml')), what='a black box')
    (folder,) = tmp_path.glob('black_box_*')
    wait_until(lambda: not BagReader(folder).torn, what='the end of the aftermath')
    assert streams(folder)['/joint_states'] > 150
    peer.enter('SILENT_HAND', StackState.FAULT)
    wait_until(lambda: list(tmp_path.glob('black_box_*HAND/metadata.yaml')), what='another')
    assert started.end() == 0, started.output()
