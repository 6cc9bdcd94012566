"""Which fingers press: what the network sees, and the network in numpy."""

from dexgen_controller.checkpoint import random_checkpoint, random_touch
from dexgen_controller.model_config import TINY
from dexgen_controller.planner import MotionPlanner
from dexgen_controller.touch import feature_count, GAIN, TIMES, TouchEstimator, TouchFilter
from dexgen_description import load_hand
import numpy as np
import pytest
import torch

HAND = load_hand('allegro_right')
JOINTS, RATE = 16, 10.0
FRESH, LATER = np.ones(2, bool), np.zeros(2, bool)


def run(bends, targets=None):
    """Features (T, 2, N) of two hands whose joints are bent by (T,) [rad] from their targets."""
    touch = TouchFilter(JOINTS, RATE, 2, dither=0.0)
    targets = np.zeros(len(bends)) if targets is None else targets
    return np.stack([
        touch.step(np.full((2, JOINTS), target - bend), np.full((2, JOINTS), target),
                   FRESH if k == 0 else LATER)
        for k, (bend, target) in enumerate(zip(bends, targets, strict=True))
    ])  # fmt: skip


def test_a_step_of_the_bend_passes_each_filter_at_its_pace():
    features = run(np.r_[0.0, np.full(20, 0.1)])
    assert features.shape == (21, 2, feature_count(JOINTS))
    for index, time in enumerate(TIMES):
        passed = features[-1, 0, JOINTS * (1 + index)] / GAIN
        assert passed == pytest.approx(0.1 * (1.0 - np.exp(-2.0 / time)), rel=1e-5)


def test_the_last_steps_are_seen_as_they_are():
    features = run(np.linspace(0.0, 0.5, 6), targets=np.arange(6) ** 2)
    bends = JOINTS * (1 + len(TIMES))
    assert features[-1, 0, bends::JOINTS][:4] == pytest.approx(GAIN * np.linspace(0.2, 0.5, 4))
    moves = features[-1, 0, bends + 4 * JOINTS :: JOINTS][:3]
    assert moves == pytest.approx(GAIN * np.array([5.0, 7.0, 9.0]))


def test_a_hand_begins_anew_alone():
    touch = TouchFilter(JOINTS, RATE, 2, dither=0.0)
    touch.step(np.zeros((2, JOINTS)), np.ones((2, JOINTS)), FRESH)
    features = touch.step(np.zeros((2, JOINTS)), np.zeros((2, JOINTS)), np.array([True, False]))
    assert not features[0].any() and features[1].any()


def test_the_dither_is_as_large_as_said_and_begins_anew():
    touch, still = TouchFilter(JOINTS, RATE, 500), np.zeros((500, JOINTS))
    first = touch.step(still, still, np.ones(500, bool))
    assert first[:, :JOINTS].std() == pytest.approx(0.01, rel=0.05)
    touch.restart()
    np.testing.assert_array_equal(first, touch.step(still, still, np.ones(500, bool)))


def test_numpy_and_torch_agree():
    weights = {k.removeprefix('touch.'): v for k, v in random_touch(TINY, 3).items()}
    features = np.random.default_rng(1).normal(size=(5, feature_count(JOINTS)))
    hidden = torch.as_tensor(features, dtype=torch.float32)
    for i in range(3):
        w, b = (torch.from_numpy(weights[f'layers.{i}.{part}']) for part in ('weight', 'bias'))
        hidden = torch.nn.functional.linear(hidden, w, b)
        hidden = torch.nn.functional.silu(hidden) if i < 2 else torch.sigmoid(hidden)
    np.testing.assert_allclose(TouchEstimator(weights)(features), hidden.numpy(), atol=1e-5)


def test_extreme_features_are_no_overflow():
    weights = {k.removeprefix('touch.'): v for k, v in random_touch(TINY, 0).items()}
    with np.errstate(all='raise'):
        told = TouchEstimator(weights)(np.full((1, feature_count(JOINTS)), 1e4))
    assert ((told >= 0.0) & (told <= 1.0)).all()


def test_missing_weights_are_named():
    checkpoint = random_checkpoint(TINY, HAND)
    del checkpoint.weights['touch.layers.1.bias']
    with pytest.raises(ValueError, match=r'layers\.1\.bias.*train'):
        MotionPlanner(checkpoint)
