"""The controller's core, tick by tick, with the time injected."""

from dexgen_controller.controller import Controller, Inputs, JointReading
from dexgen_controller.policies import Command, Decision, Hold, Passthrough
from dexgen_description import Kinematics, load_hand
import numpy as np
import pytest

HAND = load_hand('allegro_right')
KINEMATICS = Kinematics(HAND)
PERIOD = 1.0 / 30.0
STAMP = 1000.0
"""ROS time at steady time 0 [s]."""


class Watching:
    """A policy that needs the stack and notes what it was given."""

    name = 'watching'
    needs_command = False
    needs_stack = True
    locks_phase = False

    def __init__(self):
        self.stacks = []
        self.resets = 0

    def reset(self):
        self.resets += 1

    def tick(self, observation, command, now):
        self.stacks.append(observation.stack)
        return Decision(observation.targets)


def controller(mode='passthrough', ramp_time=0.0) -> Controller:
    return Controller(
        KINEMATICS,
        8,
        (Passthrough(KINEMATICS), Hold(KINEMATICS), Watching()),
        mode,
        PERIOD,
        ramp_time=ramp_time,
    )


def command(now: float, joints=HAND.pregrasp, age: float = 0.0, sequence: int = 7) -> Command:
    keypoints = KINEMATICS.keypoints(joints)
    return Command(keypoints, joints, sequence, received=now - age, stamp=STAMP + now - age)


def inputs(now: float, session_id: int = 5, **changes) -> Inputs:
    values = {
        'command': command(now),
        'posture': JointReading(HAND.rest, now),
        'applied': JointReading(HAND.rest, now),
        'session_id': session_id,
    }
    return Inputs(**{**values, **changes})


def tick(core: Controller, now: float, given: Inputs):
    return core.tick(given, now, STAMP + now)


def test_passthrough_sends_the_retargeted_joints():
    result = tick(controller(), 1.0, inputs(1.0))
    np.testing.assert_array_equal(result.target, HAND.pregrasp)
    assert (result.decision.reason, result.command_sequence) == ('OK', 7)
    assert result.departure.max() < 1e-9


def test_departure_is_the_distance_from_command_to_intent():
    asked = command(1.0)
    off = Command(asked.keypoints + [0.0, 0.0, 0.03], asked.joints, 7, 1.0, STAMP + 1.0)
    result = tick(controller(), 1.0, inputs(1.0, command=off))
    np.testing.assert_allclose(result.departure, 0.03)


@pytest.mark.parametrize(
    ('changes', 'reason'),
    [
        ({'command': None}, 'NO_COMMAND'),
        ({'command': command(1.0, age=0.11)}, 'STALE_COMMAND'),
        (
            {'command': Command(np.zeros((8, 3)), HAND.rest, 1, 1.0, STAMP + 0.8)},
            'OLD_STAMP',
        ),
        (
            {'command': Command(np.zeros((8, 3)), HAND.rest, 1, 1.0, STAMP + 1.2)},
            'FUTURE_STAMP',
        ),
        ({'command': None, 'refused': ('NAMES', 0.95)}, 'NAMES'),
        ({'command': None, 'refused': ('NAMES', 0.85)}, 'NO_COMMAND'),
        ({'command': command(1.0, age=0.11), 'refused': ('NOT_FINITE', 1.0)}, 'NOT_FINITE'),
        ({'posture': None}, 'NO_JOINT_STATE'),
        ({'posture': JointReading(HAND.rest, 0.8)}, 'STALE_JOINT_STATE'),
        ({'applied': None}, 'NO_APPLIED_TARGET'),
        ({'applied': JointReading(HAND.rest, 0.8)}, 'STALE_APPLIED_TARGET'),
        ({'stack_received': -1.1}, 'NOT_RUNNING'),
    ],
)
def test_what_is_missing_or_old_silences_the_target(changes, reason):
    result = tick(controller(), 1.0, inputs(1.0, **changes))
    assert result.target is None
    assert result.decision.reason == reason


def test_a_stack_that_told_its_state_lately_is_followed():
    result = tick(controller(), 1.0, inputs(1.0, stack_received=-0.9))
    assert result.target is not None and result.session_id == 5


def test_a_refused_command_leaves_the_readable_one_in_force():
    result = tick(controller(), 1.0, inputs(1.0, refused=('NAMES', 1.0)))
    assert result.target is not None and result.decision.reason == 'OK'


def test_nothing_is_sent_while_not_running():
    result = tick(controller(), 1.0, inputs(1.0, session_id=0))
    assert result.target is None
    assert (result.decision.reason, result.sequence) == ('NOT_RUNNING', 0)


def test_the_sequence_rises_by_one_and_starts_anew_with_each_session():
    core = controller()
    sessions = [5, 5, 5, 0, 6, 6]
    results = [
        tick(core, 1.0 + 0.03 * i, inputs(1.0 + 0.03 * i, session_id=session))
        for i, session in enumerate(sessions)
    ]
    assert [result.sequence for result in results] == [1, 2, 3, 0, 1, 2]
    assert [result.session_id for result in results] == sessions


def test_hold_needs_no_command_and_does_not_creep():
    core = controller('hold')
    first = tick(core, 1.0, inputs(1.0, command=None))
    moved = JointReading(HAND.rest + 0.1, 1.03)
    second = tick(core, 1.03, inputs(1.03, command=None, applied=moved))
    np.testing.assert_array_equal(first.target, HAND.rest)
    np.testing.assert_array_equal(second.target, HAND.rest)


def test_a_new_session_is_ramped_from_the_applied_target():
    core = controller(ramp_time=0.5)
    times = 1.0 + PERIOD * np.arange(20)
    targets = np.stack([tick(core, now, inputs(now)).target for now in times])
    np.testing.assert_array_equal(targets[0], HAND.rest)
    np.testing.assert_array_equal(targets[-1], HAND.pregrasp)
    span = np.abs(HAND.pregrasp - HAND.rest).max()
    assert np.abs(np.diff(targets, axis=0)).max() < 1.6 * span * PERIOD / 0.5


def test_a_mode_change_is_ramped_and_unknown_modes_are_named():
    core = controller('hold', ramp_time=0.5)
    tick(core, 1.0, inputs(1.0))
    tick(core, 2.0, inputs(2.0))
    core.set_mode('passthrough')
    np.testing.assert_array_equal(tick(core, 2.1, inputs(2.1)).target, HAND.rest)
    with pytest.raises(ValueError, match='passthrough, hold, watching'):
        core.set_mode('dance')
    assert core.policy.name == 'passthrough'


def test_the_history_is_kept_in_every_mode():
    core = controller()
    for index in range(4):
        now = 1.0 + PERIOD * index
        tick(core, now, inputs(now))
    core.set_mode('watching')
    result = tick(core, 1.0 + 4 * PERIOD, inputs(1.0 + 4 * PERIOD))
    assert result.decision.reason == 'OK'
    assert core.policy.stacks[0].shape == (240,)


def test_a_policy_that_needs_the_stack_waits_for_it():
    core = controller('watching')
    reasons = [
        tick(core, 1.0 + PERIOD * index, inputs(1.0 + PERIOD * index)).decision.reason
        for index in range(5)
    ]
    assert reasons == ['HISTORY', 'HISTORY', 'HISTORY', 'OK', 'OK']


def test_guidance_is_not_negative():
    with pytest.raises(ValueError, match='at least 0'):
        controller().set_guidance(-1.0)
