"""Every runtime computes what PyTorch computes."""

from dataclasses import replace

from dexgen_controller.checkpoint import random_checkpoint
from dexgen_controller.graph import step_table
from dexgen_controller.guidance import guidance_table, interpolate_covariance
from dexgen_controller.model_config import CONFIGS
from dexgen_controller.noise_schedule import NoiseSchedule
from dexgen_controller.processor import has_bfloat16
from dexgen_controller.runtime import build_runtime, TorchRuntime
from dexgen_description import load_hand
import numpy as np
import pytest

torch = pytest.importorskip('torch')
HAND = load_hand('allegro_right')
TINY = CONFIGS['tiny']


def inputs(checkpoint, schedule, batch, seed=0):
    random = np.random.default_rng(seed)
    config = checkpoint.config
    size, steps = config.motion_size, schedule.steps
    covariance = interpolate_covariance(
        checkpoint.spread.covariance, checkpoint.spread.angles, schedule.angles[:-1]
    )
    table = guidance_table(covariance, np.full(size, 2.0), trusted=np.full(size, 30.0))
    arrays = {
        'state': random.normal(size=(batch, config.state_size)),
        'mode': np.tile([1.0, 0.0], (batch, 1)),
        'command': random.normal(size=(batch, size)),
        'trust': random.random((batch, 1)),
        'start': random.normal(size=(batch, size)),
        'noise': random.normal(size=(steps, batch, size)),
        'gain': table.gain.transpose(0, 2, 1),
        'lift': table.lift.transpose(0, 2, 1),
        'root': table.root.transpose(0, 2, 1),
        'bound': np.full((1, size), 3.0),
    }
    return {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}


@pytest.mark.parametrize('backend', ['openvino', 'onnxruntime'])
@pytest.mark.parametrize('prediction', ['noise', 'velocity'])
@pytest.mark.parametrize(('batch', 'steps'), [(1, 12), (3, 4)])
def test_runtimes_agree_with_torch(backend, prediction, batch, steps):
    pytest.importorskip(backend)
    checkpoint = random_checkpoint(replace(TINY, prediction=prediction), HAND)
    schedule = NoiseSchedule.build(steps)
    given = inputs(checkpoint, schedule, batch)
    expected = TorchRuntime(checkpoint, schedule).run(given)
    found = build_runtime(checkpoint, schedule, batch, backend).run(given)
    scale = checkpoint.normaliser.motion_scale
    assert np.abs((found['motion'] - expected['motion']) * scale).max() < 1e-5
    for name in ('increment', 'log_deviation'):
        np.testing.assert_allclose(found[name], expected[name], atol=1e-5)


@pytest.mark.parametrize('depth', [1, 2])
def test_a_unet_of_any_depth_is_folded_rightly(depth):
    checkpoint = random_checkpoint(replace(TINY, depth=depth), HAND)
    schedule = NoiseSchedule.build(4)
    given = inputs(checkpoint, schedule, 2)
    expected = TorchRuntime(checkpoint, schedule).run(given)
    found = build_runtime(checkpoint, schedule, 2, 'openvino').run(given)
    np.testing.assert_allclose(found['motion'], expected['motion'], atol=1e-5)


def test_int8_weights_are_near_and_not_the_same():
    checkpoint = random_checkpoint(TINY, HAND)
    schedule = NoiseSchedule.build(12)
    given = inputs(checkpoint, schedule, 1)
    found = build_runtime(checkpoint, schedule, 1, 'openvino', 'int8').run(given)
    exact = TorchRuntime(checkpoint, schedule).run(given)
    assert 1e-4 < np.abs(found['motion'] - exact['motion']).max() < 0.1


def test_bf16_where_the_processor_has_it():
    if not has_bfloat16():
        pytest.skip('no avx512_bf16, no amx_bf16')
    checkpoint = random_checkpoint(TINY, HAND)
    schedule = NoiseSchedule.build(12)
    given = inputs(checkpoint, schedule, 1)
    runtime = build_runtime(checkpoint, schedule, 1, 'openvino', 'bf16')
    exact = TorchRuntime(checkpoint, schedule).run(given)
    assert runtime.arithmetic == 'bf16'
    assert 1e-4 < np.abs(runtime.run(given)['motion'] - exact['motion']).max() < 0.1


def test_without_bf16_in_the_processor_it_is_f32_and_says_so(tmp_path, monkeypatch):
    file = tmp_path / 'cpuinfo'
    file.write_text('processor\t: 0\nmodel name\t: Old\nflags\t\t: fpu avx2 avx512f\n\n')
    monkeypatch.setattr('dexgen_controller.processor.INFORMATION', file)
    checkpoint, schedule = random_checkpoint(TINY, HAND), NoiseSchedule.build(4)
    given = inputs(checkpoint, schedule, 1)
    with pytest.warns(UserWarning, match='no bf16 arithmetic .* f32 instead'):
        runtime = build_runtime(checkpoint, schedule, 1, 'openvino', 'bf16')
    assert runtime.arithmetic == 'f32'
    expected = TorchRuntime(checkpoint, schedule).run(given)
    np.testing.assert_allclose(runtime.run(given)['motion'], expected['motion'], atol=1e-5)


def test_a_result_stays_when_the_next_tick_is_computed():
    checkpoint, schedule = random_checkpoint(TINY, HAND), NoiseSchedule.build(2)
    runtime = build_runtime(checkpoint, schedule, 1, 'openvino')
    first = runtime.run(inputs(checkpoint, schedule, 1, seed=1))
    kept = first['motion'].copy()
    second = runtime.run(inputs(checkpoint, schedule, 1, seed=2))
    np.testing.assert_array_equal(first['motion'], kept)
    assert np.abs(second['motion'] - kept).max() > 1e-3


def test_an_unknown_precision_is_named():
    with pytest.raises(ValueError, match='f32, bf16, int8'):
        build_runtime(random_checkpoint(TINY, HAND), NoiseSchedule.build(2), 1, 'openvino', 'f64')


def test_only_openvino_has_other_precisions():
    with pytest.raises(ValueError, match='int8 needs openvino'):
        build_runtime(
            random_checkpoint(TINY, HAND), NoiseSchedule.build(2), 1, 'onnxruntime', 'int8'
        )


def test_tabulated_conditions_are_the_plain_ones():
    checkpoint = random_checkpoint(TINY, HAND)
    schedule = NoiseSchedule.build(6)
    given = inputs(checkpoint, schedule, 2)
    plain = TorchRuntime(checkpoint, schedule, tabulate=False).run(given)
    tabulated = TorchRuntime(checkpoint, schedule).run(given)
    np.testing.assert_allclose(tabulated['motion'], plain['motion'], atol=1e-4)


def test_the_step_table_is_the_models():
    from dexgen_controller.model import DexGenModel

    checkpoint = random_checkpoint(TINY, HAND)
    model = DexGenModel(TINY)
    model.load_state_dict({k: torch.from_numpy(checkpoint.weights[k]) for k in model.state_dict()})
    angles = np.linspace(0.05, 1.5, 7)
    with torch.inference_mode():
        expected = model.motion.condition_step(torch.from_numpy(angles).float()).numpy()
    np.testing.assert_allclose(step_table(checkpoint.weights, angles), expected, atol=1e-5)


def test_an_unknown_runtime_is_named():
    with pytest.raises(ValueError, match='openvino, onnxruntime, torch'):
        build_runtime(random_checkpoint(TINY, HAND), NoiseSchedule.build(2), backend='abacus')
