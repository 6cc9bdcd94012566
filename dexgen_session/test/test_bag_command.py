"""The command dexgen-bag, run as a user runs it."""

import subprocess
import sys

from dexgen_session.bag.compare import compare_bags
from dexgen_session.bag.mcap_file import Sample
from dexgen_session.bag.reader import BagReader
from dexgen_session.bag.writer import BagWriter
from mcap.writer import Writer
import pytest
from recorded import SESSION_CHANNELS, START, write_bag, write_session


def dexgen_bag(*words) -> subprocess.CompletedProcess:
    command = [sys.executable, '-m', 'dexgen_session.bag.command', *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_info_lists_topics_types_and_counts_and_names_torn_files(tmp_path):
    write_bag(tmp_path / 'whole')
    done = dexgen_bag('info', tmp_path / 'whole')
    assert done.returncode == 0, done.stderr
    assert '/joint_states' in done.stdout and 'sensor_msgs/msg/JointState' in done.stdout
    write_bag(tmp_path / 'torn', close=False)
    done = dexgen_bag('info', tmp_path / 'torn')
    assert done.returncode == 1 and 'dexgen-bag repair' in done.stdout


def test_repair_makes_a_torn_bag_whole(tmp_path):
    write_bag(tmp_path / 'bag', close=False)
    done = dexgen_bag('repair', tmp_path / 'bag')
    assert done.returncode == 0 and '101 messages, repaired' in done.stdout, done.stderr
    assert dexgen_bag('info', tmp_path / 'bag').returncode == 0


def test_compare_finds_where_two_runs_part(tmp_path):
    first = write_session(tmp_path / 'a')
    second = write_session(tmp_path / 'b', shift=0.25)
    done = dexgen_bag('compare', first, second, '--topics', '/joint_target', '/joint_states')
    assert done.returncode == 1
    target, states = done.stdout.splitlines()
    assert 'parts at message 61 (2.033 s) in positions; largest difference 0.25' in target
    assert '/joint_states: the same, 600 and 600 messages, 600 compared' in states
    assert dexgen_bag('compare', first, second, '--tolerance', '0.3').returncode == 0


def test_compare_tells_missing_messages_and_other_shapes(tmp_path):
    bags = [BagReader(write_session(tmp_path / f'{e}', end=e)) for e in (4.0, 6.0)]
    parts = {part.topic: part for part in compare_bags(*bags)}
    assert not parts['/joint_target'].same and parts['/joint_target'].first is None
    assert parts['/joint_target'].counts == (120, 180)


def test_export_writes_a_data_set_and_shows_how_far_it_is(tmp_path):
    bag = write_session(tmp_path / 'bag')
    done = dexgen_bag('export', bag, tmp_path / 'out', '--format', 'csv', '--rate', '10')
    assert done.returncode == 0 and '35 frames' in done.stdout, done.stderr
    assert (tmp_path / 'out' / 'frames.csv').is_file() and 'frames' in done.stderr
    done = dexgen_bag('export', bag, tmp_path / 'out', '--format', 'csv')
    assert done.returncode == 2 and 'exists' in done.stderr


@pytest.mark.parametrize('format_name', ['csv', 'zarr', 'lerobot'])
def test_a_bag_that_never_ran_is_one_clear_error(tmp_path, format_name):
    bag = write_session(tmp_path / 'bag', spans=())
    done = dexgen_bag('export', bag, tmp_path / 'out', '--format', format_name)
    assert done.returncode == 2 and 'never RUNNING' in done.stderr
    assert 'Traceback' not in done.stderr and not (tmp_path / 'out').exists()


def test_a_message_that_is_not_of_its_type_is_one_clear_error(tmp_path):
    writer = BagWriter(tmp_path / 'bag', SESSION_CHANNELS, {})
    for topic in ('/stack_state', '/joint_states', '/joint_target'):
        writer.write(Sample(topic, b'\x00\x01\x00\x00what', START, START))
    writer.close()
    done = dexgen_bag('export', tmp_path / 'bag', tmp_path / 'out', '--format', 'csv')
    assert done.returncode == 2 and done.stderr.count('error:') == 1
    assert '/stack_state' in done.stderr and 'cannot be decoded' in done.stderr
    assert 'Traceback' not in done.stderr


def test_a_bag_of_other_messages_is_one_clear_error(tmp_path):
    with (tmp_path / 'foreign.mcap').open('wb') as stream:
        writer = Writer(stream)
        writer.start(profile='', library='somebody')
        schema = writer.register_schema('Weather', 'jsonschema', b'{"type": "object"}')
        channel = writer.register_channel('/weather', 'json', schema)
        writer.add_message(channel, START, b'{"rain": true}', START)
        writer.finish()
    assert '/weather' in dexgen_bag('info', tmp_path / 'foreign.mcap').stdout
    done = dexgen_bag('export', tmp_path / 'foreign.mcap', tmp_path / 'out', '--format', 'csv')
    assert done.returncode == 2 and 'no messages of /stack_state' in done.stderr
    assert 'it has /weather' in done.stderr and 'Traceback' not in done.stderr


def test_a_full_disk_ends_an_export_with_one_clear_error(tmp_path, tiny_disk):
    bag = write_session(tmp_path / 'bag')
    (tiny_disk / 'ballast').write_bytes(bytes((2 << 20) - (64 << 10)))
    done = dexgen_bag('export', bag, tiny_disk / 'out', '--format', 'csv', '--rate', '300')
    assert done.returncode == 2 and 'No space left' in done.stderr
    assert done.stderr.count('error:') == 1 and 'Traceback' not in done.stderr


@pytest.mark.parametrize('action', ['info', 'repair'])
def test_no_bag_is_one_clear_error(tmp_path, action):
    done = dexgen_bag(action, tmp_path / 'nothing')
    assert done.returncode == 2 and done.stderr.count('error:') == 1
    assert 'no such folder' in done.stderr and 'Traceback' not in done.stderr
