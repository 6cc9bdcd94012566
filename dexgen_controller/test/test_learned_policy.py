"""The learned controller as modes of the controller."""

from dataclasses import replace
import subprocess
import sys

from dexgen_controller.checkpoint import random_checkpoint, save_checkpoint
from dexgen_controller.controller import Controller, Inputs, JointReading
from dexgen_controller.model_config import CONFIGS
from dexgen_controller.modes import build_policies
from dexgen_controller.policies import Command
from dexgen_controller.sampling_config import SamplingConfig
from dexgen_description import Kinematics, load_hand
import numpy as np
import pytest

pytest.importorskip('torch')
HAND = load_hand('allegro_right')
KINEMATICS = Kinematics(HAND)


@pytest.fixture
def checkpoint(tmp_path):
    return str(save_checkpoint(random_checkpoint(CONFIGS['tiny'], HAND), tmp_path / 'c'))


def inputs(now: float) -> Inputs:
    joints = HAND.pregrasp + 0.05
    command = Command(KINEMATICS.keypoints(joints), joints, 1, now, now)
    reading = JointReading(HAND.pregrasp, now)
    return Inputs(command, reading, reading, session_id=4)


def test_a_checkpoint_brings_its_modes_and_its_rate(checkpoint):
    built = build_policies(HAND, checkpoint, 30.0, SamplingConfig(steps=2))
    assert [policy.name for policy in built.policies] == [
        'passthrough',
        'hold',
        'dexgen',
        'precision',
    ]
    assert built.rate == 10.0


def test_it_plans_once_the_history_is_full(checkpoint):
    built = build_policies(HAND, checkpoint, 30.0, SamplingConfig(steps=4))
    core = Controller(KINEMATICS, 8, built.policies, 'dexgen', 0.1, ramp_time=0.0)
    ticks = [core.tick(inputs(0.1 * index), 0.1 * index, 0.1 * index) for index in range(5)]
    assert [tick.decision.reason for tick in ticks] == ['HISTORY'] * 3 + ['OK'] * 2
    last = ticks[-1]
    assert last.decision.predicted.shape == (2, 8, 3)
    assert np.isfinite(last.target).all()
    assert (last.target >= HAND.lower).all() and (last.target <= HAND.upper).all()
    assert (last.departure > 0.0).all()


def test_it_says_how_far_it_strains_spreads_and_trusts(checkpoint):
    sampling = SamplingConfig(steps=4, samples=3, start_temperature=1.0)
    built = build_policies(HAND, checkpoint, 30.0, sampling)
    core = Controller(KINEMATICS, 8, built.policies, 'dexgen', 0.1, ramp_time=0.0)
    command = Command(KINEMATICS.keypoints(HAND.pregrasp + 0.01), HAND.pregrasp, 1, 0.0, 0.0)
    for index in range(30):
        now = 0.1 * index
        given = replace(inputs(now), command=replace(command, received=now, stamp=now))
        decision = core.tick(given, now, now).decision
    assert 0.0 < decision.spread < 0.1
    assert decision.strain > 0.0
    assert 0.5 < decision.trust <= 1.0


def test_strong_guidance_departs_less(checkpoint):
    departures = []
    for guidance in (0.0, 1e6):
        built = build_policies(HAND, checkpoint, 30.0, SamplingConfig(steps=4))
        core = Controller(KINEMATICS, 8, built.policies, 'dexgen', 0.1)
        core.set_guidance(guidance)
        for index in range(4):
            tick = core.tick(inputs(0.1 * index), 0.1 * index, 0.1 * index)
        departures.append(tick.departure.mean())
    assert departures[1] < 0.2 * departures[0]


def test_a_checkpoint_of_another_hand_is_refused(tmp_path):
    made = random_checkpoint(CONFIGS['tiny'], HAND)
    other = replace(made, hand=replace(made.hand, name='octopus'))
    with pytest.raises(ValueError, match='octopus'):
        build_policies(HAND, str(save_checkpoint(other, tmp_path / 'o')), 30.0)


def test_the_left_hand_does_the_mirror_image(checkpoint):
    from dexgen_controller.mirror import find_mirror

    left = load_hand('allegro_left')
    kinematics = Kinematics(left)
    mirror = find_mirror(kinematics, KINEMATICS, 4)
    targets = []
    for hand, kin, joints, points in (
        (HAND, KINEMATICS, np.ones(16), np.ones(3)),
        (left, kinematics, mirror.joints, mirror.points),
    ):
        built = build_policies(hand, checkpoint, 30.0, SamplingConfig(steps=4))
        core = Controller(kin, 8, built.policies, 'dexgen', 0.1, ramp_time=0.0)
        for index in range(4):
            given = inputs(0.1 * index)
            reading = JointReading(given.posture.values * joints, 0.1 * index)
            command = replace(given.command, keypoints=given.command.keypoints * points)
            tick = core.tick(Inputs(command, reading, reading, 4), 0.1 * index, 0.1 * index)
        targets.append(tick.target * joints)
    np.testing.assert_allclose(targets[1], targets[0], atol=1e-5)


def test_auto_is_the_best_mode_that_can_run(checkpoint):
    assert build_policies(HAND, '', 30.0).mode('auto') == 'passthrough'
    built = build_policies(HAND, checkpoint, 30.0, SamplingConfig(steps=2))
    assert built.mode('auto') == 'dexgen'
    assert built.mode('hold') == 'hold'


def test_a_negative_strength_is_the_checkpoints_own(tmp_path):
    made = replace(random_checkpoint(CONFIGS['tiny'], HAND), facts={'guidance': 0.3})
    folder = save_checkpoint(made, tmp_path / 'c')
    built = build_policies(HAND, str(folder), 30.0, SamplingConfig(steps=2))
    assert built.strength(-1.0) == 0.3
    assert built.strength(2.0) == 2.0
    assert build_policies(HAND, '', 30.0).strength(-1.0) == 1.0


def test_the_shipped_checkpoint_serves_both_hands_of_a_pair(tmp_path, monkeypatch):
    from dexgen_controller import checkpoint as module

    monkeypatch.setattr(module, 'SHIPPED', tmp_path)
    assert module.shipped_checkpoint('allegro_right') is None
    assert build_policies(HAND, 'shipped', 30.0).mode('auto') == 'passthrough'
    folder = save_checkpoint(random_checkpoint(CONFIGS['tiny'], HAND), tmp_path / HAND.name)
    for hand in ('allegro_right', 'allegro_left'):
        assert module.shipped_checkpoint(hand) == folder
        built = build_policies(load_hand(hand), 'shipped', 30.0, SamplingConfig(steps=2))
        assert built.mode('auto') == 'dexgen'
    assert module.shipped_checkpoint('shadow_right') is None


def test_torch_is_not_needed_to_run_a_checkpoint(checkpoint):
    program = (
        'import sys; sys.modules["torch"] = None\n'
        'from dexgen_controller.modes import build_policies\n'
        'from dexgen_description import load_hand\n'
        f'built = build_policies(load_hand("allegro_left"), {checkpoint!r}, 30.0)\n'
        'print(built.mode("auto"))'
    )
    done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    assert done.stdout.strip() == 'dexgen', done.stderr


def test_keypoints_horizon_and_history_are_the_checkpoints(tmp_path):
    config = replace(CONFIGS['tiny'], keypoints=4, history=2, steps=3)
    made = random_checkpoint(config, HAND)
    tips = tuple(HAND.keypoint_names[index] for index in HAND.tip_indices)
    made = replace(made, hand=replace(made.hand, keypoint_names=tips))
    built = build_policies(
        HAND, str(save_checkpoint(made, tmp_path / 'c')), 30.0, SamplingConfig(steps=2)
    )
    assert built.history == 2
    core = Controller(
        KINEMATICS, 8, built.policies, 'dexgen', 0.1, steps=built.history, ramp_time=0.0
    )
    ticks = [core.tick(inputs(0.1 * index), 0.1 * index, 0.1 * index) for index in range(2)]
    assert [tick.decision.reason for tick in ticks] == ['HISTORY', 'OK']
    assert ticks[1].decision.predicted.shape == (3, 8, 3)
    assert ticks[1].departure.shape == (8,)
    wrong = replace(made, hand=replace(made.hand, keypoint_names=('tail', *tips[1:])))
    with pytest.raises(ValueError, match='tail'):
        build_policies(HAND, str(save_checkpoint(wrong, tmp_path / 'w')), 30.0)
