"""The figures of the retargeting benchmark on motions whose figures are known."""

import json

from dexgen_description import load_hand
from dexgen_teleop.bench_retargeting import main
from dexgen_teleop.retargeting_benchmark import figures, peers
from dexgen_teleop.retargeting_benchmark.recording import (
    operator_gaps,
    pinch_sequences,
    read_clip,
    Recording,
    smoothed,
)
from dexgen_teleop.sources.script import Operator
import numpy as np
import pytest

RATE = 30.0


def wave(frames, shift=0.0):
    """(frames, 1, 3) a motion with several frequencies, `shift` frames later."""
    time = (np.arange(frames) - shift)[:, None, None] / RATE
    return 0.05 * np.sin(2.0 * np.pi * np.array([0.7, 1.3, 2.1]) * time)


@pytest.mark.parametrize('shift', [-1.5, 0.0, 0.4, 1.0, 2.75])
def test_lag_is_found_between_frames(shift):
    assert figures.lag(wave(400, shift), wave(400)) == pytest.approx(shift, abs=0.05)


def test_error_and_acceleration_of_known_motions():
    reference = np.zeros((10, 4, 3))
    assert figures.tip_error(reference + [0.003, 0.0, 0.004], reference) == pytest.approx(5.0)
    time = np.arange(50)[:, None] / RATE
    assert figures.joint_acceleration(3.0 * time**2, RATE) == pytest.approx(6.0)


def test_the_reference_has_no_delay():
    assert abs(figures.lag(smoothed(wave(400), RATE), wave(400))) < 0.01


def test_surfaces_agree_with_a_hand_of_known_gaps():
    hand = load_hand('allegro_right')
    surfaces = figures.Surfaces(hand)
    assert surfaces.penetration(hand.rest[None]) == 0.0
    gap = surfaces.pinch_gap(hand.rest[None], 'index')
    assert 20.0 < gap[0] < 200.0
    crossed = hand.rest.copy()
    crossed[hand.joint_indices('index')[0]] = hand.lower[0]
    crossed[hand.joint_indices('middle')[0]] = hand.upper[0]
    assert surfaces.penetration(crossed[None]) > 5.0


def test_generated_pinches_pinch():
    sequences = pinch_sequences('right', 'middle', 4, RATE, np.random.default_rng(0))
    frames = [(operator_gaps(s.points, ('middle',)) < 0.025).sum() for s in sequences]
    assert min(frames) > 5
    assert max(operator_gaps(s.points, ('middle',)).max() for s in sequences) > 0.06


def test_the_least_gap_within_reach():
    hand = load_hand('allegro_right')
    surfaces = figures.Surfaces(hand)
    still, free = np.zeros_like(hand.rest), np.full_like(hand.rest, 10.0)
    gap = surfaces.pinch_gap(hand.rest[None], 'ring')[0]
    assert surfaces.least_pinch_gap(hand.rest, 'ring', still) == pytest.approx(gap)
    assert surfaces.least_pinch_gap(hand.rest, 'ring', still + 0.1) < gap - 5.0
    assert surfaces.least_pinch_gap(hand.rest, 'ring', free) < 1.0


def test_an_absent_clip_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='--clip'):
        read_clip(tmp_path / 'none.npz')


def test_absent_peers_say_so(tmp_path):
    python = tmp_path / 'python'
    python.write_text('#!/bin/sh\nexit 1\n')
    python.chmod(0o755)
    hand = load_hand('allegro_right')
    answer = peers.dex_retargeting(hand, None, Recording(np.zeros((0, 21, 3)), RATE), str(python))
    assert 'not installed' in answer


def test_the_recorded_hand_is_followed_closely_and_smoothly(hands_folder):
    clip = hands_folder / 'dex_human_hand_right.npz'
    result = main(['--clip', str(clip), '--sequences', '2', '--no-peers'])
    assert result['tip_error_mm'] <= 6.0 and result['lag_frames'] < 1.0
    assert result['joint_acceleration_rms'] <= 15.1  # machines round differently
    assert max(result['generated_pinch_gap_mm'].values()) < 5.0
    assert min(result['generated_pinch_frames'].values()) > 20
    assert result['clip_pinch_frames'] == 21  # all; one of them no bounded hand reaches in time
    assert result['clip_pinch_frames_over_5_mm'] <= result['clip_pinch_frames_out_of_reach'] == 1
    assert result['clip_pinch_gap_within_reach_mm'] < 5.0
    assert result['pinch_gap_mm'] >= result['clip_pinch_gap_mm']
    assert result['max_penetration_mm'] < 1.0 and result['joints_outside_limits'] == 0


def test_the_benchmark_prints_one_line_with_every_key(tmp_path, capsys):
    operator = Operator('right')
    world = np.array([operator.points(3.0 * i / RATE) for i in range(90)])
    np.savez(tmp_path / 'clip.npz', world=world, fps=RATE)
    main(['--clip', str(tmp_path / 'clip.npz'), '--sequences', '1', '--python', '/bin/false'])
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {
        'cpu_ms_median',
        'cpu_ms_p99',
        'tip_error_mm',
        'tip_error_raw_mm',
        'pinch_gap_mm',
        'joint_acceleration_rms',
        'lag_frames',
        'max_penetration_mm',
        'peers',
    } <= set(result)
    assert result['joints_outside_limits'] == 0
    assert result['max_penetration_mm'] < 1.0
    assert 'not installed' in result['peers']['dex_retargeting']
    assert result['peers']['mink_3']['tip_error_raw_mm'] < result['tip_error_raw_mm']
    assert set(result['times_faster_p99']) == {'mink_1', 'mink_3'}
