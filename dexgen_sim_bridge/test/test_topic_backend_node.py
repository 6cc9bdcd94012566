"""The bridge in front of hands that speak their drivers' interfaces, each in its own process."""

import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

from dexgen_description import load_hand
from dexgen_msgs.msg import StackState
from dexgen_node.topics import APPLIED_TARGET, JOINT_STATES, STACK_STATE, Topic
import numpy as np
import pytest
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger

pytestmark = pytest.mark.stack
TRUTH = Topic('peer_truth', JointState, APPLIED_TARGET.qos)
KINDS = (
    'isaac_sim', 'allegro_v4', 'allegro_v5', 'leap', 'ros2_control_trajectory',
    'ros2_control_forward',
)  # fmt: skip


@pytest.fixture
def start_hand(bridge_domain):
    """Start hands; they are ended with the test."""
    started = []

    def start(kind: str, delay: float = 0.03) -> subprocess.Popen:
        script = Path(__file__).with_name('peer_hand.py')
        environment = {**os.environ, 'ROS_DOMAIN_ID': str(bridge_domain)}
        started.append(
            subprocess.Popen([sys.executable, script, kind, str(delay)], env=environment)
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait(10.0)


def positions(message: JointState, hand) -> np.ndarray | None:
    """Positions in the hand's order, None where they are another robot's."""
    values = dict(zip(message.name, message.position, strict=True))
    if not set(hand.joint_names) <= set(values):
        return None
    return np.array([values[name] for name in hand.joint_names])


def follow(peer, hand, wanted) -> None:
    """Engage, send the wanted posture, and check that the hand goes there without a jump."""
    answer = peer.call(Trigger, 'hand_bridge/engage')
    assert answer.success, answer.message
    running = peer.wait(STACK_STATE, lambda m: m.state == StackState.RUNNING)
    peer.wait(TRUTH)
    start = positions(peer.heard[TRUTH.name][-1], hand)
    first = peer.wait(APPLIED_TARGET, lambda m: m.session_id == running.session_id)
    assert np.abs(np.array(first.positions) - start).max() < 0.1
    peer.stream(running.session_id, wanted, 2.5, hand)
    reached = positions(peer.heard[TRUTH.name][-1], hand)
    assert reached == pytest.approx(wanted, abs=0.1)


@pytest.mark.parametrize('kind', KINDS)
def test_a_hand_follows_through_its_drivers_interface(start_hand, start_bridge, peer, kind):
    hand = load_hand('leap_right' if kind == 'leap' else 'allegro_right')
    peer.hear(STACK_STATE, APPLIED_TARGET, JOINT_STATES, TRUTH)
    start_hand(kind)
    peer.wait(TRUTH)
    start_bridge(backend=kind, hand=hand.name)
    peer.wait(JOINT_STATES, lambda m: positions(m, hand) is not None)
    assert peer.wait(STACK_STATE).backend == kind
    wanted = hand.pregrasp + np.linspace(-0.1, 0.25, 16)
    wanted = np.clip(wanted, hand.lower + 0.05, hand.upper - 0.05)
    before = positions(peer.heard[TRUTH.name][-1], hand)
    time.sleep(0.5)
    assert positions(peer.heard[TRUTH.name][-1], hand) == pytest.approx(before, abs=0.02)
    follow(peer, hand, wanted)
    told = [positions(message, hand) for message in peer.heard[JOINT_STATES.name][-20:]]
    told = [each for each in told if each is not None]
    truth = positions(peer.heard[TRUTH.name][-1], hand)
    assert told[-1] == pytest.approx(wanted if kind == 'leap' else truth, abs=0.02)


def test_a_silent_hand_is_a_fault_and_needs_a_reset(start_hand, start_bridge, peer):
    hand = peer.hand
    peer.hear(STACK_STATE, APPLIED_TARGET, JOINT_STATES, TRUTH)
    start_bridge(backend='allegro_v5')
    peer.wait(STACK_STATE)
    refused = peer.call(Trigger, 'hand_bridge/engage')
    assert not refused.success and 'allegroHand_0/joint_states' in refused.message
    process = start_hand('allegro_v5')
    peer.wait(JOINT_STATES)
    follow(peer, hand, hand.pregrasp)
    process.send_signal(signal.SIGKILL)
    fault = peer.wait(STACK_STATE, lambda m: m.state == StackState.FAULT)
    assert fault.reason == 'SILENT_HAND' and 'allegroHand_0/joint_states' in fault.message
    answer = peer.call(Trigger, 'hand_bridge/reset')
    assert not answer.success and 'no message' in answer.message
    since = peer.count(TRUTH)
    start_hand('allegro_v5')
    peer.wait(TRUTH, since=since)
    time.sleep(1.0)
    assert peer.call(Trigger, 'hand_bridge/reset').success
    peer.heard[STACK_STATE.name].clear()
    follow(peer, hand, hand.pregrasp + 0.1)


def test_joints_of_another_hand_are_a_fault_that_names_them(start_bridge, peer):
    peer.hear(STACK_STATE)
    start_bridge(backend='allegro_v5')
    peer.wait(STACK_STATE)
    publisher = peer.node.create_publisher(JointState, 'allegroHand_0/joint_states', 10)
    names = [f'joint_{i}_0' for i in range(12)]
    end = time.monotonic() + 30.0
    while peer.heard[STACK_STATE.name][-1].state != StackState.FAULT and time.monotonic() < end:
        publisher.publish(JointState(name=names, position=[0.0] * 12))
        time.sleep(0.05)
    fault = peer.heard[STACK_STATE.name][-1]
    assert fault.reason == 'JOINT_NAMES' and 'joint_12_0' in fault.message


def test_a_hand_of_the_wrong_kind_is_refused(start_bridge, peer):
    peer.hear(STACK_STATE)
    start_bridge(backend='leap', hand='allegro_right')
    said = peer.wait(STACK_STATE)
    assert said.reason == 'NOT_CONFIGURED' and 'leap_right' in said.message


def curl(message: JointState) -> float:
    """Mean flexion of the fingers' middle joints [rad]."""
    values = dict(zip(message.name, message.position, strict=True))
    return float(np.mean([values[f'{f}_joint_2'] for f in ('index', 'middle', 'ring')]))


@pytest.fixture
def start_stack(bridge_domain, tmp_path):
    """Start the shipped stack with launch arguments; it is ended with the test."""
    started = []

    def start(*arguments: str) -> None:
        environment = {**os.environ, 'ROS_DOMAIN_ID': str(bridge_domain)}
        quiet = ['viewer:=none', 'black_box:=false', 'controller:=passthrough']
        command = ['dexgen', 'teleop', *quiet, *arguments]
        with (tmp_path / 'stack.log').open('w') as log:
            started.append(subprocess.Popen(
                command, stdout=log, stderr=log, env=environment, start_new_session=True
            ))  # fmt: skip

    yield start
    for process in started:
        process.send_signal(signal.SIGINT)
        process.wait(20.0)


def engaged_until(peer, done, timeout: float = 100.0) -> None:
    """Engage as a person does, again where a stalled machine's silence ended the session."""
    peer.wait(STACK_STATE, timeout=60.0)
    end = time.monotonic() + timeout
    while not done():
        state = peer.heard[STACK_STATE.name][-1]
        assert time.monotonic() < end, f'the hand did not move; {state}'
        if state.state == StackState.PAUSED:
            peer.call(Trigger, 'hand_bridge/engage')
        time.sleep(0.5)


@pytest.mark.timeout(200)
@pytest.mark.parametrize('kind', KINDS)
def test_the_whole_stack_drives_a_hand_behind_topics(start_hand, start_stack, peer, kind):
    hand = 'leap_right' if kind == 'leap' else 'allegro_right'
    peer.hear(STACK_STATE, APPLIED_TARGET, TRUTH)
    start_hand(kind)
    peer.wait(TRUTH)
    start_stack('source:=script', f'backend:={kind}', f'hand:={hand}')

    def closes_and_opens() -> bool:
        return np.ptp([curl(message) for message in peer.heard[TRUTH.name]]) > 0.4

    engaged_until(peer, closes_and_opens)
    assert peer.heard[STACK_STATE.name][-1].backend == kind
    assert any(message.sequence for message in peer.heard[APPLIED_TARGET.name])


def test_the_drive_of_a_late_hand_is_identified(
    start_hand, start_bridge, bridge_domain, peer, tmp_path
):
    peer.hear(JOINT_STATES)
    start_hand('allegro_v5', delay=0.06)
    start_bridge(backend='allegro_v5')
    peer.wait(JOINT_STATES, lambda m: positions(m, peer.hand) is not None)
    steps = tmp_path / 'steps.csv'
    environment = {**os.environ, 'ROS_DOMAIN_ID': str(bridge_domain)}
    command = [sys.executable, '-m', 'dexgen_sim_bridge.identify']
    subprocess.run([*command, 'record', str(steps)], env=environment, check=True, timeout=60.0)
    fitted = subprocess.run(
        [*command, 'fit', str(steps)], capture_output=True, check=True, timeout=120.0
    )
    found = json.loads(fitted.stdout.splitlines()[-1])
    # The way over the topics adds to the hand's own delay.
    assert 50.0 <= found['delay_ms'] <= 120.0
    assert found['error_after_mrad'] < 0.5 * found['error_before_mrad']
