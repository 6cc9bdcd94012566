"""The recorder without ROS: bags on demand, the black box, and what it answers when it cannot."""

import errno
import os
from pathlib import Path

from dexgen_msgs.msg import StackState
from dexgen_session.bag.black_box import BlackBox
from dexgen_session.bag.reader import BagReader
from dexgen_session.bag.recorder import Recorder, RecorderError, RecorderSettings
from dexgen_session.bag.writer import RESERVE_SIZE
import pytest
from rclpy.serialization import serialize_message
from recorded import bulky, CHANNELS, joint_state, SECOND, stack_state, START
from std_msgs.msg import String
import yaml


@pytest.fixture
def recorder(tmp_path) -> Recorder:
    settings = RecorderSettings(tmp_path, split_size=0, split_time=0, black_box=30.0)
    return Recorder(settings, CHANNELS, 'version: 1\n', {'/recorder': {'record': False}})


def feed(
    recorder: Recorder, start: float, end: float, rate: float = 10.0, make=joint_state
) -> None:
    """Hand over joint states of a span of time [s], numbered by tenths of seconds."""
    for number in range(round(start * rate), round(end * rate)):
        now = START + int(number * SECOND / rate)
        recorder.put(make(number, now))
        recorder.tick(now)


def recorded(folder) -> list[int]:
    return [s.number for s in BagReader(folder).samples(['/joint_states'])]


def test_only_what_happens_between_start_and_stop_is_in_the_bag(recorder):
    feed(recorder, 0, 1)
    folder = recorder.start('', START + SECOND)
    feed(recorder, 1, 2)
    assert recorder.stop() == folder
    feed(recorder, 2, 3)
    assert recorded(folder) == list(range(10, 20))


def test_a_bag_begins_with_the_latched_state_that_was_true_before(recorder):
    recorder.put(stack_state(StackState.PAUSED, START))
    feed(recorder, 0, 1)
    folder = recorder.start('with state', START + SECOND)
    feed(recorder, 1, 2)
    recorder.stop()
    first = next(BagReader(folder).samples())
    assert folder.name == 'with_state'
    assert first.topic == '/stack_state' and first.received == START + SECOND


def test_paused_time_is_left_out_and_its_last_state_kept_for_the_next_file(recorder):
    folder = recorder.start('a', START)
    feed(recorder, 0, 1)
    recorder.pause()
    recorder.put(stack_state(StackState.RUNNING, START + SECOND))
    feed(recorder, 1, 2)
    recorder.resume()
    feed(recorder, 2, 3)
    recorder.split(START + 3 * SECOND)
    recorder.stop()
    assert recorded(folder) == [*range(10), *range(20, 30)]
    (state,) = BagReader(folder / 'a_1.mcap').samples(['/stack_state'])
    assert state.received == START + 3 * SECOND


def test_files_are_split_by_time_and_by_size(tmp_path):
    by_time = RecorderSettings(tmp_path, split_size=0, split_time=2 * SECOND)
    by_size = RecorderSettings(tmp_path, split_size=3000, split_time=0)
    for settings, name in ((by_time, 'time'), (by_size, 'size')):
        recorder = Recorder(settings, CHANNELS, '', {})
        folder = recorder.start(name, START)
        feed(recorder, 0, 10)
        recorder.stop()
        assert len(list(folder.glob('*.mcap'))) >= 3
        assert recorded(folder) == list(range(100))


def test_annotations_stand_in_the_bag(recorder):
    folder = recorder.start('a', START)
    recorder.annotate(bytes(serialize_message(String(data='grasp'))), START + SECOND)
    recorder.stop()
    (annotation,) = BagReader(folder).samples(['/annotations'])
    assert b'grasp' in annotation.raw


def test_contract_and_configuration_stand_beside_the_bag(recorder):
    folder = recorder.start('a', START)
    recorder.configure('/controller', {'rate': 30.0})
    recorder.stop()
    assert (folder / 'contract.yaml').read_text() == 'version: 1\n'
    configuration = yaml.safe_load((folder / 'configuration.yaml').read_text())
    assert configuration == {'/recorder': {'record': False}, '/controller': {'rate': 30.0}}


def test_what_cannot_be_done_is_refused_with_the_reason(recorder):
    for action in (recorder.stop, recorder.pause, recorder.resume):
        with pytest.raises(RecorderError, match='not recording'):
            action()
    folder = recorder.start('a', START)
    with pytest.raises(RecorderError, match=f'already recording to .*{folder.name}'):
        recorder.start('b', START)
    with pytest.raises(RecorderError, match='not paused'):
        recorder.resume()
    recorder.stop()
    with pytest.raises(RecorderError, match='File exists'):
        recorder.start('a', START)


def test_an_incident_writes_the_last_thirty_seconds_and_the_aftermath(recorder):
    recorder.put(stack_state(StackState.RUNNING, START))
    feed(recorder, 0, 60)
    folder = recorder.incident('BACKEND', START + 60 * SECOND)
    assert folder.name.startswith('black_box_') and folder.name.endswith('BACKEND')
    assert recorder.incident('AGAIN', START + 60 * SECOND) is None
    feed(recorder, 60, 70)
    kept = recorded(folder)
    assert 290 <= sum(number < 600 for number in kept) <= 301
    assert 19 <= sum(number >= 600 for number in kept) <= 21
    assert BagReader(folder).torn == []
    assert next(BagReader(folder).samples()).topic == '/stack_state'


def test_an_incident_is_on_the_disk_at_once(recorder):
    feed(recorder, 0, 5)
    assert len(recorded(recorder.incident('STOP', START + 5 * SECOND))) == 50


def test_a_full_disk_ends_the_bag_with_a_reason_and_the_recorder_lives_on(tiny_disk, tmp_path):
    recorder = Recorder(RecorderSettings(tiny_disk, black_box=0.0), CHANNELS, '', {})
    folder = recorder.start('a', START)
    feed(recorder, 0, 100, make=bulky)
    assert recorder.bag is None and 'No space left' in recorder.failure
    assert recorded(folder) == list(range(len(recorded(folder))))
    with pytest.raises(RecorderError, match='No space left'):
        recorder.stop()


def test_a_disk_that_refuses_the_black_box_is_said_and_the_recorder_lives_on(
    recorder, limit_files
):
    feed(recorder, 0, 30)
    limit_files(2000)
    with pytest.raises(RecorderError, match='too large'):
        recorder.incident('STOP', START + 30 * SECOND)
    assert 'too large' in recorder.failure
    limit_files(None)
    feed(recorder, 30, 31)
    assert len(recorded(recorder.incident('FAULT', START + 31 * SECOND))) > 290


class Unplugged:
    """From `now` on, what is done to a file fails, as on a stick that is gone."""

    def __init__(self, monkeypatch, refused=('write', 'fsync', 'ftruncate', 'unlink')):
        self._monkeypatch = monkeypatch
        self._refused = refused

    def now(self) -> None:
        def refuse(*_):
            raise OSError(errno.EIO, 'Input/output error')

        for name in self._refused:
            self._monkeypatch.setattr(os, name, refuse)


def test_a_disk_that_goes_away_ends_the_bag_and_the_recorder_lives_on(recorder, tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        recorder.start('a', START)
        feed(recorder, 0, 5)
        Unplugged(patch).now()
        feed(recorder, 5, 10)
        assert recorder.bag is None and 'Input/output error' in recorder.failure
        assert open_files(tmp_path) == []
    folder = recorder.start('b', START + 10 * SECOND)
    feed(recorder, 10, 11)
    assert recorder.stop() == folder and recorded(folder) == list(range(100, 110))


def test_a_disk_that_goes_away_before_the_end_is_said(recorder):
    with pytest.MonkeyPatch.context() as patch:
        recorder.start('a', START)
        feed(recorder, 0, 1)
        Unplugged(patch).now()
        with pytest.raises(RecorderError, match='Input/output error'):
            recorder.stop()
    assert recorder.bag is None


def test_a_file_that_is_spoilt_when_the_disk_fails_ends_the_bag_alone(recorder):
    with pytest.MonkeyPatch.context() as patch:
        folder = recorder.start('a', START)
        feed(recorder, 0, 5)
        (folder / 'a_0.mcap').write_bytes(b'spoilt by somebody else')
        Unplugged(patch, ('write',)).now()
        feed(recorder, 5, 10)
    assert recorder.bag is None and 'Input/output error' in recorder.failure


@pytest.mark.parametrize('free', [200_000, RESERVE_SIZE + 4096])
def test_a_bag_that_could_not_begin_leaves_its_name_free(tiny_disk, free):
    (tiny_disk / 'filling').write_bytes(bytes(free_space(tiny_disk) - free))
    recorder = Recorder(RecorderSettings(tiny_disk, black_box=0.0), CHANNELS, '', {})
    with pytest.raises(RecorderError, match='No space left'):
        recorder.start('a', START)
    assert open_files(tiny_disk) == []
    (tiny_disk / 'filling').unlink()
    folder = recorder.start('a', START)
    feed(recorder, 0, 1)
    assert recorder.stop() == folder and recorded(folder) == list(range(10))


def open_files(folder) -> list[str]:
    """Files of a folder that this process holds open: they keep its disk from going."""
    held = (os.path.realpath(one) for one in Path('/proc/self/fd').iterdir())
    return [path for path in held if path.startswith(f'{folder}/')]


def free_space(folder) -> int:
    """Bytes that are free on a folder's disk."""
    facts = os.statvfs(folder)
    return facts.f_bavail * facts.f_frsize


def test_a_contract_without_annotations_refuses_them(tmp_path):
    channels = {name: c for name, c in CHANNELS.items() if name != '/annotations'}
    recorder = Recorder(RecorderSettings(tmp_path, black_box=0.0), channels, '', {})
    recorder.start('a', START)
    with pytest.raises(RecorderError, match='no topic /annotations; add it'):
        recorder.annotate(b'', START)
    feed(recorder, 0, 1)
    assert recorded(recorder.stop()) == list(range(10))


def test_black_box_holds_no_more_than_its_size():
    box = BlackBox({}, duration=1e6, size_limit=10 * len(joint_state(0, 0).raw))
    for number in range(100):
        box.put(joint_state(number, START + number))
    assert [sample.number for sample in box.content()] == list(range(90, 100))
