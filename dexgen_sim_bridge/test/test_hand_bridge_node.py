"""The node `hand_bridge` in its own process, over DDS."""

import math
import signal
import time

from dexgen_msgs.msg import AppliedTarget, StackState
from dexgen_msgs.srv import SelectObject, SetWrist
from dexgen_node import topics
from geometry_msgs.msg import Quaternion, QuaternionStamped
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
import numpy as np
import pytest
from std_msgs.msg import Empty
from std_srvs.srv import Trigger

pytestmark = pytest.mark.stack
STATE, APPLIED, JOINTS = topics.STACK_STATE, topics.APPLIED_TARGET, topics.JOINT_STATES


def engage(peer) -> int:
    """Engage; the session id."""
    answer = peer.call(Trigger, 'hand_bridge/engage')
    assert answer.success, answer.message
    return peer.wait(
        STATE, lambda m: m.state == StackState.RUNNING, since=peer.count(STATE) - 1
    ).session_id


def state(peer) -> StackState:
    return peer.heard[STATE.name][-1]


def test_it_publishes_the_hand_and_the_scene(start_bridge, peer):
    peer.hear(
        STATE, APPLIED, JOINTS, topics.OBJECT_STATE, topics.TF, topics.ROBOT_DESCRIPTION,
        topics.MARKERS, topics.DIAGNOSTICS,
    )  # fmt: skip
    start_bridge(object='cube')
    first = peer.wait(STATE)
    assert (first.state, first.reason) == (StackState.PAUSED, 'START')
    assert (first.hand, first.object, first.backend) == ('allegro_right', 'cube', 'mujoco')
    assert first.session_id == 0
    assert '<robot' in peer.wait(topics.ROBOT_DESCRIPTION).data
    joints = peer.wait(JOINTS)
    assert tuple(joints.name) == peer.hand.joint_names
    assert len(joints.position) == len(joints.velocity) == len(joints.effort) == 16
    held = peer.wait(topics.OBJECT_STATE, lambda m: m.held)
    assert held.name == 'cube' and held.header.frame_id == 'hand'
    frames = {t.child_frame_id: t.header.frame_id for t in peer.wait(topics.TF).transforms}
    assert frames['hand'] == 'world'
    links = {*peer.hand.link_names[1:], 'object'}
    assert {name for name, parent in frames.items() if parent == 'hand'} == links
    shown = {marker.header.frame_id for marker in peer.wait(topics.MARKERS).markers[1:]}
    assert shown <= {'hand', *links} and 'object' in shown
    statuses = {}
    peer.wait(
        topics.DIAGNOSTICS,
        lambda m: statuses.update({s.name: s for s in m.status})
        or 'hand_bridge: hears joint_target' in statuses,
    )
    physics = {v.key: v.value for v in statuses['hand_bridge: physics'].values}
    assert float(physics['real-time factor']) > 0.5
    assert {'hand_bridge: state', 'hand_bridge: gate'} <= set(statuses)


def test_a_session_follows_refuses_and_falls_silent(start_bridge, peer):
    peer.hear(STATE, APPLIED, JOINTS)
    start_bridge(object='none', control_rate=30.0)
    peer.wait(JOINTS)
    session = engage(peer)
    wanted = peer.hand.rest + 0.3
    peer.stream(session, wanted, 2.0)
    arrived = peer.heard[APPLIED.name][-1]
    assert (arrived.action, arrived.reason) == (AppliedTarget.APPLIED, 'OK')
    assert np.array(arrived.positions) == pytest.approx(wanted, abs=1e-9)
    assert np.array(peer.heard[JOINTS.name][-1].position) == pytest.approx(wanted, abs=0.1)
    for bad, age, reason in [
        (np.full(16, math.nan), 0.0, 'NOT_FINITE'),
        (wanted, 5.0, 'STALE_STAMP'),
        (wanted, -5.0, 'FUTURE_STAMP'),
    ]:
        since = peer.count(APPLIED)
        peer.send(session, bad, age)
        refused = peer.wait(APPLIED, lambda m, why=reason: m.reason == why, since=since)
        assert refused.rejected_count > arrived.rejected_count
        peer.stream(session, wanted, 0.1)
    since = peer.count(APPLIED)
    peer.send(session + 1, wanted)
    peer.wait(APPLIED, lambda m: m.reason == 'FOREIGN_SESSION', since=since)
    stale = peer.wait(APPLIED, lambda m: m.action == AppliedTarget.HELD, since=since)
    assert stale.session_id == session
    paused = peer.wait(STATE, lambda m: m.reason == 'SILENCE')
    assert paused.state == StackState.PAUSED and paused.session_id == 0
    since = peer.count(APPLIED)
    peer.stream(session, peer.hand.rest, 0.5)
    for message in peer.heard[APPLIED.name][since:]:
        assert message.action == AppliedTarget.HELD
        assert message.positions == stale.positions


@pytest.mark.parametrize('by', ['service', 'topic'])
def test_an_emergency_stop_needs_a_reset(start_bridge, peer, by):
    peer.hear(STATE, APPLIED)
    start_bridge(object='none')
    peer.wait(APPLIED)
    publisher = peer.node.create_publisher(Empty, 'emergency_stop', 10)
    session = engage(peer)
    peer.stream(session, peer.hand.rest + 0.2, 0.3)
    if by == 'service':
        assert peer.call(Trigger, 'hand_bridge/stop').success
    else:
        while publisher.get_subscription_count() == 0:
            time.sleep(0.02)
        publisher.publish(Empty())
    stopped = peer.wait(STATE, lambda m: m.state == StackState.STOPPED)
    assert stopped.reason == 'EMERGENCY_STOP'
    answer = peer.call(Trigger, 'hand_bridge/engage')
    assert not answer.success and 'reset' in answer.message
    assert peer.call(Trigger, 'hand_bridge/reset').success
    peer.wait(STATE, lambda m: m.reason == 'RESET')
    engage(peer)


def test_a_dropped_object_is_counted_and_put_back(start_bridge, peer):
    peer.hear(STATE, topics.OBJECT_STATE, topics.TF)
    start_bridge(object='cube')
    peer.wait(topics.OBJECT_STATE, lambda m: m.held)
    down, up = Quaternion(w=0.5**0.5, y=0.5**0.5), Quaternion(x=0.5**0.5, z=0.5**0.5, w=0.0)
    answer = peer.call(SetWrist, 'hand_bridge/set_wrist', SetWrist.Request(orientation=down))
    assert answer.success and 'turning' in answer.message
    dropped = peer.wait(topics.OBJECT_STATE, lambda m: not m.held)
    assert dropped.drops == 1 and dropped.held_for == 0.0 and dropped.longest_hold > 0.0
    assert peer.call(SetWrist, 'hand_bridge/set_wrist', SetWrist.Request(orientation=up)).success
    since = peer.count(topics.OBJECT_STATE)
    back = peer.wait(topics.OBJECT_STATE, lambda m: m.held, since=since)
    assert back.drops == 1
    stamps = [m.header.stamp.sec + 1e-9 * m.header.stamp.nanosec for m in (dropped, back)]
    assert 1.5 < stamps[1] - stamps[0] < 4.0
    nothing = SetWrist.Request(orientation=Quaternion(w=0.0))
    assert not peer.call(SetWrist, 'hand_bridge/set_wrist', nothing).success


def test_objects_are_chosen_by_name(start_bridge, peer):
    peer.hear(STATE, topics.OBJECT_STATE)
    start_bridge(object='none')
    assert peer.wait(STATE).object == ''
    name = 'hand_bridge/select_object'
    assert peer.call(SelectObject, name, SelectObject.Request(name='sphere')).success
    peer.wait(STATE, lambda m: m.object == 'sphere')
    assert peer.wait(topics.OBJECT_STATE).name == 'sphere'
    answer = peer.call(SelectObject, name, SelectObject.Request(name='moon'))
    assert not answer.success and 'sphere' in answer.message
    assert peer.call(SelectObject, name, SelectObject.Request(name='')).success
    peer.wait(STATE, lambda m: m.object == '', since=peer.count(STATE) - 1)


@pytest.mark.parametrize(
    ('parameters', 'allowed'),
    [({'hand': 'tentacle'}, 'allegro_right'), ({'object': 'moon'}, 'cube'),
     ({'wrist': 'upside'}, 'palm_up'), ({'backend': 'robot'}, 'mujoco')],
)  # fmt: skip
def test_a_failing_configure_leaves_the_node_alive_with_the_reason(
    start_bridge, peer, parameters, allowed
):
    peer.hear(STATE)
    bridge = start_bridge(**parameters)
    said = peer.wait(STATE)
    assert (said.state, said.reason) == (StackState.FAULT, 'NOT_CONFIGURED')
    assert allowed in said.message
    answer = peer.call(Trigger, 'hand_bridge/engage')
    assert not answer.success and allowed in answer.message
    [line] = [line for line in bridge.log.read_text().splitlines() if 'ERROR' in line]
    assert allowed in line
    assert peer.call(GetState, 'hand_bridge/get_state').current_state.label == 'unconfigured'
    assert bridge.kill(signal.SIGINT) == 0


def test_the_lifecycle_in_every_order(start_bridge, peer):
    peer.hear(STATE, JOINTS)
    bridge = start_bridge(object='none', autostart=False)

    def change(number):
        request = ChangeState.Request(transition=Transition(id=number))
        success = peer.call(ChangeState, 'hand_bridge/change_state', request).success
        return success, peer.call(GetState, 'hand_bridge/get_state').current_state.label

    t = Transition
    assert not change(t.TRANSITION_ACTIVATE)[0]
    for _ in range(2):
        assert change(t.TRANSITION_CONFIGURE) == (True, 'inactive')
        for _ in range(2):
            assert not peer.call(Trigger, 'hand_bridge/engage').success
            since = peer.count(JOINTS)
            assert change(t.TRANSITION_ACTIVATE) == (True, 'active')
            peer.wait(JOINTS, since=since)
            engage(peer)
            assert change(t.TRANSITION_DEACTIVATE) == (True, 'inactive')
            peer.wait(STATE, lambda m: m.reason == 'DEACTIVATED')
        assert change(t.TRANSITION_CLEANUP) == (True, 'unconfigured')
        peer.wait(STATE, lambda m: m.reason == 'NOT_CONFIGURED', since=peer.count(STATE) - 1)
    assert bridge.kill(signal.SIGINT) == 0


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGUSR1])
def test_a_bridge_that_died_resumes_its_scene_paused(start_bridge, peer, number):
    """Killed, or by an error of its own."""
    peer.hear(STATE, APPLIED, JOINTS, topics.OBJECT_STATE)
    bridge = start_bridge(object='cube')
    peer.wait(JOINTS)
    session = engage(peer)
    peer.stream(session, peer.hand.pregrasp + 0.1, 1.5)
    held = peer.heard[topics.OBJECT_STATE.name][-1].held_for
    applied = peer.heard[APPLIED.name][-1].positions
    assert bridge.kill(number) == {signal.SIGKILL: -signal.SIGKILL, signal.SIGUSR1: 1}[number]
    since = [peer.count(topic) for topic in (STATE, APPLIED, topics.OBJECT_STATE)]
    bridge = start_bridge(object='cube')
    resumed = peer.wait(STATE, since=since[0])
    assert (resumed.state, resumed.reason) == (StackState.PAUSED, 'RESUMED')
    assert peer.wait(APPLIED, since=since[1]).positions == applied
    assert peer.wait(topics.OBJECT_STATE, since=since[2]).held_for >= held - 0.5
    assert bridge.kill(signal.SIGINT) == 0
    since = peer.count(STATE)
    start_bridge(object='cube')
    assert peer.wait(STATE, since=since).reason == 'START'


def test_the_wrist_follows_the_operator_while_running(start_bridge, peer):
    peer.hear(STATE, topics.TF, JOINTS)
    start_bridge(object='none', wrist='operator')
    peer.wait(JOINTS)
    publisher = topics.WRIST_COMMAND.publisher(peer.node)
    message = QuaternionStamped(quaternion=Quaternion(w=0.5, x=0.5, y=0.5, z=0.5))

    def nearness(session):
        """Cosine of half the angle left after two seconds of commands."""
        for _ in range(60):
            publisher.publish(message)
            peer.stream(session, peer.hand.rest, 1.0 / 30.0)
        transforms = peer.wait(topics.TF, since=peer.count(topics.TF)).transforms
        [wrist] = [t.transform.rotation for t in transforms if t.child_frame_id == 'hand']
        return abs(wrist.w + wrist.x + wrist.y + wrist.z) / 2.0

    assert nearness(0) == pytest.approx(0.5**0.5, abs=1e-3)
    assert nearness(engage(peer)) > 0.999
