"""The recording contract agrees with the stack's table of topics and with the installed types."""

from dexgen_node import topics
from dexgen_node.topics import Topic
from dexgen_session.bag.contract import load_contract, SIDES
from dexgen_session.bag.schema import parts_of, schema_text, type_hash
import pytest
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from rosbags.typesys import get_types_from_msg, get_typestore, Stores


def test_every_topic_of_the_stack_is_recorded_as_it_is_offered():
    offered = {t.name: t for t in vars(topics).values() if isinstance(t, Topic)}
    contract = {t.name: t for t in load_contract().topics}
    assert set(offered) <= set(contract)
    for name, topic in offered.items():
        kind = topic.message_type
        package = kind.__module__.split('.')[0]
        assert contract[name].type == f'{package}/msg/{kind.__name__}', name
        reliable = topic.qos.reliability == ReliabilityPolicy.RELIABLE
        assert contract[name].reliable == reliable, name
        latched = topic.qos.durability == DurabilityPolicy.TRANSIENT_LOCAL
        assert contract[name].latched == latched, name


@pytest.mark.parametrize('type_name', sorted({t.type for t in load_contract().topics}))
def test_schemas_are_complete_and_their_hash_is_that_of_the_installed_type(type_name):
    types = get_types_from_msg(schema_text(type_name), type_name)
    store = get_typestore(Stores.EMPTY)
    store.register(types)
    assert store.hash_rihs01(type_name) == type_hash(type_name)


def test_constants_strings_and_arrays_are_told_from_parts():
    text = 'uint8 A=1\nstring<=5 s\nstring[] t\nPoint[21] points\nstd_msgs/Header header # x\n'
    assert parts_of('geometry_msgs/msg/X', text) == [
        'geometry_msgs/msg/Point',
        'std_msgs/msg/Header',
    ]


@pytest.mark.parametrize(
    ('text', 'error'),
    [
        ('nothing', 'no recording contract'),
        ('version: 1\ntopics: {}', 'names no topics'),
        ('version: 1\ntopics: {a: {type: x/msg/Y, side: left}}', f'side .left.*{SIDES[0]}'),
        ('version: 1\ntopics: {a: {type: x, side: hand}}', 'package/msg/Name'),
        ('version: 1\ntopics: {a: {type: x/msg/Y, side: hand, qos: 1}}', 'qos'),
    ],
)
def test_a_wrong_contract_is_refused_with_what_is_wrong(tmp_path, text, error):
    (tmp_path / 'c.yaml').write_text(text)
    with pytest.raises(ValueError, match=error):
        load_contract(tmp_path / 'c.yaml')


def test_a_missing_contract_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='nowhere.yaml'):
        load_contract(tmp_path / 'nowhere.yaml')
