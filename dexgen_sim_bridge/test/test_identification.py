"""Fitting the simulated drive: it finds gains and delay that are known."""

import json
import re

from dexgen_description import load_hand
from dexgen_sim_bridge.drive_file import load_drive
from dexgen_sim_bridge.identification import (
    DriveModel,
    DriveSimulator,
    Fit,
    fit_drive,
    Motion,
    resample,
)
from dexgen_sim_bridge.identify import drive_yaml, FitDrive, ShowDrive
from dexgen_sim_bridge.recording_file import read_recording, Recording, write_recording
from dexgen_sim_bridge.steps_node import step_postures
import numpy as np
import pytest
import yaml

HAND = load_hand('allegro_right')
NOISE = 0.002


def steps(joints=slice(None)):
    """Targets (N, 16) [rad] that step through the rows of joints, 0.5 s each."""
    postures = np.array(step_postures(HAND, 0.3))
    still = np.tile(HAND.pregrasp, (len(postures), 1))
    still[:, joints] = postures[:, joints]
    return np.repeat(still, 100, axis=0)


def answered(targets, truth, seed=0):
    """The motion of a hand with this drive, measured with noise."""
    blank = Motion(0.005, targets, np.tile(HAND.pregrasp, (len(targets), 1)))
    positions = DriveSimulator(HAND, blank).positions(truth)
    noise = np.random.default_rng(seed).normal(0.0, NOISE, positions.shape)
    return blank._replace(positions=positions + noise)


@pytest.mark.parametrize('delay', [0.0, 0.065])
def test_it_finds_a_drive_that_is_known(delay):
    random = np.random.default_rng(1)
    truth = DriveModel(
        HAND.kp * random.uniform(0.5, 1.6, 16), HAND.kd * random.uniform(0.6, 1.8, 16), delay
    )
    fit = fit_drive(HAND, answered(steps(), truth))
    assert fit.drive.delay == pytest.approx(delay, abs=0.0051)
    assert fit.error_after < 1.5 * NOISE
    assert fit.error_after < fit.error_before / 4.0
    assert np.median(np.abs(np.log(fit.drive.kp / truth.kp))) < 0.05
    assert np.median(np.abs(np.log(fit.drive.kd / truth.kd))) < 0.1


def test_joints_that_do_not_move_keep_their_gains():
    finger = HAND.joint_indices('index')
    truth = DriveModel(0.6 * HAND.kp, HAND.kd, 0.02)
    fit = fit_drive(HAND, answered(steps(finger), truth))
    assert np.flatnonzero(fit.moved).tolist() == finger.tolist()
    assert np.array_equal(fit.drive.kp[~fit.moved], HAND.kp[~fit.moved])


def test_a_hand_that_never_moves_is_refused():
    targets = np.tile(HAND.pregrasp, (400, 1))
    with pytest.raises(ValueError, match='no joint moved'):
        fit_drive(HAND, Motion(0.005, targets, targets))


def test_steps_stay_within_the_limits_of_the_joints():
    for posture in step_postures(HAND, 0.3):
        assert np.all((posture > HAND.lower) & (posture < HAND.upper))


def test_targets_are_held_and_positions_interpolated():
    motion = resample(
        [0.0, 1.0, 2.0], [[1.0], [2.0], [3.0]], [0.0, 2.0], [[0.0], [4.0]], timestep=0.25
    )
    assert motion.targets[:, 0].tolist() == [1.0] * 4 + [2.0] * 4
    assert motion.positions[:, 0] == pytest.approx(np.arange(8) * 0.5)


@pytest.mark.parametrize(
    ('times', 'value', 'said'), [((5.0, 6.0), 0.0, 'overlap'), ((0.0, 2.0), np.nan, 'not finite')]
)
def test_a_recording_that_says_nothing_is_refused(times, value, said):
    with pytest.raises(ValueError, match=said):
        resample([0.0, 2.0], [[0.0], [0.0]], times, [[value], [0.0]])


def recorded(motion):
    times = motion.timestep * np.arange(len(motion.targets))
    return Recording(times, motion.targets, times, motion.positions)


@pytest.mark.parametrize(
    ('backend', 'hand', 'kp', 'rate'),
    [
        ('allegro_v4', 'allegro_right', ('0.8333', '3'), ('7', '7')),
        ('allegro_v5', 'allegro_left', ('-', '3'), ('7', '7')),
        ('leap', 'leap_right', ('-', None), ('6', None)),
    ],
)
def test_the_real_drive_is_shown_beside_the_simulated_one(capsys, backend, hand, kp, rate):
    ShowDrive(backend, hand).run()
    head, names, first, *_, last = capsys.readouterr().out.splitlines()
    assert f'{hand} behind {backend}' in head and 'delay' in last
    found = dict(zip(re.split(r'\s{2,}', names.strip()), first.split(), strict=True))
    assert found['joint'] == 'index_joint_0'
    assert found['kp real'] == kp[0] and found['kp sim'] == (kp[1] or found['kp sim'])
    assert found['rate real'] == rate[0] and float(found['rate real']) <= float(found['rate sim'])


def test_a_recording_is_written_and_read(tmp_path):
    motion = answered(steps()[:300], DriveModel(HAND.kp, HAND.kd))
    path = tmp_path / 'steps.csv'
    write_recording(path, recorded(motion), HAND.joint_names)
    found = read_recording(path, HAND.joint_names)
    assert found.targets == pytest.approx(motion.targets, abs=1e-6)
    assert found.positions == pytest.approx(motion.positions, abs=1e-6)


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('a,b\n1,2\n', 'no columns'),
        ('time,stream,a\n0,wish,1\n', "stream is 'wish'"),
        ('time,stream,a\n0,target,x\n', 'line 2'),
        ('time,stream,a\n0,target,1\n1,target,2\n', '0 rows of positions'),
    ],
)
def test_a_broken_file_is_named(tmp_path, text, said):
    path = tmp_path / 'steps.csv'
    path.write_text(text)
    with pytest.raises(ValueError, match=said):
        read_recording(path, ['a'])


def test_the_command_prints_errors_and_writes_a_drive(tmp_path, capsys):
    truth = DriveModel(0.7 * HAND.kp, 1.3 * HAND.kd, 0.03)
    path, output = tmp_path / 'steps.csv', tmp_path / 'drive.yaml'
    write_recording(path, recorded(answered(steps(), truth)), HAND.joint_names)
    FitDrive(path, output=output).run()
    printed = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert printed['error_after_mrad'] < printed['error_before_mrad'] / 3.0
    assert printed['delay_ms'] == pytest.approx(30.0, abs=5.1)
    drive = yaml.safe_load(output.read_text())['drive']
    assert len(drive['kp']) == 16 and drive['delay'] == pytest.approx(0.03, abs=0.0051)


def test_the_written_drive_is_read_by_the_bridge(tmp_path):
    path = tmp_path / 'drive.yaml'
    drive = DriveModel(HAND.kp, HAND.kd, 0.03)
    path.write_text(drive_yaml(Fit(drive, 0.1, 0.01, np.ones(16, bool)), 'steps.csv'))
    read = load_drive(str(path), HAND)
    assert read.kp == pytest.approx(tuple(HAND.kp)) and read.delay == 0.03
    path.write_text('drive: {delay: 7}')
    with pytest.raises(ValueError, match='between 0 and 1'):
        load_drive(str(path), HAND)
    with pytest.raises(ValueError, match='no drive file'):
        load_drive('/nowhere.yaml', HAND)
