"""The replay in its own process: what a bag holds comes over DDS, in order and in time."""

from dexgen_node.topics import Topic
import pytest
from rclpy.qos import QoSProfile
from recorded import write_bag
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from session_peer import call, Listener, listening, wait_until
from std_srvs.srv import SetBool

pytestmark = pytest.mark.stack
STATES = Topic('joint_states', JointState, QoSProfile(depth=200))
CLOCK = Topic('/clock', Clock, QoSProfile(depth=10))


@pytest.fixture
def replay(program, tmp_path):
    """Start a replay of a bag of 100 joint states in one second."""
    write_bag(tmp_path / 'bag')

    def start(*parameters: str):
        chosen = (f'bag:={tmp_path / "bag"}', 'topics:=/joint_states', *parameters)
        words = [word for parameter in chosen for word in ('-p', parameter)]
        return program('dexgen_session.replay_node', '--ros-args', *words)

    return start


def numbers(ear: Listener) -> list[int]:
    return [int(message.position[0]) for _, message in ear.heard]


def test_every_message_comes_once_in_order_and_spread_over_its_time(replay):
    with listening(STATES) as ear:
        started = replay()
        assert started.process.wait(30.0) == 0, started.output()
    assert numbers(ear) == list(range(100))
    assert ear.heard[-1][0] - ear.heard[0][0] > 0.9
    assert '100 messages played' in started.output()


def test_a_slow_replay_takes_longer_and_publishes_the_time_of_the_bag(replay):
    with listening(STATES) as ear, listening(CLOCK) as clock:
        started = replay('rate:=0.5', 'clock:=true', 'duration:=0.5')
        assert started.process.wait(30.0) == 0, started.output()
    assert numbers(ear) == list(range(50))
    assert ear.heard[-1][0] - ear.heard[0][0] > 0.9
    ticks = [m.clock.sec + 1e-9 * m.clock.nanosec for _, m in clock.heard]
    assert ticks == sorted(ticks) and 0.3 < ticks[-1] - ticks[0] < 0.6


def test_a_loop_begins_again_and_a_pause_holds_it(replay):
    with listening(STATES) as ear:
        started = replay('loop:=true', 'rate:=4.0')
        wait_until(lambda: len(ear.heard) > 150, what='a second pass')
        assert numbers(ear)[:150] == [*range(100), *range(50)]
        assert call(ear, SetBool, 'replay/pause')(data=True).success
        held = len(ear.heard)
        assert call(ear, SetBool, 'replay/pause')(data=False).success
        assert len(ear.heard) <= held + 40
        wait_until(lambda: len(ear.heard) > held + 100, what='going on')
        assert started.end() == 0, started.output()


def test_a_damaged_bag_ends_with_an_error(replay, tmp_path):
    file = tmp_path / 'bag' / 'bag_0.mcap'
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 0xFF
    file.write_bytes(content)
    started = replay('rate:=10.0')
    assert started.process.wait(30.0) == 2
    assert f"'{file}' is damaged" in started.output()
    assert 'dexgen-bag repair' in started.output() and 'Traceback' not in started.output()


@pytest.mark.parametrize(
    ('parameters', 'error'),
    [
        (('bag:=/nowhere/bag',), 'no such folder'),
        (('topics:=image',), 'no messages of /image'),
        (('topics:=operator',), "nothing of 'operator'"),
    ],
)
def test_what_cannot_be_played_is_one_clear_error(replay, parameters, error):
    started = replay(*parameters)
    assert started.process.wait(30.0) == 2
    assert error in started.output() and 'Traceback' not in started.output()
