"""Numbers read by their place are those of the message, whatever its shape."""

from dexgen_msgs.msg import AppliedTarget, KeypointCommand
from dexgen_session.bag.decoder import BagDecoder
from dexgen_session.bag.mcap_file import Sample
from dexgen_session.bag.reader import BagReader
from dexgen_session.bag.writer import BagWriter
from dexgen_session.export.columns import Stream
from geometry_msgs.msg import Point
from hypothesis import given, settings, strategies
import numpy as np
import pytest
from recorded import channel, sample, START
from rosbags.typesys import get_types_from_msg, get_typestore, Stores

JOINTS = ('a', 'bb', 'ccc')
APPLIED = channel('/applied_target', 'dexgen_msgs/msg/AppliedTarget')
KEYPOINTS = channel('/keypoint_command', 'dexgen_msgs/msg/KeypointCommand')
texts = strategies.text(max_size=9)
joints = strategies.lists(strategies.sampled_from(('a', 'bb', 'ccc', 'dddd')), unique=True)


@pytest.fixture(scope='module')
def decoder(tmp_path_factory) -> BagDecoder:
    folder = tmp_path_factory.mktemp('layout') / 'bag'
    BagWriter(folder, {one.topic: one for one in (APPLIED, KEYPOINTS)}, {}).close()
    return BagDecoder(BagReader(folder))


def applied(names, positions, reason='OK', frame='hand') -> Sample:
    message = AppliedTarget(reason=reason, joint_names=list(names), positions=list(positions))
    message.header.frame_id = frame
    return sample('/applied_target', message, START)


@settings(max_examples=200, deadline=None)
@given(names=joints, missing=strategies.integers(0, 2), reason=texts, frame=texts)
def test_values_are_those_of_the_message(decoder, names, missing, reason, frame):
    reader = Stream(decoder, applied(JOINTS, range(3)), JOINTS)
    for shift in (0.5, 1.5):
        positions = np.arange(len(names))[: len(names) - missing] + shift
        found = dict(zip(names, positions, strict=False))
        expected = np.array([found.get(name, np.nan) for name in JOINTS], np.float32)
        one = applied(names, positions, reason, frame)
        values = reader.values(one)['observation.applied_target']
        np.testing.assert_array_equal(values, expected)


def test_points_are_gathered_by_name(decoder):
    def command(names, shift):
        points = [Point(x=shift + i, y=shift + i + 0.1, z=shift + i + 0.2) for i in range(2)]
        message = KeypointCommand(hand='h', keypoint_names=names, keypoints=points)
        return sample('/keypoint_command', message, START)

    reader = Stream(decoder, command(['tip', 'pip'], 0.0), JOINTS)
    assert reader.columns[0].names == ('tip.x', 'tip.y', 'tip.z', 'pip.x', 'pip.y', 'pip.z')
    values = reader.values(command(['pip', 'tip'], 5.0))['observation.keypoint_command']
    assert values == pytest.approx([6.0, 6.1, 6.2, 5.0, 5.1, 5.2])


def test_a_layout_fits_only_what_has_the_same_texts_and_lengths(decoder):
    layout = decoder.layout(applied(JOINTS, range(3)), ('joint_names', 'positions'))
    assert layout.fits(applied(JOINTS, (7.0, 8.0, 9.0)).raw)
    assert not layout.fits(applied(JOINTS, range(3), reason='NO').raw)
    assert not layout.fits(applied(('a', 'bb', 'ccd'), range(3)).raw)
    assert not layout.fits(applied(JOINTS, range(2)).raw)
    assert not layout.fits(b'')


def test_either_byte_order_is_read(decoder):
    store = get_typestore(Stores.EMPTY)
    store.register(get_types_from_msg(APPLIED.schema, APPLIED.type))
    given = applied(JOINTS, (1.0, 2.0, 3.0))
    big = store.serialize_cdr(decoder.decode(given), APPLIED.type, little_endian=False)
    reader = Stream(decoder, given, JOINTS)
    for raw in (given.raw, bytes(big)):
        values = reader.values(given._replace(raw=raw))['observation.applied_target']
        np.testing.assert_array_equal(values, [1.0, 2.0, 3.0])


@pytest.mark.parametrize('length', [0, 3, 11, 20, 60])
def test_a_message_that_is_cut_is_one_clear_error(decoder, length):
    whole = applied(JOINTS, (1.0, 2.0, 3.0))
    reader = Stream(decoder, whole, JOINTS)
    with pytest.raises(ValueError, match='/applied_target.*cannot be decoded'):
        reader.values(whole._replace(raw=whole.raw[:length]))


@pytest.mark.filterwarnings('ignore:overflow')
@settings(max_examples=300, deadline=None)
@given(raw=strategies.binary(max_size=200))
def test_any_bytes_are_read_or_refused(decoder, raw):
    reader = Stream(decoder, applied(JOINTS, range(3)), JOINTS)
    try:
        values = reader.values(Sample('/applied_target', raw, START, START))
    except ValueError as error:
        assert 'cannot be decoded' in str(error)
    else:
        assert len(values['observation.applied_target']) == 3
