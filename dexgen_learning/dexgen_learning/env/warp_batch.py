"""MuJoCo Warp behind the few calls of `mujoco.batch.Batch` that the simulation makes.

States, controls and randomised model fields are numpy arrays on the host, as with the batch on
processor cores; they travel to the device and back once per control step, in single precision.
The physics of all simulations runs on the device. `device` may be `cuda` or, to test the same
code where there is no GPU, `cpu` (slow).
"""

import mujoco
import numpy as np

STATE = ('qpos', 'qvel', 'ctrl', 'xfrc_applied', 'qacc_warmstart', 'qfrc_constraint')
CONTACTS, CONSTRAINTS = 48, 256
"""Room for contacts and constraint rows of each simulation."""
DERIVED = ('body_subtreemass', 'body_invweight0', 'dof_invweight0', 'geom_rbound', 'geom_aabb',
           'actuator_acc0')
"""Fields that follow from mass and size; each simulation needs its own."""


def load_warp():
    """The modules warp and mujoco_warp; raises ValueError with the remedy where missing."""
    try:
        import mujoco_warp
        import warp
    except ImportError as error:
        raise ValueError('MuJoCo Warp is not installed; run `make setup-gpu`, or leave out '
                         '--device') from error
    warp.config.quiet = True
    return warp, mujoco_warp


class WarpBatch:
    """`count` simulations of one model on a device; arrays as in `mujoco.batch.Batch`."""

    def __init__(self, model: mujoco.MjModel, count: int, device: str = 'cuda') -> None:
        """Allocate on the device.

        Raises:
            ValueError: MuJoCo Warp or the device is missing.
        """
        self._warp, self._mjw = load_warp()
        if device.startswith('cuda') and not self._warp.is_cuda_available():
            raise ValueError('no CUDA device found; leave out --device, or use a machine with an '
                             'NVIDIA GPU and its driver')
        self.model, self.count, self.device = model, count, device
        self.warning = np.zeros(count, dtype=int)
        start = mujoco.MjData(model)
        mujoco.mj_forward(model, start)
        with self._warp.ScopedDevice(device):
            self._m = self._mjw.put_model(model, dict.fromkeys(DERIVED, count))
            self._d = self._mjw.make_data(model, nworld=count, nconmax=CONTACTS,
                                          njmax=CONSTRAINTS)
        self._bind(start)
        self._expanded: dict[str, np.ndarray] = {}
        self._graph = None

    def _bind(self, start: mujoco.MjData) -> None:
        """Lay the states out as rows of `state` (count, S), with views for each field."""
        values = {name: getattr(start, name) for name in STATE}
        self.state = np.tile(np.concatenate([v.ravel() for v in values.values()]),
                             (self.count, 1))
        self._state, begin = {}, 0
        for name, value in values.items():
            part = self.state[:, begin:begin + value.size]
            self._state[name] = np.reshape(part, (self.count, *value.shape), copy=False)
            begin += value.size

    def bind(self, name: str) -> np.ndarray:
        """A live array (count, ...) of a state field; a write counts at the next rollout."""
        if name not in self._state:
            raise ValueError(f'{name} is not bound on a device; choose from {", ".join(STATE)}')
        return self._state[name]

    def expand(self, name: str) -> np.ndarray:
        """A live array (count, ...) of a model field of its own for each simulation."""
        if name not in self._expanded:
            value = self.model
            for part in name.split('.'):
                value = getattr(value, part)
            self._expanded[name] = np.tile(
                np.asarray(value, dtype=float), (self.count, *(1,) * np.ndim(value)))
            self._upload_field(name)
        return self._expanded[name]

    def set_const(self, ids: np.ndarray | None = None) -> None:
        """Recompute what follows from the expanded fields (of all simulations)."""
        for name in self._expanded:
            self._upload_field(name)
        with self._warp.ScopedDevice(self.device):
            self._mjw.set_const(self._m, self._d, restore=False)

    def reset(self, ids: np.ndarray, stage: mujoco.mjtStage) -> None:
        """Put simulations back to the model's start."""
        for name, value in self._state.items():
            value[ids] = self.model.qpos0 if name == 'qpos' else 0.0
        self.warning[ids] = 0

    def get_data(self, number: int, data: mujoco.MjData) -> None:
        """Copy the state of a simulation."""
        for name, value in self._state.items():
            getattr(data, name)[:] = value[number]

    def rollout(self, steps: int, control: np.ndarray, record: tuple = ()) -> None:
        """Step every simulation with control (count, steps, nu)."""
        warp = self._warp
        self._upload_field('opt.gravity')
        for name in STATE:
            self._put(getattr(self._d, name), self._state[name])
        with warp.ScopedDevice(self.device):
            sequence = warp.array(np.moveaxis(control, 1, 0).astype(np.float32))
            for k in range(steps):
                warp.copy(self._d.ctrl, sequence[k])
                self._step()
        for name in ('qpos', 'qvel', 'qacc_warmstart'):
            self._state[name][:] = getattr(self._d, name).numpy()
        self._state['ctrl'][:] = control[:, -1]
        self.warning += self._d.overflow.numpy() != 0

    def _step(self) -> None:
        """One physics step; on a GPU recorded once and replayed."""
        if self.device == 'cpu':
            self._mjw.step(self._m, self._d)
            return
        if self._graph is None:
            self._mjw.step(self._m, self._d)
            with self._warp.ScopedCapture() as capture:
                self._mjw.step(self._m, self._d)
            self._graph = capture.graph
            return
        self._warp.capture_launch(self._graph)

    def _upload_field(self, name: str) -> None:
        if name not in self._expanded:
            return
        owner, _, field = name.rpartition('.')
        target = self._m.opt if owner == 'opt' else self._m
        array = getattr(target, field)
        if array.shape[0] != self.count:
            shape = (self.count, *array.shape[1:])
            array = self._warp.empty(shape, dtype=array.dtype, device=self.device)
            setattr(target, field, array)
        self._put(array, self._expanded[name])

    def _put(self, array, values: np.ndarray) -> None:
        """Copy host values into an array on the device."""
        array.assign(np.ascontiguousarray(values, dtype=np.float32))
