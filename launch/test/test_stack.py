"""The description: complete, consistent, and what the nodes declare."""

from pathlib import Path

from dexgen.arguments import ArgumentError, resolve
from dexgen.commands import environment
from dexgen.stack import check_replay, check_teleop, REPLAY, STACKS, TELEOP
from dexgen.stack_arguments import SOURCES
from dexgen_teleop.sources import SOURCE_NAMES
import pytest

WATCHING = {'viewer', 'recorder', 'markers', 'foxglove', 'rviz'}


def values(**given):
    """Values of the arguments of the teleoperation stack."""
    return resolve(TELEOP.arguments, {name: str(value) for name, value in given.items()})


def running(**given):
    """Names of the nodes that run."""
    return [node.name for node in TELEOP.running(values(**given))]


def parameters(name, restarted=False, **given):
    """Parameters of a node."""
    node = next(node for node in TELEOP.nodes if node.name == name)
    return node.parameter_values(values(**given), restarted)


@pytest.mark.parametrize('stack', STACKS.values(), ids=list(STACKS))
def test_names_are_unique_and_described(stack):
    names = [argument.name for argument in stack.arguments]
    assert len(set(names)) == len(names)
    assert all(argument.description for argument in stack.arguments)
    assert len({node.name for node in stack.nodes}) == len(stack.nodes)


@pytest.mark.parametrize('stack', STACKS.values(), ids=list(STACKS))
def test_every_default_is_allowed_and_every_parameter_resolves(stack):
    defaults = resolve(stack.arguments, {item.name: item.text() for item in stack.arguments})
    for node in stack.nodes:
        for name, value in node.parameter_values(defaults).items():
            assert isinstance(value, str | bool | int | float), (node.name, name)
        assert set(node.after_restart) <= set(node.parameters)


def test_the_default_run():
    stream = ['hand_tracker', 'retargeter', 'controller', 'hand_bridge']
    assert running() == [*stream, 'viewer', 'recorder']


def test_conditions():
    assert 'hand_tracker' not in running(source='external')
    assert 'viewer' not in running(viewer='none')
    assert 'rviz' in running(viewer='rviz') and 'viewer' not in running(viewer='rviz')
    assert 'recorder' not in running(black_box='false')
    assert 'recorder' in running(black_box='false', record='true')
    assert 'markers' in running(viewer='rviz') and 'markers' not in running()
    assert 'foxglove' in running(viewer='foxglove')


def test_the_operators_hand_is_that_of_the_robot_unless_given():
    assert parameters('hand_tracker', hand='allegro_left')['side'] == 'left'
    assert parameters('hand_tracker', hand='allegro_left', side='right')['side'] == 'right'


def test_controller_is_a_mode_or_a_checkpoint():
    hold = parameters('controller', controller='hold')
    assert (hold['mode'], hold['checkpoint']) == ('hold', '')
    best = parameters('controller')
    assert (best['mode'], best['checkpoint'], best['guidance']) == ('auto', 'shipped', -1.0)
    model = parameters('controller', controller='runs/best')
    assert (model['mode'], model['checkpoint']) == ('dexgen', 'runs/best')


def test_files_of_the_robots_side_reach_their_nodes():
    given = {'calibration': 'mine.yaml', 'retargeting': 'other.yaml'}
    found = parameters('retargeter', **given)
    assert (found['calibration'], found['config']) == ('mine.yaml', 'other.yaml')
    assert parameters('hand_bridge', drive='drive.yaml')['drive'] == 'drive.yaml'


def test_a_restarted_bridge_does_not_engage_by_itself():
    assert parameters('hand_bridge', engage='true')['auto_engage'] is True
    assert parameters('hand_bridge', restarted=True, engage='true')['auto_engage'] is False


def test_the_black_box_keeps_half_a_minute_or_nothing():
    assert parameters('recorder')['black_box'] == 30.0
    assert parameters('recorder', black_box='false')['black_box'] == 0.0


def test_the_page_is_local_unless_opened():
    assert parameters('viewer')['host'] == '127.0.0.1'
    assert parameters('viewer', network='subnet')['host'] == '0.0.0.0'


def test_what_only_watches_runs_at_low_priority():
    # Our own nodes lower theirs, once they are up.
    assert {node.name for node in TELEOP.nodes if node.nice} == {'foxglove', 'rviz'} < WATCHING


@pytest.mark.parametrize(
    ('given', 'message'),
    [
        ({'source': 'video'}, 'source:=video needs video:=<path>'),
        ({'source': 'images'}, 'source:=images needs images:=<path>'),
        ({'video': 'a.mp4'}, 'is not read by source:=script; add source:=video'),
        ({'backend': 'leap', 'drive': 'a.yaml'}, 'by backend:=mujoco alone, not by leap'),
        ({'controller': 'no/such'}, 'no checkpoint that exists; allowed: auto, passthrough, hold'),
    ],
)
def test_contradictions_are_refused(given, message):
    with pytest.raises(ArgumentError, match=message):
        check_teleop(values(**given))


@pytest.mark.parametrize(
    ('topics', 'live'),
    [
        ('operator', ['replay', 'retargeter', 'controller', 'hand_bridge']),
        ('commands', ['replay', 'controller', 'hand_bridge']),
        ('controller', ['replay', 'hand_bridge']),
        ('hand', ['replay']),
        ('all', ['replay']),
        ('/keypoint_command, /diagnostics', ['replay', 'controller', 'hand_bridge']),
        ('stack_state', ['replay', 'retargeter', 'controller', 'hand_bridge']),
    ],
)
def test_a_replay_leaves_out_what_the_bag_stands_in_for(topics, live):
    given = {'topics': topics, 'viewer': 'none', 'black_box': 'false'}
    found = REPLAY.running(resolve(REPLAY.arguments, given))
    assert [node.name for node in found] == live


def test_a_replay_has_a_rate_of_its_own():
    given = resolve(REPLAY.arguments, {'rate': '2.0', 'control_rate': '10.0'})
    rates = {node.name: node.parameter_values(given).get('rate') for node in REPLAY.nodes}
    assert (rates['replay'], rates['controller']) == (2.0, 10.0)


def test_a_replay_needs_a_bag():
    with pytest.raises(ArgumentError, match='needs bag:='):
        check_replay(resolve(REPLAY.arguments, {}))


def test_sources_are_those_of_the_tracker():
    assert set(SOURCES) - {'external'} <= set(SOURCE_NAMES)


@pytest.mark.parametrize('network', ['localhost', 'subnet'])
def test_each_network_has_a_profile_of_dds_unless_the_user_has_one(monkeypatch, network):
    monkeypatch.setenv('FASTRTPS_DEFAULT_PROFILES_FILE', '/elsewhere/fastdds/localhost.xml')
    path = environment(values(network=network))['FASTRTPS_DEFAULT_PROFILES_FILE']
    assert ('interfaceWhiteList' in Path(path).read_text()) == (network == 'localhost')
    monkeypatch.setenv('FASTRTPS_DEFAULT_PROFILES_FILE', '/home/me/dds.xml')
    for watches in (False, True):
        variables = environment(values(network=network), watches)
        assert variables['FASTRTPS_DEFAULT_PROFILES_FILE'] == '/home/me/dds.xml'
        assert variables['ROS_AUTOMATIC_DISCOVERY_RANGE'] == network.upper()


@pytest.mark.parametrize('network', ['localhost', 'subnet'])
def test_what_only_watches_shares_no_memory(monkeypatch, network):
    monkeypatch.delenv('FASTRTPS_DEFAULT_PROFILES_FILE', raising=False)
    assert {node.name for node in TELEOP.nodes if node.watches} == WATCHING
    variables = environment(values(network=network), watches=True)
    profile = Path(variables['FASTRTPS_DEFAULT_PROFILES_FILE']).read_text()
    assert '<type>SHM' not in profile and '<useBuiltinTransports>false' in profile
    assert ('interfaceWhiteList' in profile) == (network == 'localhost')
    # For LOCALHOST rmw_fastrtps has transports of its own, shared memory among them.
    assert variables['ROS_AUTOMATIC_DISCOVERY_RANGE'] != 'LOCALHOST'
