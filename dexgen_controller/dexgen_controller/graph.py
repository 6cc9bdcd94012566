"""One ONNX graph for a whole tick: condition, the DDIM loop inside, inverse dynamics.

The state encoder and its FiLM terms run once, before the loop; the FiLM terms of the diffusion
steps are tabulated when the graph is built. Guidance comes in as tables, so that its strength
changes without a new graph.

Inputs (float32): state (B, S) raw; mode (B, M) one-hot; command, start (B, D) and drawn (N, B,
D), what is added at each step, normalised; trust (B, 1); gain and lift (N, D, D), transposed;
bound (1, D). Outputs:
motion (B, D), means (N, B, D) normalised; increment and log_deviation (B, J) in units of the
target scale.
"""

import math

import numpy as np
from onnx import helper, TensorProto

from dexgen_controller.checkpoint import Checkpoint, STATE_LIMIT
from dexgen_controller.graph_builder import GraphBuilder, tensor
from dexgen_controller.model_config import ModelConfig
from dexgen_controller.noise_schedule import NoiseSchedule
from dexgen_controller.unet_graph import folded_weights, unet

FREQUENCIES = 32
OPSET = 18
INPUTS = ('state', 'mode', 'command', 'trust', 'start', 'drawn', 'gain', 'lift', 'bound')
OUTPUTS = ('motion', 'means', 'increment', 'log_deviation')


def build_graph(checkpoint: Checkpoint, schedule: NoiseSchedule, batch: int, stored: str = 'f32'):
    """The ONNX model of a tick for a fixed batch and a fixed schedule.

    Args:
      stored: how the weights are stored, f32 or int8 (`GraphBuilder`).
    """
    config, weights = checkpoint.config, checkpoint.weights
    steps, size = schedule.steps, config.motion_size
    outer = GraphBuilder(weights=stored)
    state = _normalised_state(outer, checkpoint)
    condition = outer.node('Concat', state, 'mode', axis=-1)
    film = _film_state(outer, condition, config, weights, batch)
    table = step_table(weights, schedule.angles[:-1]) + _ones_at_scales(config)
    outer.constant('film_table', table[:, None, :])
    body = _loop_body(
        GraphBuilder('body.', stored),
        config,
        folded_weights(config, weights),
        schedule,
        batch,
        film,
    )
    trip = outer.constant('trip', np.array(steps))
    motion, means = outer.node('Loop', trip, '', 'start', outputs=2, body=body)
    outer.rename(motion, 'motion')
    outer.rename(means, 'means')
    _inverse_dynamics(
        outer, outer.node('Concat', condition, motion, axis=-1), config, weights, batch
    )
    graph = outer.graph(
        'controller',
        [
            tensor('state', batch, config.state_size),
            tensor('mode', batch, len(config.modes)),
            tensor('command', batch, size),
            tensor('trust', batch, 1),
            tensor('start', batch, size),
            tensor('drawn', steps, batch, size),
            tensor('gain', steps, size, size),
            tensor('lift', steps, size, size),
            tensor('bound', 1, size),
        ],
        [
            tensor('motion', batch, size),
            tensor('means', steps, batch, size),
            tensor('increment', batch, config.joints),
            tensor('log_deviation', batch, config.joints),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', OPSET)])
    model.ir_version = 10
    return model


def step_table(weights: dict[str, np.ndarray], angles: np.ndarray) -> np.ndarray:
    """Compute the FiLM terms (N, film) of diffusion angles (N,) [rad] in float64."""
    frequencies = np.exp(np.linspace(0.0, math.log(100.0), FREQUENCIES))
    phase = np.asarray(angles)[:, None] * frequencies
    hidden = np.concatenate([np.sin(phase), np.cos(phase)], axis=-1)
    for index in range(2):
        name = f'motion.step_embedding.{index}'
        hidden = hidden @ weights[f'{name}.weight'].T.astype(float) + weights[f'{name}.bias']
        hidden = hidden / (1.0 + np.exp(-hidden))
    return hidden @ weights['motion.film_step.weight'].T.astype(float)


def _ones_at_scales(config: ModelConfig) -> np.ndarray:
    """(film,) 1 where a block's scale stands, which multiplies by 1 more than itself."""
    return np.tile(np.repeat([1.0, 0.0], config.width), 2 * config.depth)


def _normalised_state(outer: GraphBuilder, checkpoint: Checkpoint) -> str:
    normaliser = checkpoint.normaliser
    centred = outer.node('Sub', 'state', outer.constant('state_mean', normaliser.state_mean))
    scaled = outer.node('Div', centred, outer.constant('state_scale', normaliser.state_scale))
    low = outer.constant('state_low', np.array(-STATE_LIMIT))
    return outer.node('Clip', scaled, low, outer.constant('state_high', np.array(STATE_LIMIT)))


def _film_state(
    outer: GraphBuilder, hidden: str, config: ModelConfig, weights: dict, batch: int
) -> str:
    for index in range(config.encoder_layers):
        name = f'motion.encoder.{index}'
        hidden = outer.layer(name, hidden, weights, batch, config.groups)
    return outer.linear('motion.film_state', hidden, weights)


def _loop_body(
    body: GraphBuilder,
    config: ModelConfig,
    weights: dict,
    schedule: NoiseSchedule,
    batch: int,
    film_state: str,
):
    coefficients = np.stack(
        [schedule.signal, schedule.noise, schedule.keep, schedule.gain, 1.0 / schedule.signal]
    )

    def of_step(table: str) -> str:
        return body.node('Gather', table, 'step', axis=0)

    signal, noise, keep, gain, inverse_signal = body.split(
        of_step(body.constant('coefficients', coefficients.T)), len(coefficients)
    )
    film = body.node('Add', film_state, of_step('film_table'))
    output = unet(body, 'x', film, config, weights, batch)
    if config.prediction == 'noise':
        rest = body.node('Sub', 'x', body.node('Mul', noise, output))
        mean = body.node('Mul', rest, inverse_signal)
    else:
        mean = body.node('Sub', body.node('Mul', signal, 'x'), body.node('Mul', noise, output))
    asked = body.node('Sub', 'command', mean)
    pull = body.node('MatMul', asked, of_step('gain'))
    more = body.node('Mul', 'trust', body.node('MatMul', asked, of_step('lift')))
    guided = body.node('Add', mean, body.node('Add', pull, more))
    bounded = body.node('Max', body.node('Min', guided, 'bound'), body.node('Neg', 'bound'))
    clean = body.node('Add', bounded, of_step('drawn'))
    following = body.node('Add', body.node('Mul', keep, 'x'), body.node('Mul', gain, clean))
    body.rename('more', 'more_out')
    body.rename(following, 'x_out')
    body.rename(mean, 'mean_out')
    size = config.motion_size
    return body.graph(
        'step',
        [
            helper.make_tensor_value_info('step', TensorProto.INT64, []),
            helper.make_tensor_value_info('more', TensorProto.BOOL, []),
            tensor('x', batch, size),
        ],
        [
            helper.make_tensor_value_info('more_out', TensorProto.BOOL, []),
            tensor('x_out', batch, size),
            tensor('mean_out', batch, size),
        ],
    )


def _inverse_dynamics(
    outer: GraphBuilder, given: str, config: ModelConfig, weights: dict, batch: int
) -> None:
    hidden = outer.silu(outer.linear('inverse.inlet', given, weights))
    for index in range(config.inverse_blocks):
        name = f'inverse.blocks.{index}'
        inner = outer.layer(f'{name}.0', hidden, weights, batch, config.groups)
        hidden = outer.node('Add', hidden, outer.linear(f'{name}.1', inner, weights))
    mean, log_deviation = outer.split(outer.linear('inverse.outlet', hidden, weights), 2)
    outer.rename(mean, 'increment')
    low = outer.constant('log_low', np.array(-5.0))
    high = outer.constant('log_high', np.array(2.0))
    outer.rename(outer.node('Clip', log_deviation, low, high), 'log_deviation')
