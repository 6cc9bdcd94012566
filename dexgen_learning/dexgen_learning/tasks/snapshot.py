"""The whole state of a task as arrays, so that training goes on exactly where it stopped."""

import json
from pathlib import Path

import numpy as np

from dexgen_learning.env.randomization import Draw
from dexgen_learning.tasks.anygrasp import AnygraspTask

_TASK = ('goal_time', 'distance', 'last_action', 'start_row', 'tips', 'position_error',
         'turn_error', 'joint_error')
_GOALS = ('row', 'q', 'target', 'object_pos', 'object_quat')
_ENVIRONMENT = ('time', 'dropped', 'failed', 'wanted', '_positions', '_targets')
_WRIST = ('quat', 'velocity', 'acceleration')
_SIMULATION = ('clamped', 'failed')
_GROUP = ('gravity', 'mass', 'inertia', 'friction', 'geom_size', 'geom_pos', 'inertial_pos',
          'gain', 'bias')


def _parts(task: AnygraspTask) -> list[tuple[str, object, tuple[str, ...]]]:
    env = task.env
    levels = ('level',) if task.config.curriculum.first else ()
    return [('task', task, _TASK + levels), ('goals', task.goals, _GOALS),
            ('env', env, _ENVIRONMENT),
            ('wrist', env.wrist, _WRIST), ('kicks', env.kicks, ('force',)),
            ('draw', env.draw, tuple(Draw.__dataclass_fields__)), ('sim', env.sim, _SIMULATION)]


def take(task: AnygraspTask) -> dict[str, np.ndarray]:
    """Copies of everything that the next step depends on."""
    state = {f'{part}.{name}': np.array(getattr(owner, name))
             for part, owner, names in _parts(task) for name in names}
    sim = task.env.sim
    state |= {'limiter.position': sim.limiter.position.copy(),
              'limiter.velocity': sim.limiter.velocity.copy(),
              'failures': np.array(task.env.failures),
              'rng': np.array(json.dumps(task.rng.bit_generator.state))}
    for k, group in enumerate(sim.groups):
        state[f'group{k}.state'] = group.batch.state.copy()
        state |= {f'group{k}.{name}': np.array(getattr(group, name)) for name in _GROUP}
    return state


def put(task: AnygraspTask, state: dict[str, np.ndarray]) -> None:
    """Bring a task of the same configuration into a state that `take` gave."""
    for part, owner, names in _parts(task):
        for name in names:
            value = state[f'{part}.{name}']
            if part in ('draw', 'goals', 'env'):
                getattr(owner, name)[...] = value
            else:
                setattr(owner, name, np.array(value))
    sim = task.env.sim
    sim.limiter = type(sim.limiter)(np.array(state['limiter.position']),
                                    np.array(state['limiter.velocity']))
    for k, group in enumerate(sim.groups):
        for name in _GROUP:
            getattr(group, name)[...] = state[f'group{k}.{name}']
        group.batch.set_const()
        group.batch.state[...] = state[f'group{k}.state']
    task.env.failures = int(state['failures'])
    task.rng.bit_generator.state = json.loads(str(state['rng']))
    sim.read()


def save(path: Path, state: dict[str, np.ndarray]) -> None:
    """Write a state, complete or not at all."""
    path = Path(path)
    partial = path.with_suffix('.partial')
    with partial.open('wb') as file:
        np.savez(file, **state)
    partial.replace(path)


def load(path: Path) -> dict[str, np.ndarray]:
    """Read a state."""
    with np.load(path, allow_pickle=False) as data:
        return {name: data[name] for name in data.files}
