"""Floods, stalls, bad stamps, names, values, a full disk: nothing jumps, each has its reason."""

from collections.abc import Callable, Iterator
import math
import os
from pathlib import Path
import resource
import signal
import subprocess
import sys
import time

from dexgen_msgs.msg import JointTarget, KeypointCommand, StackState
from dexgen_msgs.srv import Record
from dexgen_node import topics
from geometry_msgs.msg import Point
import numpy as np
from played_tracker import PlayedTracker
import pytest
from running import Stack, stamp_of
from std_msgs.msg import Empty
from std_srvs.srv import Trigger
from witness import (
    at_rest_after,
    CLOCKS,
    COMMAND_STALENESS,
    excess,
    HAND,
    SLACK,
    TARGET_STALENESS,
    Witness,
)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

PERIOD = 1.0 / 30.0
"""Control period of the stack [s]."""
NAMES = list(HAND.joint_names)
EMERGENCY_STOP = topics.Topic('emergency_stop', Empty, topics.EVENTS)


class Scene:
    """A running stack whose hand tracker is played by the test.

    Attributes:
      stack, witness, tracker: its processes, what is heard of them, the operator.
    """

    def __init__(self, stack: Stack):
        self.stack = stack
        self.witness = Witness(stack.domain)
        self.tracker = PlayedTracker(self.witness.node)
        self._start = 0.0

    def close(self) -> None:
        self.tracker.close()
        self.witness.close()

    def pid(self, name: str) -> int:
        """Process id of a node."""
        [pid] = self.stack.pids(f'/{name}')
        return pid

    def run(self) -> int:
        """Play the operator, engage, and wait until the hand moves; the session."""
        self.tracker.behave()
        self.witness.until(lambda: self.witness.state() is not None, 'a state')
        state = self.witness.state()
        if state.state == StackState.RUNNING:
            # A session of its own for each test: sequences of targets begin anew.
            self.witness.call(Trigger, 'hand_bridge/disengage')
        else:
            self.witness.call(Trigger, 'hand_bridge/reset')
        self.witness.wait_state(StackState.PAUSED, self.witness.now())
        self.witness.forget()
        self.witness.run()
        self._start = self.witness.now() - 0.2
        return self.witness.state().session_id

    def wait_reason(self, topic: topics.Topic, reason: str, since: float) -> None:
        """Wait for a reason code."""
        def said() -> bool:
            kept = list(self.witness.received[topic.name])
            return any(
                item.message.reason == reason and stamp_of(item.message) > since for item in kept
            )

        self.witness.until(said, f'{reason} on {topic.name}')

    def judge(self) -> None:
        """Nothing jumped and nothing was thrown since `run`."""
        assert excess(self.witness.applied(self._start)) < CLOCKS
        assert 'Traceback' not in self.stack.output()
        assert '; restart ' not in self.stack.output(), 'a node died'


@pytest.fixture(scope='module')
def whole(tmp_path_factory) -> Iterator[Scene]:
    """Run the stack with a cube, the recorder, and no tracker of its own."""
    folder = tmp_path_factory.mktemp('streams')
    arguments = ['source:=external', 'object:=cube', 'viewer:=none', f'directory:={folder}']
    with Stack(arguments, 32 + os.getpid() % 60, folder / 'stack.log') as stack:
        scene = Scene(stack)
        yield scene
        scene.close()


@pytest.fixture
def scene(whole) -> Iterator[Scene]:
    """Return the stack, engaged and moving; whatever the test did, nothing may have jumped."""
    whole.run()
    yield whole
    whole.tracker.behave()
    whole.judge()


@pytest.mark.parametrize(('name', 'limit'), [
    ('retargeter', COMMAND_STALENESS + TARGET_STALENESS + SLACK),
    ('controller', TARGET_STALENESS + SLACK),
])
def test_a_stopped_node_means_hold_and_going_on_does_not_engage(scene, name, limit):
    os.kill(scene.pid(name), signal.SIGSTOP)
    stopped = scene.witness.now()
    try:
        paused = scene.witness.wait_state(StackState.PAUSED, stopped)
        assert paused.reason == 'SILENCE'
        assert at_rest_after(scene.witness.applied(stopped), stopped) < limit
    finally:
        os.kill(scene.pid(name), signal.SIGCONT)
    went_on = scene.witness.now()
    scene.witness.wait_heard(topics.CONTROLLER_STATE, went_on)
    scene.witness.wait_heard(topics.KEYPOINT_COMMAND, went_on)
    time.sleep(0.3)
    assert {m.state for m in scene.witness.states(stamp_of(paused))} == {StackState.PAUSED}


def test_a_stopped_bridge_goes_on_paused_and_counts_the_time_it_lost(scene):
    os.kill(scene.pid('hand_bridge'), signal.SIGSTOP)
    stopped = scene.witness.now()
    time.sleep(1.5)
    os.kill(scene.pid('hand_bridge'), signal.SIGCONT)
    went_on = scene.witness.now()
    assert scene.witness.wait_state(StackState.PAUSED, stopped).reason == 'SILENCE'
    values = scene.witness.wait_diagnostics('hand_bridge: physics', went_on + 1.0)
    assert float(values['lost time [s]']) > 0.5


def test_a_stopped_recorder_disturbs_nobody(scene):
    session, begin = scene.witness.state().session_id, scene.witness.now()
    os.kill(scene.pid('recorder'), signal.SIGSTOP)
    time.sleep(1.5)
    os.kill(scene.pid('recorder'), signal.SIGCONT)
    scene.witness.wait_diagnostics('recorder: bag', scene.witness.now())
    assert {message.session_id for message in scene.witness.states(begin)} == {session}


def test_a_flood_of_landmarks_moves_nothing_faster_and_the_stop_still_works(scene):
    begin = scene.witness.now()
    # In a process of its own: this one listens, and would slow the flood down.
    flood = subprocess.Popen(
        [sys.executable, Path(__file__).parent / 'played_tracker.py', '1000'],
        env={**os.environ, 'ROS_DOMAIN_ID': str(scene.stack.domain)},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip

    try:
        time.sleep(5.0)
        for message in scene.witness.states(begin):
            assert message.state == StackState.RUNNING or message.reason == 'SILENCE'
        assert scene.witness.call(Trigger, 'hand_bridge/stop').success
    finally:
        flood.terminate()
        sent = int(flood.communicate(timeout=30.0)[0])
    assert sent > 300, 'that was no flood'
    stopped = scene.witness.wait_state(StackState.STOPPED, begin)
    scene.witness.wait_heard(topics.APPLIED_TARGET, stamp_of(stopped) + 0.2)
    assert at_rest_after(scene.witness.applied(begin), stamp_of(stopped)) < PERIOD


def test_a_controller_three_times_too_slow_means_holding_between_its_targets(scene):
    begin, pid = scene.witness.now(), scene.pid('controller')
    for _ in range(15):
        os.kill(pid, signal.SIGSTOP)
        time.sleep(3.0 * PERIOD)
        os.kill(pid, signal.SIGCONT)
        time.sleep(PERIOD)
    steps = scene.witness.applied(begin)
    assert {step.reason for step in steps} & {'STALE', 'NOT_RUNNING'}


@pytest.mark.parametrize(('age', 'reason'), [(0.3, 'OLD_STAMP'), (-0.3, 'FUTURE_STAMP')])
def test_landmarks_with_old_and_future_stamps_are_not_followed(scene, age, reason):
    begin = scene.witness.now()
    scene.tracker.behave(age=age)
    scene.wait_reason(topics.CONTROLLER_STATE, reason, begin)
    assert scene.witness.wait_state(StackState.PAUSED, begin).reason == 'SILENCE'
    scene.tracker.behave(rate=0.0)
    # The retargeter follows a clock that was set back only after a pause.
    time.sleep(1.0)


def test_overtaken_landmarks_are_refused_and_the_others_followed(scene):
    begin = scene.witness.now()
    scene.tracker.behave(swapped=True)
    time.sleep(2.0)
    assert 'REORDERED' in scene.witness.wait_diagnostics('retargeter: refused', begin + 1.0)
    steps = scene.witness.applied(begin + 1.0)
    assert any(step.reason in ('OK', 'RATE', 'ACCELERATION', 'RAMP') for step in steps)


def renamed(names: list[str], **changes: str) -> list[str]:
    """Names with one of them replaced."""
    return [changes.get(name, name) for name in names]


COMMANDS: dict[str, tuple[str, Callable[[KeypointCommand], None]]] = {
    'wrong name': ('NAMES', lambda m: setattr(
        m, 'joint_names', renamed(NAMES, index_joint_0='elbow'))),
    'missing name': ('NAMES', lambda m: setattr(m, 'joint_names', NAMES[1:])),
    'double name': ('NAMES', lambda m: setattr(m, 'joint_names', [NAMES[1], *NAMES[1:]])),
    'missing keypoint': ('NAMES', lambda m: setattr(m, 'keypoints', [*m.keypoints][1:])),
    'joint NaN': ('NOT_FINITE', lambda m: m.joint_positions.__setitem__(5, math.nan)),
    'keypoint infinite': ('NOT_FINITE', lambda m: setattr(m.keypoints[3], 'y', math.inf)),
    'another hand': ('FOREIGN_HAND', lambda m: setattr(m, 'hand', 'leap_right')),
}  # fmt: skip


@pytest.mark.parametrize('kind', COMMANDS)
def test_commands_that_cannot_be_read_have_their_reason(scene, kind):
    reason, spoil = COMMANDS[kind]
    scene.tracker.behave(rate=0.0)
    publisher = scene.witness.publisher(topics.KEYPOINT_COMMAND)
    begin = scene.witness.now()

    def send() -> bool:
        keypoints = [Point(x=0.1)] * len(HAND.keypoint_names)
        message = KeypointCommand(
            hand=HAND.name, joint_names=NAMES, joint_positions=HAND.rest.tolist(),
            keypoint_names=list(HAND.keypoint_names),
            keypoints=[Point(x=p.x, y=p.y, z=p.z) for p in keypoints],
        )  # fmt: skip
        message.header.stamp = scene.witness.node.get_clock().now().to_msg()
        spoil(message)
        publisher.publish(message)
        kept = list(scene.witness.received[topics.CONTROLLER_STATE.name])
        return any(k.message.reason == reason and stamp_of(k.message) > begin for k in kept)

    scene.witness.until(send, reason)
    assert scene.witness.wait_state(StackState.PAUSED, begin).reason == 'SILENCE'


TARGETS: dict[str, tuple[str, dict[str, object]]] = {
    'wrong name': ('UNKNOWN_JOINT', {'joint_names': renamed(NAMES, index_joint_0='elbow')}),
    'missing joint': ('INCOMPLETE', {'joint_names': NAMES[1:], 'positions': [0.0] * 15}),
    'double name': ('DUPLICATE', {'joint_names': [NAMES[1], *NAMES[1:]]}),
    'no name': ('UNNAMED', {'joint_names': ['', *NAMES[1:]]}),
    'not a number': ('NOT_FINITE', {'positions': [math.nan, *HAND.rest[1:].tolist()]}),
    'infinite': ('NOT_FINITE', {'positions': [*HAND.rest[1:].tolist(), -math.inf]}),
    'old': ('STALE_STAMP', {'age': 0.5}),
    'of the future': ('FUTURE_STAMP', {'age': -0.5}),
    'of another session': ('FOREIGN_SESSION', {'session_id': 1}),
    'reordered': ('SEQUENCE', {'sequence': 1}),
}


@pytest.mark.parametrize('kind', TARGETS)
def test_targets_that_are_refused_have_their_reason_and_the_good_ones_go_on(scene, kind):
    reason, changes = TARGETS[kind]
    scene.tracker.behave(rate=0.0)
    witness, begin = scene.witness, scene.witness.now()
    publisher = witness.publisher(topics.JOINT_TARGET)
    session = witness.state().session_id
    held = witness.applied(begin - 0.5)[-1].positions.tolist()
    sent = {'number': 1_000_000}

    def send(age: float = 0.0, **changes) -> None:
        sent['number'] += 1
        fields = {'session_id': session, 'sequence': sent['number'], 'joint_names': NAMES,
                  'positions': held, **changes}  # fmt: skip
        message = JointTarget(**fields)
        now = witness.node.get_clock().now().nanoseconds - int(1e9 * age)
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(now, 10**9)
        publisher.publish(message)

    def refused() -> bool:
        send()
        time.sleep(0.02)
        send(**changes)
        time.sleep(0.02)
        return any(step.reason == reason for step in witness.applied(begin))

    witness.until(refused, reason)
    assert witness.state().session_id == session, 'good targets among the bad ones keep it running'


def test_a_disk_that_refuses_costs_the_bag_and_nothing_else(scene):
    pid, witness = scene.pid('recorder'), scene.witness
    session, begin = witness.state().session_id, witness.now()
    request = Record.Request(action=Record.Request.START, label='full')
    assert witness.call(Record, 'recorder/record', request).success
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        witness.until(
            lambda: witness.diagnostics('recorder: bag', begin).get('level') == '2', 'an error'
        )
        assert 'too large' in witness.diagnostics('recorder: bag', begin)['message']
        assert {message.session_id for message in witness.states(begin)} == {session}
        assert witness.call(Trigger, 'hand_bridge/stop').success
        witness.wait_state(StackState.STOPPED, begin)
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    assert scene.pid('recorder') == pid


def test_an_emergency_stop_holds_within_a_control_period(scene, capsys):
    publisher = scene.witness.publisher(EMERGENCY_STOP)
    moved = []
    for _ in range(10):
        scene.run()
        asked = scene.witness.now()
        publisher.publish(Empty())
        scene.witness.wait_state(StackState.STOPPED, asked)
        scene.witness.wait_heard(topics.APPLIED_TARGET, asked + 0.2)
        moved.append(at_rest_after(scene.witness.applied(asked), asked))
    with capsys.disabled():
        print(f'\nmotion after an emergency stop: median {1e3 * np.median(moved):.0f} ms, '
              f'max {1e3 * max(moved):.0f} ms', flush=True)
    assert np.median(moved) < PERIOD
    folder = scene.stack.log.parent
    scene.witness.until(lambda: list(folder.glob('black_box_*EMERGENCY_STOP')), 'a black box')
