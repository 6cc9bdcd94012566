"""A bag run through the stack's cores again: the same bits each time, and an operator obeyed."""

from dexgen_description import Kinematics, load_hand
from dexgen_msgs.msg import HandLandmarks, KeypointCommand, StackState
from dexgen_session.bag.compare import compare_bags
from dexgen_session.bag.decoder import BagDecoder
from dexgen_session.bag.reader import BagReader
from dexgen_session.bag.writer import BagWriter
from dexgen_session.rerun.bag import write_rerun
from dexgen_session.rerun.engine import Rerun
from dexgen_session.rerun.settings import recorded_settings, RerunSettings
from dexgen_teleop.sources.script import Operator
from geometry_msgs.msg import Point
import numpy as np
import pytest
from recorded import channel, sample, SECOND, START

CHANNELS = {
    one.topic: one
    for one in (
        channel('/keypoint_command', 'dexgen_msgs/msg/KeypointCommand'),
        channel('/stack_state', 'dexgen_msgs/msg/StackState', latched=True),
    )
}
LANDMARK_CHANNELS = {
    one.topic: one
    for one in (
        channel('/hand_landmarks', 'dexgen_msgs/msg/HandLandmarks'),
        channel('/stack_state', 'dexgen_msgs/msg/StackState', latched=True),
    )
}
SETTINGS = RerunSettings(object='none')


@pytest.fixture(scope='module')
def commands(tmp_path_factory):
    """Return a bag of 3 s in which one finger curls, engaged from 0.5 s to 2.5 s."""
    folder = tmp_path_factory.mktemp('rerun') / 'bag'
    hand = load_hand('allegro_right')
    kinematics = Kinematics(hand)
    writer = BagWriter(folder, CHANNELS, {'configuration.yaml': '/controller: {mode: hold}\n'})
    for tick in range(91):
        time = tick / 30
        now = START + round(time * SECOND)
        if time in (0.0, 0.5, 2.5):
            state = StackState.RUNNING if time == 0.5 else StackState.PAUSED
            writer.write(sample('/stack_state', StackState(state=state), now))
        joints = hand.rest.copy()
        joints[1] += 0.5 * min(time, 2.0)
        message = KeypointCommand(
            sequence=tick,
            hand=hand.name,
            keypoint_names=list(hand.keypoint_names),
            keypoints=[Point(x=x, y=y, z=z) for x, y, z in kinematics.keypoints(joints).tolist()],
            joint_names=list(hand.joint_names),
            joint_positions=joints.tolist(),
        )
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(now, SECOND)
        writer.write(sample('/keypoint_command', message, now))
    writer.close()
    return folder


def run(bag, output, settings=SETTINGS) -> BagReader:
    write_rerun(Rerun(BagReader(bag), settings), output)
    return BagReader(output)


def postures(bag: BagReader) -> np.ndarray:
    decoder = BagDecoder(bag)
    return np.array([decoder.decode(s).position for s in bag.samples(['/joint_states'])])


def test_two_runs_of_one_bag_give_the_same_bits(commands, tmp_path):
    first, second = run(commands, tmp_path / 'a'), run(commands, tmp_path / 'b')
    parts = compare_bags(first, second)
    assert {part.topic for part in parts} == {
        '/joint_states',
        '/joint_target',
        '/keypoint_command',
    }
    assert all(part.same and part.largest == 0.0 and part.compared > 50 for part in parts)


@pytest.fixture(scope='module')
def landmarks(tmp_path_factory):
    """Return a bag of 3 s in which the generated operator makes a fist, engaged from 0.5 s on."""
    folder = tmp_path_factory.mktemp('rerun') / 'landmarks'
    operator = Operator('right')
    writer = BagWriter(folder, LANDMARK_CHANNELS, {})
    for tick in range(91):
        now = START + round(tick * SECOND / 30)
        if tick in (0, 15):
            state = StackState.RUNNING if tick else StackState.PAUSED
            writer.write(sample('/stack_state', StackState(state=state), now))
        message = HandLandmarks(sequence=tick, valid=True, handedness=HandLandmarks.RIGHT)
        message.point_valid = [True] * 21
        message.points = [Point(x=x, y=y, z=z) for x, y, z in operator.points(tick / 30).tolist()]
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(now, SECOND)
        writer.write(sample('/hand_landmarks', message, now))
    writer.close()
    return folder


def test_landmarks_are_retargeted_again_to_the_same_bits(landmarks, tmp_path):
    first, second = run(landmarks, tmp_path / 'a'), run(landmarks, tmp_path / 'b')
    parts = compare_bags(first, second)
    assert all(part.same and part.largest == 0.0 for part in parts)
    assert first.topics['/keypoint_command'].count == 91
    curls = postures(first)[:, 2]  # the index finger's middle joint
    assert curls[-1] - curls[50] > 0.5


def test_a_learned_controller_samples_the_same_bits_again(commands, tmp_path):
    pytest.importorskip('torch')
    from dexgen_controller.checkpoint import random_checkpoint, save_checkpoint
    from dexgen_controller.model_config import CONFIGS

    weights = random_checkpoint(CONFIGS['tiny'], load_hand('allegro_right'))
    checkpoint = str(save_checkpoint(weights, tmp_path / 'checkpoint'))
    settings = RerunSettings(object='none', mode='dexgen', checkpoint=checkpoint)
    first = run(commands, tmp_path / 'a', settings)
    second = run(commands, tmp_path / 'b', settings)
    assert all(part.same and part.largest == 0.0 for part in compare_bags(first, second))
    assert first.topics['/joint_target'].count >= 17  # two seconds at its own 10 Hz, less history
    held = run(commands, tmp_path / 'held', RerunSettings(object='none', mode='hold'))
    assert np.ptp(postures(first) - postures(held)[: len(postures(first))]) > 0.01


def test_the_hand_follows_while_engaged_and_holds_after(commands, tmp_path):
    bag = run(commands, tmp_path / 'a')
    joint = postures(bag)[:, 1]
    rest = load_hand('allegro_right').rest[1]
    assert joint[49] == pytest.approx(rest, abs=0.05)
    assert joint[245] == pytest.approx(rest + 1.0, abs=0.1)
    assert np.ptp(joint[270:]) < 0.02
    assert 55 <= bag.topics['/joint_target'].count <= 62


def test_another_mode_parts_from_it(commands, tmp_path):
    held = run(commands, tmp_path / 'b', RerunSettings(object='none', mode='hold'))
    parts = {p.topic: p for p in compare_bags(run(commands, tmp_path / 'a'), held)}
    assert parts['/joint_target'].first is not None and parts['/joint_target'].largest > 0.5
    assert parts['/keypoint_command'].same


def test_settings_are_those_of_the_recording_unless_others_are_chosen(commands):
    assert recorded_settings(commands).mode == 'hold'
    assert recorded_settings(commands, mode='passthrough', object=None).mode == 'passthrough'
    assert recorded_settings(commands, mode='passthrough').rate == 30.0
