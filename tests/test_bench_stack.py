"""The figures of the stack's benchmark, from messages of which the answer is known."""

import bench_stack
from dexgen_msgs.msg import ControllerState, HandLandmarks, JointTarget, KeypointCommand
from dexgen_node import topics
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
import pytest
from rclpy.time import Time
from running import Received


def diagnostics(factor: str) -> DiagnosticArray:
    return DiagnosticArray(status=[DiagnosticStatus(
        name='hand_bridge: physics', values=[KeyValue(key='real-time factor', value=factor)])])


def heard(*ages: float) -> dict[str, list]:
    messages = {
        topics.HAND_LANDMARKS.name: [HandLandmarks(valid=i % 2 == 0) for i in range(100)],
        topics.KEYPOINT_COMMAND.name: [],
        topics.JOINT_TARGET.name: [JointTarget()] * 60,
        topics.CONTROLLER_STATE.name: [ControllerState(reason='NO_COMMAND', command_age=9.0)]
        + [ControllerState(reason='OK', command_age=age) for age in ages],
        topics.DIAGNOSTICS.name: [diagnostics('0.99'), diagnostics('1.01')],
    }
    return {name: [Received(0.0, message) for message in kept]
            for name, kept in messages.items()}


def test_rates_count_what_was_heard_and_ages_what_was_followed():
    figures = bench_stack.figures(heard(0.010, 0.020, 0.030), 2.0)
    del figures['hops_ms']
    assert figures == {
        'tracked_hz': 25.0,
        'frame_to_target_ms_median': 20.0,
        'frame_to_target_ms_p99': pytest.approx(29.8),
        'real_time_factor': 1.0,
        'control_hz': 30.0,
    }


def stamped(message, stamp: float):
    """Return the message with a stamp [s]."""
    message.header.stamp = Time(seconds=stamp).to_msg()
    return message


def test_hops_add_up_to_the_way_from_the_frame_to_its_target():
    received = {topic.name: [] for topic in bench_stack.HEARD}
    for i in range(11):
        for topic, message, stamp, sent in (
            (topics.HAND_LANDMARKS, HandLandmarks(sequence=i), i, i + 0.010),
            (topics.KEYPOINT_COMMAND, KeypointCommand(sequence=i), i, i + 0.015),
            (topics.CONTROLLER_STATE, ControllerState(command_sequence=i), i + 0.018, i + 0.021),
            (topics.JOINT_TARGET, JointTarget(), i + 0.018, i + 0.020),
        ):
            received[topic.name].append(Received(0.0, stamped(message, stamp), sent))
    unheard = stamped(ControllerState(command_sequence=99), 20.0)
    received[topics.CONTROLLER_STATE.name].append(Received(0.0, unheard, 20.0))
    assert bench_stack.hops(received) == pytest.approx(
        {'tracker': 10.0, 'retargeter': 5.0, 'waiting': 3.0, 'controller': 2.0}, abs=0.01)


def test_without_a_followed_command_there_are_no_figures():
    with pytest.raises(SystemExit, match='NO_COMMAND'):
        bench_stack.figures(heard(), 2.0)
