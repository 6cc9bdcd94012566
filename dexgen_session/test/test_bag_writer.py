"""Bags that are written, split, torn and repaired, as other libraries read them."""

import contextlib
from pathlib import Path

from dexgen_session.bag.mcap_file import DiskError
from dexgen_session.bag.mcap_repair import repair_file
from dexgen_session.bag.reader import BagReader
from dexgen_session.bag.repair import repair_bag
from dexgen_session.bag.writer import BagWriter
from mcap.reader import make_reader
import numpy as np
import pytest
from recorded import bulky, CHANNELS, joint_state, SECOND, START, write_bag
from rosbags.highlevel import AnyReader
import yaml


def numbers(path: Path) -> list[int]:
    """First positions of the joint states, by the rosbags library."""
    with AnyReader([path]) as reader:
        chosen = [c for c in reader.connections if c.topic == '/joint_states']
        return [
            int(reader.deserialize(raw, c.msgtype).position[0])
            for c, _, raw in reader.messages(connections=chosen)
        ]


def test_a_closed_bag_is_read_by_rosbags_with_types_counts_and_qos(tmp_path):
    write_bag(tmp_path / 'bag')
    assert numbers(tmp_path / 'bag') == list(range(100))
    with AnyReader([tmp_path / 'bag']) as reader:
        assert reader.message_count == 101
        assert reader.topics['/stack_state'].msgtype == 'dexgen_msgs/msg/StackState'
        (connection,) = (c for c in reader.connections if c.topic == '/stack_state')
        assert connection.ext.offered_qos_profiles[0].durability.name == 'TRANSIENT_LOCAL'
        assert connection.digest.startswith('RIHS01_')


def test_a_closed_bag_is_read_by_mcap_with_an_index(tmp_path):
    write_bag(tmp_path / 'bag')
    with (tmp_path / 'bag' / 'bag_0.mcap').open('rb') as stream:
        summary = make_reader(stream).get_summary()
    assert summary.statistics.message_count == 101
    assert len(summary.chunk_indexes) == 10
    assert all(chunk.message_index_length for chunk in summary.chunk_indexes)


def test_each_file_of_a_split_bag_starts_with_the_latched_state(tmp_path):
    writer = write_bag(tmp_path / 'bag', close=False)
    writer.split(START + 2 * SECOND)
    writer.write(joint_state(100, START + 3 * SECOND))
    writer.close()
    second = BagReader(tmp_path / 'bag' / 'bag_1.mcap')
    assert [s.topic for s in second.samples()] == ['/stack_state', '/joint_states']
    assert numbers(tmp_path / 'bag') == list(range(101))


def test_an_abandoned_bag_is_read_up_to_its_last_chunk(tmp_path):
    write_bag(tmp_path / 'bag', count=95, close=False)
    reader = BagReader(tmp_path / 'bag')
    assert reader.torn == ['bag_0.mcap']
    assert reader.topics['/joint_states'].count == 90
    assert len(list(reader.samples(['/joint_states']))) == 90


@pytest.mark.parametrize('lost', [1, 37, 200, 1000, 3000])
def test_a_repaired_file_has_a_full_index_wherever_it_was_torn(tmp_path, lost):
    write_bag(tmp_path / 'bag')
    file = tmp_path / 'bag' / 'bag_0.mcap'
    size = file.stat().st_size
    with file.open('r+b') as stream:
        stream.truncate(size - lost)
    (tmp_path / 'bag' / 'metadata.yaml').unlink()
    (done,) = repair_bag(tmp_path / 'bag')
    assert not done.repair.was_whole
    kept = numbers(tmp_path / 'bag')
    assert kept == list(range(len(kept))) and len(kept) % 10 == 0 and len(kept) >= 10
    with file.open('rb') as stream:
        summary = make_reader(stream, validate_crcs=True).get_summary()
    assert summary.statistics.message_count == len(kept) + 1
    assert sum(len(c.message_index_offsets) for c in summary.chunk_indexes) == len(kept) // 10 + 1
    assert repair_file(file).was_whole


def test_a_damaged_chunk_and_what_follows_is_cut(tmp_path):
    write_bag(tmp_path / 'bag', close=False)
    file = tmp_path / 'bag' / 'bag_0.mcap'
    content = bytearray(file.read_bytes())
    content[-400] ^= 0xFF
    file.write_bytes(content)
    repair_bag(tmp_path / 'bag')
    kept = numbers(tmp_path / 'bag')
    assert 80 <= len(kept) <= 90 and kept == list(range(len(kept)))


@pytest.mark.parametrize('place', ['chunk', 'index'])
def test_a_closed_bag_that_is_damaged_says_where_and_is_repaired(tmp_path, place):
    write_bag(tmp_path / 'bag')
    file = tmp_path / 'bag' / 'bag_0.mcap'
    with file.open('rb') as stream:
        chunk = make_reader(stream).get_summary().chunk_indexes[5]
    content = bytearray(file.read_bytes())
    where = chunk.chunk_start_offset + chunk.chunk_length - 20 if place == 'chunk' else -60
    content[where] ^= 0x10
    file.write_bytes(content)
    if place == 'chunk':
        said = f'damaged at byte {chunk.chunk_start_offset}.*repair'
        with pytest.raises(ValueError, match=said):
            list(BagReader(tmp_path / 'bag').samples())
    else:
        reader = BagReader(tmp_path / 'bag')
        assert reader.torn and len(list(reader.samples())) == 101
    repair_bag(tmp_path / 'bag')
    assert numbers(tmp_path / 'bag') == list(range(50 if place == 'chunk' else 100))
    assert not BagReader(tmp_path / 'bag').torn


@pytest.mark.parametrize('seed', range(6))
def test_whatever_is_torn_or_spoilt_a_bag_is_read_repaired_or_refused_in_one_line(tmp_path, seed):
    write_bag(tmp_path / 'bag', count=40)
    file = tmp_path / 'bag' / 'bag_0.mcap'
    random = np.random.default_rng(seed)
    content = bytearray(file.read_bytes())
    for _ in range(10):
        spoilt = bytearray(content)
        start = int(random.integers(len(spoilt)))
        spoilt[start : start + 16] = random.bytes(int(random.integers(17)))
        file.write_bytes(spoilt[: int(random.integers(1, len(spoilt)))])
        for action in (lambda b: list(BagReader(b).samples()), repair_bag):
            with contextlib.suppress(ValueError):
                action(tmp_path / 'bag')


def test_a_foreign_file_is_refused_with_its_name(tmp_path):
    foreign = tmp_path / 'song.mcap'
    foreign.write_bytes(b'RIFF' + bytes(100))
    with pytest.raises(ValueError, match='song.mcap.*no MCAP file'):
        BagReader(foreign)
    with pytest.raises(ValueError, match='song.mcap.*no MCAP file'):
        repair_file(foreign)
    with pytest.raises(ValueError, match='no such folder'):
        BagReader(tmp_path / 'nothing')


def test_a_missing_topic_is_refused_with_those_that_are_there(tmp_path):
    write_bag(tmp_path / 'bag', count=10)
    with pytest.raises(ValueError, match='no messages of /image.*/joint_states'):
        BagReader(tmp_path / 'bag').require(['/image'])


def fill(writer: BagWriter, make=bulky) -> DiskError:
    """Write until the disk refuses; return its error."""
    with pytest.raises(DiskError) as full:
        for number in range(10_000):
            writer.write(make(number, START + number * SECOND // 100))
            if number % 10 == 9:
                writer.flush()
    return full.value


def test_a_full_disk_ends_the_bag_with_index_and_metadata(tiny_disk):
    writer = BagWriter(tiny_disk / 'bag', CHANNELS, {})
    error = fill(writer)
    kept = numbers(tiny_disk / 'bag')
    assert kept == list(range(len(kept))) and len(kept) > 100
    assert 'No space left' in str(error) and f'kept with {len(kept)} messages' in str(error)
    assert writer.closed and BagReader(tiny_disk / 'bag').torn == []


def test_a_disk_that_refuses_even_the_index_leaves_a_bag_that_can_be_repaired(
    tmp_path, limit_files
):
    writer = BagWriter(tmp_path / 'bag', CHANNELS, {})
    limit_files(20_000)
    fill(writer, joint_state)
    limit_files(None)
    reader = BagReader(tmp_path / 'bag')
    assert reader.torn == ['bag_0.mcap'] and reader.message_count > 10
    repair_bag(tmp_path / 'bag')
    assert numbers(tmp_path / 'bag') == list(range(reader.message_count))


def test_a_next_file_that_cannot_begin_leaves_the_bag_described(tmp_path):
    writer = write_bag(tmp_path / 'bag', close=False)
    (tmp_path / 'bag' / 'bag_1.mcap').touch()
    with pytest.raises(DiskError, match='kept with 101 messages'):
        writer.split(START + 2 * SECOND)
    described = yaml.safe_load((tmp_path / 'bag' / 'metadata.yaml').read_text())
    assert described['rosbag2_bagfile_information']['message_count'] == 101
    assert writer.closed and numbers(tmp_path / 'bag') == list(range(100))


def test_a_document_that_does_not_fit_leaves_the_one_before(tmp_path, limit_files):
    writer = BagWriter(tmp_path / 'bag', CHANNELS, {'configuration.yaml': 'old'})
    limit_files(20_000)
    with pytest.raises(DiskError, match='too large'):
        writer.put_document('configuration.yaml', 'new' * 10_000)
    assert (tmp_path / 'bag' / 'configuration.yaml').read_text() == 'old'
