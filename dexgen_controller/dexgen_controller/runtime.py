"""Runtimes of the graph: OpenVINO by default, ONNX Runtime beside it, PyTorch as reference.

Each takes and gives the arrays that `graph` names, with the noise (N, B, D) and its root (N, D,
D), transposed, in place of what is drawn from them. All compute on one thread.
"""

from collections.abc import Mapping
import sys
from typing import Protocol
import warnings

import numpy as np

from dexgen_controller.checkpoint import Checkpoint, STATE_LIMIT
from dexgen_controller.graph import build_graph, INPUTS, OUTPUTS
from dexgen_controller.guidance import GuidanceTable
from dexgen_controller.noise_schedule import NoiseSchedule
from dexgen_controller.processor import has_bfloat16
from dexgen_controller.sampler import denoised, sample

Arrays = Mapping[str, np.ndarray]


class Runtime(Protocol):
    """Runs one tick."""

    def run(self, inputs: Arrays) -> dict[str, np.ndarray]:
        """Outputs of the graph for its inputs."""


def import_openvino():
    """The module openvino, without the package through which its tools report usage to its maker.

    `openvino` imports its converter tools, which fall back on a stub where `openvino_telemetry`
    is missing: an entry of None in the module table makes it so.
    """
    sys.modules.setdefault('openvino_telemetry', None)
    import openvino

    return openvino


def graph_inputs(inputs: Arrays) -> dict[str, np.ndarray]:
    """The arrays that the graph takes; without noise nothing is multiplied."""
    noise = inputs['noise']
    drawn = noise @ inputs['root'] if noise.any() else noise
    return {name: drawn if name == 'drawn' else inputs[name] for name in INPUTS}


PRECISIONS = ('f32', 'bf16', 'int8')
"""What the products of the default runtime read and compute in."""


class OpenVinoRuntime:
    """The graph on OpenVINO's CPU plugin.

    Args:
      precision: f32 or bf16: weights and arithmetic of the matrix products; int8: weights of 8
        bits, arithmetic in f32. A processor without bf16 computes in f32 instead, with a warning.

    Attributes:
      arithmetic: what it computes in, f32 or bf16.

    Raises:
      ValueError: no such precision.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        schedule: NoiseSchedule,
        batch: int = 1,
        precision: str = 'f32',
        threads: int = 1,
    ):
        if precision not in PRECISIONS:
            raise ValueError(f"no precision '{precision}'; allowed: {', '.join(PRECISIONS)}")
        if precision == 'bf16' and not has_bfloat16():
            warnings.warn(
                'this processor has no bf16 arithmetic (avx512_bf16 or amx_bf16): f32 instead; '
                'int8 also saves time',
                stacklevel=2,
            )
            precision = 'f32'
        openvino = import_openvino()
        core = openvino.Core()
        stored, computed = ('int8', 'f32') if precision == 'int8' else ('f32', precision)
        graph = build_graph(checkpoint, schedule, batch, stored)
        self._compiled = core.compile_model(
            core.read_model(graph.SerializeToString()),
            'CPU',
            {
                'INFERENCE_NUM_THREADS': str(threads),
                'NUM_STREAMS': '1',
                'PERFORMANCE_HINT': 'LATENCY',
                'INFERENCE_PRECISION_HINT': computed,
                'DYNAMIC_QUANTIZATION_GROUP_SIZE': '0',  # activations stay what they are
                'ENABLE_CPU_PINNING': False,
            },
        )
        self.arithmetic = self._compiled.get_property('INFERENCE_PRECISION_HINT').to_string()
        self._request = self._compiled.create_infer_request()
        # Arrays that the request reads and writes in place: making tensors costs 0.1 ms a tick.
        self._given = {name: self._array(self._compiled.input(name)) for name in INPUTS}
        self._found = {name: self._array(self._compiled.output(name)) for name in OUTPUTS}
        for name, array in (self._given | self._found).items():
            self._request.set_tensor(name, openvino.Tensor(array, shared_memory=True))

    @staticmethod
    def _array(port) -> np.ndarray:
        return np.zeros(tuple(port.shape), np.float32)

    def run(self, inputs: Arrays) -> dict[str, np.ndarray]:
        """Outputs of the graph for its inputs."""
        for name, array in graph_inputs(inputs).items():
            np.copyto(self._given[name], array)
        self._request.infer()
        return {name: self._found[name].copy() for name in OUTPUTS}


class OnnxRuntime:
    """The graph on ONNX Runtime's CPU provider, in float32."""

    def __init__(
        self, checkpoint: Checkpoint, schedule: NoiseSchedule, batch: int = 1, threads: int = 1
    ):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            build_graph(checkpoint, schedule, batch).SerializeToString(),
            options,
            providers=['CPUExecutionProvider'],
        )

    def run(self, inputs: Arrays) -> dict[str, np.ndarray]:
        """Outputs of the graph for its inputs."""
        results = self._session.run(list(OUTPUTS), graph_inputs(inputs))
        return dict(zip(OUTPUTS, results, strict=True))


class TorchRuntime:
    """The same tick by the PyTorch modules and the reference sampler.

    Args:
      device: cpu or cuda.
      tabulate: False recomputes the condition in every step, as a plain implementation does.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        schedule: NoiseSchedule,
        device: str = 'cpu',
        tabulate: bool = True,
    ):
        import torch

        from dexgen_controller.model import DexGenModel

        self._torch = torch
        self._device = device
        self._config = checkpoint.config
        self._schedule = schedule
        self._tabulate = tabulate
        self._model = DexGenModel(checkpoint.config).eval().to(device)
        self._model.load_state_dict(
            {name: torch.from_numpy(checkpoint.weights[name]) for name in self._model.state_dict()}
        )
        self._mean = self._tensor(checkpoint.normaliser.state_mean)
        self._scale = self._tensor(checkpoint.normaliser.state_scale)
        self._angles = self._tensor(schedule.angles[:-1])

    def _tensor(self, array: np.ndarray):
        return self._torch.as_tensor(np.asarray(array, dtype=np.float32), device=self._device)

    def run(self, inputs: Arrays) -> dict[str, np.ndarray]:
        """Outputs of the graph for its inputs."""
        with self._torch.inference_mode():
            given = {name: self._tensor(array) for name, array in inputs.items()}
            outputs = self._tick(given)
        return {name: value.cpu().numpy() for name, value in outputs.items()}

    def _tick(self, given: dict) -> dict:
        state = ((given['state'] - self._mean) / self._scale).clamp(-STATE_LIMIT, STATE_LIMIT)
        mode, motion_model = given['mode'], self._model.motion
        if self._tabulate:
            film_state = motion_model.condition_state(state, mode)
            film_step = motion_model.condition_step(self._angles)

        def denoise(x, index):
            if self._tabulate:
                film = film_state + film_step[index]
            else:
                film = motion_model.condition_state(state, mode)
                film = film + motion_model.condition_step(self._angles[index : index + 1])
            signal = float(self._schedule.signal[index])
            noise = float(self._schedule.noise[index])
            return denoised(self._config.prediction, x, motion_model(x, film), signal, noise)

        table = GuidanceTable(
            *(given[name].transpose(-1, -2) for name in ('gain', 'lift', 'root'))
        )
        motion, means = sample(
            denoise,
            self._schedule,
            table,
            given['command'],
            given['trust'],
            given['start'],
            given['noise'],
            given['bound'],
        )
        increment, log_deviation = self._model.inverse(state, mode, motion)
        return {
            'motion': motion,
            'means': self._torch.stack(means),
            'increment': increment,
            'log_deviation': log_deviation,
        }


BACKENDS = ('openvino', 'onnxruntime', 'torch')


def build_runtime(
    checkpoint: Checkpoint,
    schedule: NoiseSchedule,
    batch: int = 1,
    backend: str = 'auto',
    precision: str = 'f32',
) -> Runtime:
    """The runtime asked for; `auto` takes OpenVINO, or ONNX Runtime where it is not installed.

    Raises:
      ValueError: no such backend, or a precision that only OpenVINO has.
    """
    if backend == 'auto':
        try:
            import_openvino()
            backend = 'openvino'
        except ImportError:
            backend = 'onnxruntime'
    if backend == 'openvino':
        return OpenVinoRuntime(checkpoint, schedule, batch, precision)
    if precision != 'f32' and backend in BACKENDS:
        raise ValueError(f'{backend} computes in f32; the precision {precision} needs openvino')
    if backend == 'onnxruntime':
        return OnnxRuntime(checkpoint, schedule, batch)
    if backend == 'torch':
        return TorchRuntime(checkpoint, schedule)
    raise ValueError(f"no runtime '{backend}'; allowed: auto, {', '.join(BACKENDS)}")
