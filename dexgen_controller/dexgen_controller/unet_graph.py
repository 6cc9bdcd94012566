"""The UNet in the graph, with products of matrices made when the graph is built.

A step of the loop costs what it reads of weights. Two of the UNet's matrices need not be read:
the first block's comes right after the inlet, with nothing between, and the first decoder block
sees the same features twice, as its input and as the skip.
"""

import numpy as np

from dexgen_controller.graph_builder import GraphBuilder
from dexgen_controller.model_config import ModelConfig

ENTRY = 'motion.entry'
"""Folded: the inlet, and the first layer of the first block behind it."""
BOTTOM = 'motion.bottom'
"""Folded: the first layer of the first decoder block, for its input alone."""


def folded_weights(config: ModelConfig, weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The weights with the folded matrices among them, multiplied in float64."""

    def double(name: str) -> tuple[np.ndarray, np.ndarray]:
        return weights[f'{name}.weight'].astype(float), weights[f'{name}.bias'].astype(float)

    inlet, inlet_bias = double('motion.inlet')
    first, first_bias = double('motion.down.0.first')
    bottom, bottom_bias = double('motion.up.0.first')
    folded = {
        f'{ENTRY}.weight': np.concatenate([inlet, first @ inlet]),
        f'{ENTRY}.bias': np.concatenate([inlet_bias, first @ inlet_bias + first_bias]),
        f'{BOTTOM}.weight': bottom[:, : config.width] + bottom[:, config.width :],
        f'{BOTTOM}.bias': bottom_bias,
    }
    return weights | {name: array.astype(np.float32) for name, array in folded.items()}


def unet(
    body: GraphBuilder, x: str, film: str, config: ModelConfig, weights: dict, batch: int
) -> str:
    """Prediction (B, D) for noisy motions (B, D), with `folded_weights`.

    Args:
      film: (B, film), with 1 added to the scales.
    """
    terms = body.split(film, 4 * config.depth)
    hidden, inner = body.split(body.linear(ENTRY, x, weights), 2)
    skips = []
    for index in range(2 * config.depth):
        up = index - config.depth
        name = f'motion.down.{index}' if up < 0 else f'motion.up.{up}'
        if up == 0:
            skips.pop()
            inner = body.linear(BOTTOM, hidden, weights)
        elif index > 0:
            given = hidden if up < 0 else body.node('Concat', hidden, skips.pop(), axis=-1)
            inner = body.linear(f'{name}.first', given, weights)
        inner = body.group_norm(inner, batch, config.width, config.groups)
        inner = body.node('Mul', inner, terms[2 * index])
        inner = body.silu(body.node('Add', inner, terms[2 * index + 1]))
        inner = body.layer(f'{name}.second', inner, weights, batch, config.groups)
        hidden = body.node('Add', hidden, inner)
        if up < 0:
            skips.append(hidden)
    return body.linear('motion.outlet', hidden, weights)
