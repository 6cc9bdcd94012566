from dexgen_teleop.bench_tracking import measure_errors
from dexgen_teleop.evaluation.depth_camera import DepthNoise, RADII, render, spoil
from dexgen_teleop.evaluation.fit_noise import mixture
from dexgen_teleop.evaluation.hand_sequence import CAMERA, hand_sequence, SequenceSettings
from dexgen_teleop.evaluation.kinematic_fit import fit_hand, rotations
from dexgen_teleop.evaluation.landmark_noise import CLIP_SPEED, IMAGE, NoiseProcess, WORLD
from dexgen_teleop.human_hand import HumanHand, OPEN
from dexgen_teleop.sources.script import FACING, Operator
import numpy as np
import pytest

SETTINGS = SequenceSettings(seconds=4.0, still=1.5, seed=7)


def test_a_sequence_is_the_same_for_the_same_seed():
    short = SequenceSettings(seconds=0.2, still=0.1, seed=4)
    first, second = list(hand_sequence(short)), list(hand_sequence(short))
    for a, b in zip(first, second, strict=True):
        assert np.array_equal(a.frame.depth, b.frame.depth)
        assert np.array_equal(a.detection.world, b.detection.world)


def test_the_set_is_hard_enough_and_the_tracker_good_enough():
    figures = measure_errors(SETTINGS, 3)
    assert figures['occluded_share'] > 0.15
    assert figures['depth_only_error_mm_p95'] > 30.0
    assert figures['error_mm_median'] < 5.0 and figures['error_mm_p95'] < 12.0
    assert figures['error_mm_max'] < 30.0 and figures['valid_share'] > 0.8
    assert figures['still_jitter_mm_rms'] < 1.0 and figures['added_lag_ms'] < 33.4


def test_a_rendered_sphere_has_its_depth():
    points = np.tile([0.02, -0.01, 0.5], (21, 1))
    depth, owner = render(points, np.full(21, 0.01), CAMERA, 1.0)
    u, v = np.round(CAMERA.project(points[0]) * [640, 480]).astype(int)
    assert abs(depth[v, u] - 0.49) < 5e-4 and owner[v, u] >= 0
    assert np.isclose((depth < 1.0).sum(), np.pi * (0.01 / 0.5 * 460.0) ** 2, rtol=0.05)


def test_camera_errors_are_as_large_as_said():
    points = HumanHand().landmarks(OPEN) @ FACING.T + [0.0, 0.06, 0.5]
    exact, owner = render(points, RADII, CAMERA, 1.2)
    noise = DepthNoise(flying=0.0, holes=0.03)
    seen = spoil(exact, CAMERA, noise, np.random.default_rng(0))
    hand = owner >= 0
    assert 0.005 < (seen[hand] == 0.0).mean() < 0.15
    error = (seen - exact)[hand & (seen > 0.0)]
    assert 0.0012 < error.std() < 0.0035
    wall = ~hand & (np.abs(np.arange(480)[:, None] - 240) < 200)
    assert (seen[wall] == 0.0).any()


@pytest.mark.parametrize('noise', [WORLD, IMAGE])
def test_landmark_noise_has_its_parameters(noise):
    process = NoiseProcess(noise, 30.0, np.random.default_rng(1))
    nothing = np.zeros(21, bool)
    errors = np.stack([process.step(nothing, CLIP_SPEED / 30.0) for _ in range(6000)])
    rest = errors - errors.mean(axis=0)
    core = 1.4826 * np.median(np.abs(rest), axis=(0, 1))
    expected = np.hypot(noise.slow, noise.white)
    assert np.allclose(core, expected, rtol=0.35)
    beyond = (np.abs(rest) > 3.0 * core).mean()
    assert 0.02 < beyond < 0.1
    one = rest[:, :, 0]
    keep = (one[1:] * one[:-1]).mean() / (one**2).mean()
    assert 0.75 < keep < 0.97


def test_slow_errors_stay_while_the_hand_rests():
    process = NoiseProcess(WORLD, 30.0, np.random.default_rng(2))
    errors = np.stack([process.step(np.zeros(21, bool), 0.0) for _ in range(300)])
    assert np.allclose(errors.std(axis=0).mean(axis=0), WORLD.white, rtol=0.1)


def test_a_mixture_is_told_apart():
    random = np.random.default_rng(3)
    wide = random.random((200_000, 1)) < 0.08
    values = random.standard_normal((200_000, 1)) * np.where(wide, np.hypot(1.0, 5.0), 1.0)
    bad, share = mixture(values, np.array([1.0]))
    assert np.isclose(bad, 5.0, rtol=0.05) and np.isclose(share, 0.08, rtol=0.1)


def test_a_jointed_hand_explains_a_jointed_hand():
    times = np.arange(0.0, 12.0, 0.25)
    points = np.stack([Operator('right').points(time) for time in times])
    fit = fit_hand(points, 'right', rounds=3, steps=10)
    assert np.sqrt(np.square(fit.points - points).mean()) < 0.002
    rng = np.random.default_rng(0)
    broken = points + 0.004 * rng.standard_normal(points.shape)
    rest = fit_hand(broken, 'right', rounds=3, steps=10)
    residual = np.sqrt(np.square(rest.points - broken).mean())
    assert 0.002 < residual < 0.005


def test_rotation_vectors_turn():
    assert np.allclose(rotations(np.array([0.0, 0.0, np.pi / 2])) @ [1, 0, 0], [0, 1, 0])
