"""Writing an ONNX graph by hand: names, constants and the operators that are needed."""

from collections.abc import Sequence

import numpy as np
from onnx import helper, numpy_helper, TensorProto


class GraphBuilder:
    """Collects nodes and constants; values are referred to by name.

    Args:
      prefix: begins the names of this graph's values, so that a loop's body has names of its own.
      weights: f32, or int8 with a scale for each output, by which the runtime multiplies as it
        reads them: a quarter of the bytes.
    """

    def __init__(self, prefix: str = '', weights: str = 'f32'):
        self._prefix, self._weights = prefix, weights
        self._nodes = []
        self._constants: dict[str, np.ndarray] = {}

    def constant(self, name: str, array: np.ndarray) -> str:
        """A named constant; float arrays become float32."""
        array = np.asarray(array)
        if array.dtype.kind == 'f':
            array = array.astype(np.float32)
        self._constants.setdefault(self._prefix + name, array)
        return self._prefix + name

    def node(self, operator: str, *inputs: str, outputs: int = 1, **attributes):
        """An operator; returns the name of its output, or their names."""
        stem = f'{self._prefix}{operator.lower()}_{len(self._nodes)}'
        names = [f'{stem}_{index}' for index in range(outputs)]
        self._nodes.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def rename(self, value: str, name: str) -> str:
        """Give a value a name of the graph's interface."""
        self._nodes.append(helper.make_node('Identity', [value], [name]))
        return name

    def linear(self, name: str, x: str, weights: dict[str, np.ndarray]) -> str:
        """X W^T + b with the weights of a torch Linear."""
        product = self.node('MatMul', x, self._matrix(name, weights[f'{name}.weight']))
        if f'{name}.bias' not in weights:
            return product
        return self.node('Add', product, self.constant(f'{name}.bias', weights[f'{name}.bias']))

    def _matrix(self, name: str, weight: np.ndarray) -> str:
        """The transpose of a matrix (outputs, inputs)."""
        if self._weights == 'f32':
            return self.constant(f'{name}.weight', weight.T)
        scale = np.maximum(np.abs(weight).max(axis=1), 1e-12) / 127.0
        whole = self.constant(f'{name}.whole', np.rint(weight / scale[:, None]).astype(np.int8))
        read = self.node(
            'DequantizeLinear', whole, self.constant(f'{name}.step', scale), axis=0
        )
        return self.node('Transpose', read, perm=[1, 0])

    def silu(self, x: str) -> str:
        """X sigmoid(x)."""
        return self.node('Mul', x, self.node('Sigmoid', x))

    def group_norm(self, x: str, batch: int, width: int, groups: int) -> str:
        """Group normalisation without affine part, as layer normalisation over each group."""
        share = width // groups
        shape = self.constant(f'shape.{batch}.{groups}.{share}', np.array([batch, groups, share]))
        back = self.constant(f'shape.{batch}.{width}', np.array([batch, width]))
        ones = self.constant(f'ones.{share}', np.ones(share))
        grouped = self.node('Reshape', x, shape)
        normal = self.node('LayerNormalization', grouped, ones, axis=-1, epsilon=1e-5)
        return self.node('Reshape', normal, back)

    def layer(
        self, name: str, x: str, weights: dict[str, np.ndarray], batch: int, groups: int
    ) -> str:
        """Linear, group normalisation with affine part, SiLU."""
        hidden = self.linear(f'{name}.linear', x, weights)
        scale = weights[f'{name}.norm.scale']
        hidden = self.group_norm(hidden, batch, len(scale), groups)
        hidden = self.node('Mul', hidden, self.constant(f'{name}.scale', scale))
        shift = self.constant(f'{name}.shift', weights[f'{name}.norm.shift'])
        return self.silu(self.node('Add', hidden, shift))

    def split(self, x: str, count: int, axis: int = -1) -> list[str]:
        """Equal parts of a value."""
        if count == 1:
            return [x]
        return self.node('Split', x, outputs=count, axis=axis, num_outputs=count)

    def graph(self, name: str, inputs: Sequence, outputs: Sequence):
        """The GraphProto with these typed inputs and outputs."""
        constants = [numpy_helper.from_array(array, key) for key, array in self._constants.items()]
        return helper.make_graph(self._nodes, name, list(inputs), list(outputs), constants)


def tensor(name: str, *shape: int):
    """A float input or output of a graph."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))
