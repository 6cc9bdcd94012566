"""The learned controller in physical units."""

from dexgen_controller.checkpoint import random_checkpoint
from dexgen_controller.model_config import CONFIGS
from dexgen_controller.observation import stack_steps
from dexgen_controller.planner import MotionPlanner
from dexgen_controller.sampling_config import SamplingConfig
from dexgen_description import Kinematics, load_hand
import numpy as np
import pytest

pytest.importorskip('torch')
HAND = load_hand('allegro_right')
KINEMATICS = Kinematics(HAND)
CHECKPOINT = random_checkpoint(CONFIGS['tiny'], HAND)
BATCH = 3


def situation():
    random = np.random.default_rng(0)
    postures = HAND.pregrasp + 0.05 * random.normal(size=(BATCH, 4, 16))
    targets = postures + 0.02
    state = stack_steps(KINEMATICS, postures, targets)
    reference = KINEMATICS.keypoints(targets[:, -1])
    return state, reference + 0.02 * random.normal(size=reference.shape), reference


def plan(guidance, **sampling):
    planner = MotionPlanner(
        CHECKPOINT, SamplingConfig(steps=4, backend='onnxruntime', **sampling), BATCH
    )
    return planner.plan(*situation(), guidance)


def test_a_plan_has_the_stated_shapes():
    found = plan(1.0, samples=4, start_temperature=1.0)
    assert found.motion.shape == (BATCH, 2, 8, 3)
    assert found.increment.shape == found.deviation.shape == (BATCH, 16)
    assert found.strain.shape == found.spread.shape == (BATCH,)
    assert (found.spread > 0.0).all()


def test_boundless_guidance_ends_at_the_command():
    _, keypoints, reference = situation()
    found = plan(1e9, arbitration=None)
    np.testing.assert_allclose(
        found.motion, np.repeat((keypoints - reference)[:, None], 2, axis=1), atol=2e-3
    )


def test_without_guidance_the_command_does_not_matter():
    state, keypoints, reference = situation()
    motions = []
    for command in (keypoints, reference):
        planner = MotionPlanner(CHECKPOINT, SamplingConfig(steps=4, backend='torch'), BATCH)
        motions.append(planner.plan(state, command, reference, 0.0).motion)
    np.testing.assert_array_equal(*motions)


@pytest.mark.parametrize(('guidance', 'share'), [(1.5, 0.5), (3.0, 1.0), (30.0, 1.0)])
def test_the_model_is_asked_for_what_is_not_carried(monkeypatch, guidance, share):
    state, _, reference = situation()
    planner = MotionPlanner(CHECKPOINT, SamplingConfig(steps=4, backend='onnxruntime'), BATCH)
    asked, carried = np.full_like(reference, 0.002), np.full_like(reference, 0.001)
    seen, run = {}, planner.runtime.run
    monkeypatch.setattr(planner.runtime, 'run', lambda inputs: seen.update(inputs) or run(inputs))
    monkeypatch.setattr(planner.arbitration, 'share', lambda *args: reference + asked)
    monkeypatch.setattr(planner.arbitration, 'carried', carried)
    found = planner.plan(state, reference, reference, guidance)
    np.testing.assert_allclose(found.carried, share * carried)
    command = (seen['command'] * CHECKPOINT.normaliser.motion_scale).reshape(BATCH, 2, 8, 3)
    left = np.repeat((asked - share * carried)[:, None], 2, axis=1)
    np.testing.assert_allclose(command, left, atol=1e-6)


def test_guidance_strains_the_motion():
    assert (plan(1e6).strain > plan(0.0).strain).all()


def test_the_likeliest_of_many_samples_is_less_strained():
    alone = np.mean([plan(1.0, start_temperature=1.0, seed=seed).strain for seed in range(5)])
    best = np.mean(
        [plan(1.0, samples=16, start_temperature=1.0, seed=seed).strain for seed in range(5)]
    )
    assert best < alone


def test_a_weightless_keypoint_is_not_pulled():
    state, keypoints, reference = situation()
    planner = MotionPlanner(CHECKPOINT, SamplingConfig(steps=4, backend='torch'), BATCH)
    weights = np.ones(8)
    weights[3] = 0.0
    found = planner.plan(state, keypoints, reference, 1e9, weights=weights)
    error = np.linalg.norm(found.motion - (keypoints - reference)[:, None], axis=-1)
    others = np.delete(error, 3, axis=2)
    assert error[:, :, 3].mean() > 5.0 * others.mean()


@pytest.mark.parametrize('origin', ['command', 'plan'])
def test_sampling_may_start_elsewhere(origin):
    found = plan(1.0, origin=origin, start=0.6)
    assert np.isfinite(found.motion).all()


def test_unknown_modes_and_origins_are_named():
    planner = MotionPlanner(CHECKPOINT, SamplingConfig(steps=2, backend='torch'), BATCH)
    with pytest.raises(ValueError, match='default, precision_rotation'):
        planner.plan(*situation(), 1.0, mode='sleepy')
    with pytest.raises(ValueError, match='noise, command, plan'):
        SamplingConfig(origin='nowhere')
    with pytest.raises(ValueError, match='all the same'):
        SamplingConfig(samples=3)
