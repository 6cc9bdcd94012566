"""The figures of the stack's benchmark, from messages of which the answer is known."""

import bench_stack
from dexgen_msgs.msg import ControllerState, HandLandmarks, JointTarget
from dexgen_node import topics
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
import pytest
from running import Received


def diagnostics(factor: str) -> DiagnosticArray:
    return DiagnosticArray(status=[DiagnosticStatus(
        name='hand_bridge: physics', values=[KeyValue(key='real-time factor', value=factor)])])


def heard(*ages: float) -> dict[str, list]:
    messages = {
        topics.HAND_LANDMARKS.name: [HandLandmarks(valid=i % 2 == 0) for i in range(100)],
        topics.JOINT_TARGET.name: [JointTarget()] * 60,
        topics.CONTROLLER_STATE.name: [ControllerState(reason='NO_COMMAND', command_age=9.0)]
        + [ControllerState(reason='OK', command_age=age) for age in ages],
        topics.DIAGNOSTICS.name: [diagnostics('0.99'), diagnostics('1.01')],
    }
    return {name: [Received(0.0, message) for message in kept]
            for name, kept in messages.items()}


def test_rates_count_what_was_heard_and_ages_what_was_followed():
    assert bench_stack.figures(heard(0.010, 0.020, 0.030), 2.0) == {
        'tracked_hz': 25.0,
        'frame_to_target_ms_median': 20.0,
        'frame_to_target_ms_p99': pytest.approx(29.8),
        'real_time_factor': 1.0,
        'control_hz': 30.0,
    }


def test_without_a_followed_command_there_are_no_figures():
    with pytest.raises(SystemExit, match='NO_COMMAND'):
        bench_stack.figures(heard(), 2.0)
