"""The shipped stack on the generated operator, over real DDS: rates, names, stamps, promises."""

import math
import os
import signal
import time

from dexgen_description import load_hand
from dexgen_msgs.msg import AppliedTarget, JointTarget, StackState
from dexgen_node import topics
from dexgen_teleop.sources.script import Operator
import numpy as np
import pytest
from running import stamp_of

pytestmark = pytest.mark.stack
HAND = load_hand('allegro_right')
HEARD = (topics.HAND_LANDMARKS, topics.KEYPOINT_COMMAND, topics.JOINT_TARGET,
         topics.APPLIED_TARGET, topics.JOINT_STATES, topics.STACK_STATE, topics.CONTROLLER_STATE,
         topics.OBJECT_STATE)


@pytest.fixture
def stack(start_stack):
    """Start the stack without a page, on the generated operator."""
    return start_stack('source:=script', 'viewer:=none', 'object:=none')


@pytest.fixture
def observer(stack, observe):
    """Engage the stack and return its observer."""
    observer = observe(*HEARD)
    observer.engage()
    return observer


def rate(received) -> float:
    """Messages a second of what was received [Hz]."""
    return (len(received) - 1) / (received[-1].time - received[0].time)


def curl(positions, names) -> float:
    """Mean flexion of the three fingers' middle joints [rad]."""
    values = dict(zip(names, positions, strict=True))
    return float(np.mean([values[f'{finger}_joint_{i}']
                          for finger in ('index', 'middle', 'ring') for i in (1, 2)]))


def test_rates_names_and_stamps(observer):
    observer.span(topics.JOINT_STATES, 4.0)
    since = time.monotonic() - 4.0

    def recent(topic):
        return [item for item in observer.received[topic.name] if item.time >= since]

    # A busy machine may be late, but nothing may come faster than it should; the benchmark of the
    # stack prints the rates of a quiet one.
    assert 5.0 < rate(recent(topics.HAND_LANDMARKS)) < 33.0
    assert 5.0 < rate(recent(topics.KEYPOINT_COMMAND)) < 33.0
    assert 5.0 < rate(recent(topics.JOINT_TARGET)) < 33.0
    assert 15.0 < rate(recent(topics.JOINT_STATES)) < 110.0
    for item in recent(topics.KEYPOINT_COMMAND):
        assert sorted(item.message.keypoint_names) == sorted(HAND.keypoint_names)
        assert sorted(item.message.joint_names) == sorted(HAND.joint_names)
        assert item.message.header.frame_id == topics.HAND_FRAME
    for topic in (topics.JOINT_TARGET, topics.APPLIED_TARGET):
        for item in recent(topic):
            assert sorted(item.message.joint_names) == sorted(HAND.joint_names)
            assert np.isfinite(item.message.positions).all()
    for item in recent(topics.JOINT_STATES):
        assert sorted(item.message.name) == sorted(HAND.joint_names)
    for topic in (topics.HAND_LANDMARKS, topics.JOINT_TARGET, topics.JOINT_STATES):
        stamps = [stamp_of(item.message) for item in recent(topic)]
        assert all(b >= a for a, b in zip(stamps, stamps[1:], strict=False)), topic.name
        assert abs(observer.node.get_clock().now().nanoseconds * 1e-9 - stamps[-1]) < 2.0


def test_fingers_close_when_the_operator_closes(observer):
    period = Operator('right').period
    observer.span(topics.JOINT_STATES, period + 1.0)
    commanded = [(stamp_of(item.message),
                  curl(item.message.joint_positions, item.message.joint_names))
                 for item in observer.received[topics.KEYPOINT_COMMAND.name]]
    measured = [(stamp_of(item.message), curl(item.message.position, item.message.name))
                for item in observer.received[topics.JOINT_STATES.name]]
    start = measured[-1][0] - period
    times, wanted = np.array([pair for pair in commanded if pair[0] > start]).T
    assert np.ptp(wanted) > 0.5, 'the operator did not close the hand'
    followed = np.interp(times, *np.array(measured).T)
    assert np.corrcoef(wanted, followed)[0, 1] > 0.9
    assert np.ptp(followed) > 0.6 * np.ptp(wanted)


def test_applied_targets_keep_limits_and_rate(observer):
    received = observer.span(topics.APPLIED_TARGET, 5.0)
    order = [received[0].message.joint_names.index(name) for name in HAND.joint_names]
    positions = np.array([item.message.positions for item in received])[:, order]
    velocities = np.array([item.message.velocities for item in received])[:, order]
    assert (positions >= HAND.lower).all() and (positions <= HAND.upper).all()
    assert (np.abs(velocities) <= HAND.velocity_limit + 1e-9).all()
    assert np.abs(velocities).max() > 0.1, 'nothing moved'


def test_a_target_that_is_not_finite_is_refused_with_its_reason(observer):
    publisher = topics.JOINT_TARGET.publisher(observer.node)
    before = observer.last(topics.APPLIED_TARGET)
    state = observer.last(topics.STACK_STATE)
    bad = JointTarget(session_id=state.session_id, sequence=before.sequence + 10_000,
                      joint_names=list(HAND.joint_names),
                      positions=[math.nan, *HAND.rest[1:].tolist()])
    since = time.monotonic()
    while publisher.get_subscription_count() == 0 and time.monotonic() < since + 5.0:
        time.sleep(0.02)
    for _ in range(5):
        bad.header.stamp = observer.node.get_clock().now().to_msg()
        publisher.publish(bad)
        time.sleep(0.05)
    refused = observer.wait(
        topics.APPLIED_TARGET,
        lambda applied: applied.rejected_count > before.rejected_count, since=since)
    assert np.isfinite(refused.message.positions).all()
    reasons = {item.message.reason for item in observer.received[topics.APPLIED_TARGET.name]
               if item.time >= since}
    assert 'NOT_FINITE' in reasons


def test_a_killed_tracker_means_hold_then_pause_and_comes_back(stack, observer):
    [tracker] = stack.pids('hand_tracker')
    os.kill(tracker, signal.SIGKILL)
    killed = time.monotonic()
    paused = observer.wait(topics.STACK_STATE, lambda state: state.state == StackState.PAUSED)
    assert paused.message.reason == 'SILENCE'
    observer.wait(topics.KEYPOINT_COMMAND, since=killed + 0.5)
    received = [item.message for item in observer.span(topics.APPLIED_TARGET, 1.0)]
    assert {message.action for message in received} == {AppliedTarget.HELD}
    assert len({tuple(message.positions) for message in received}) == 1
    assert observer.last(topics.STACK_STATE).state == StackState.PAUSED
    observer.engage()


def test_a_stopped_tracker_means_silence(stack, observer):
    [tracker] = stack.pids('hand_tracker')
    os.kill(tracker, signal.SIGSTOP)
    try:
        paused = observer.wait(topics.STACK_STATE, lambda state: state.state == StackState.PAUSED)
        assert paused.message.reason == 'SILENCE'
    finally:
        os.kill(tracker, signal.SIGCONT)


def test_ctrl_c_ends_every_process_in_time(stack, observer):
    assert stack.interrupt() < 3.0
    assert stack.pids('') == []
