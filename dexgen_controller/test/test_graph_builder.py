"""Layers as the graph stores them."""

from dexgen_controller.graph import OPSET
from dexgen_controller.graph_builder import GraphBuilder, tensor
import numpy as np
from onnx import helper
import pytest


def run_layer(stored, weight, x):
    builder = GraphBuilder(weights=stored)
    builder.rename(builder.linear('layer', 'x', {'layer.weight': weight}), 'y')
    graph = builder.graph('one', [tensor('x', *x.shape)], [tensor('y', len(x), len(weight))])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', OPSET)])
    model.ir_version = 10
    runtime = pytest.importorskip('onnxruntime')
    session = runtime.InferenceSession(
        model.SerializeToString(), providers=['CPUExecutionProvider']
    )
    return session.run(None, {'x': x})[0]


def test_int8_weights_are_rounded_to_255_steps_an_output():
    random = np.random.default_rng(0)
    weight = random.normal(size=(32, 48)).astype(np.float32)
    weight[3] *= 100.0
    x = random.normal(size=(2, 48)).astype(np.float32)
    scale = np.abs(weight).max(axis=1, keepdims=True) / 127.0
    rounded = x @ (np.rint(weight / scale) * scale).T
    np.testing.assert_allclose(run_layer('int8', weight, x), rounded, atol=1e-3)
    np.testing.assert_allclose(run_layer('f32', weight, x), x @ weight.T, atol=1e-3)
    assert np.abs(rounded - x @ weight.T)[:, np.arange(32) != 3].max() > 5e-3
