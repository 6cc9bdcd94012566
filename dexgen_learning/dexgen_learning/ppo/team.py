"""A task's environments in parts: one in this process, or each in a process of its own."""

from collections.abc import Callable, Sequence
from contextlib import suppress
import multiprocessing
import os
from typing import NamedTuple

import numpy as np

from dexgen_learning.tasks import snapshot
from dexgen_learning.tasks.anygrasp import AnygraspTask

START_S = 120.0
"""A part that is not built after this time is given up [s]."""


class Stepped(NamedTuple):
    """What a control step brought, (n, ...) each; the observations are those after it."""

    actor: np.ndarray
    critic: np.ndarray
    reward: np.ndarray
    success: np.ndarray
    dropped: np.ndarray
    timeout: np.ndarray
    distance: np.ndarray
    failures: np.ndarray


class Part:
    """One task, as the learner needs it."""

    def __init__(self, task: AnygraspTask) -> None:
        """Wrap it."""
        self.task, self.n, self.joints = task, task.n, task.env.joints

    def observe(self) -> tuple[np.ndarray, np.ndarray]:
        """What actor (n, A) and critic (n, C) see."""
        return self.task.actor_observation(), self.task.critic_observation()

    def step(self, action: np.ndarray) -> Stepped:
        """One control step with a policy's output (n, J)."""
        outcome = self.task.step(action)
        failures = np.zeros(self.n)
        failures[0] = self.task.env.failures
        return Stepped(*self.observe(), outcome.reward, outcome.success, outcome.dropped,
                       outcome.timeout, self.task.distance.copy(), failures)

    def times(self) -> np.ndarray:
        """(n,) how long the episodes have lasted [s]."""
        return self.task.env.time.copy()

    def set_times(self, times: np.ndarray) -> None:
        """Put them (n,) [s]."""
        self.task.env.time[:] = times

    def take(self) -> list[dict[str, np.ndarray]]:
        """The state of every part."""
        return [snapshot.take(self.task)]

    def put(self, states: Sequence[dict[str, np.ndarray]]) -> None:
        """Bring every part into a state that `take` gave."""
        _check(states, 1)
        snapshot.put(self.task, states[0])

    def close(self) -> None:
        """Nothing to end."""


class Team:
    """Parts that step at the same time, each in a process of its own.

    Args:
        build: gives the task of part i; must be picklable.
        count: parts.

    Raises:
        RuntimeError: a part failed, with its own words.
    """

    def __init__(self, build: Callable[[int], AnygraspTask], count: int) -> None:
        """Start the processes and wait until every task is built."""
        context = multiprocessing.get_context('spawn')
        one_thread = dict.fromkeys(('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS'), '1')
        before = {name: os.environ.get(name) for name in one_thread}
        os.environ.update(one_thread)
        self._pipes, self._processes = [], []
        for i in range(count):
            mine, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, build, i), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(mine)
            self._processes.append(process)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        try:
            facts = [self._answer(i, START_S) for i in range(count)]
        except RuntimeError:
            self.close()
            raise
        sizes = [n for n, _ in facts]
        self.n, self.joints = sum(sizes), facts[0][1]
        self._edges = np.cumsum([0, *sizes])

    def observe(self) -> tuple[np.ndarray, np.ndarray]:
        """What actor (n, A) and critic (n, C) see."""
        actor, critic = zip(*self._ask('observe'), strict=True)
        return np.concatenate(actor), np.concatenate(critic)

    def step(self, action: np.ndarray) -> Stepped:
        """One control step of all parts with a policy's output (n, J)."""
        parts = self._ask('step', self._split(action))
        return Stepped(*(np.concatenate(values) for values in zip(*parts, strict=True)))

    def times(self) -> np.ndarray:
        """(n,) how long the episodes have lasted [s]."""
        return np.concatenate(self._ask('times'))

    def set_times(self, times: np.ndarray) -> None:
        """Put them (n,) [s]."""
        self._ask('set_times', self._split(times))

    def take(self) -> list[dict[str, np.ndarray]]:
        """The state of every part."""
        return [states[0] for states in self._ask('take')]

    def put(self, states: Sequence[dict[str, np.ndarray]]) -> None:
        """Bring every part into a state that `take` gave."""
        _check(states, len(self._pipes))
        self._ask('put', [[state] for state in states])

    def close(self) -> None:
        """End the processes."""
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join(5.0)
            process.terminate()

    def _split(self, values: np.ndarray) -> list[np.ndarray]:
        return [values[a:b] for a, b in zip(self._edges, self._edges[1:], strict=False)]

    def _ask(self, name: str, arguments: Sequence | None = None) -> list:
        for i, pipe in enumerate(self._pipes):
            with suppress(BrokenPipeError):  # told apart from other ends when it should answer
                pipe.send((name, () if arguments is None else (arguments[i],)))
        return [self._answer(i) for i in range(len(self._pipes))]

    def _answer(self, i: int, patience: float | None = None):
        try:
            if not self._pipes[i].poll(patience):
                raise RuntimeError(f'part {i} of the environments was not built in {START_S} s')
            failure, answer = self._pipes[i].recv()
        except (EOFError, ConnectionError):
            raise RuntimeError(f'part {i} of the environments ended; with fewer `processes` '
                               'each has more memory') from None
        if failure:
            raise RuntimeError(f'part {i} of the environments failed: {failure}')
        return answer


def _serve(pipe, build: Callable[[int], AnygraspTask], number: int) -> None:
    """A part's process: build the task, then answer until the pipe is closed."""
    try:
        part = Part(build(number))
        pipe.send(('', (part.n, part.joints)))
        while True:
            name, arguments = pipe.recv()
            pipe.send(('', getattr(part, name)(*arguments)))
    except (EOFError, KeyboardInterrupt, BrokenPipeError):
        return
    except Exception as error:
        with suppress(BrokenPipeError):
            pipe.send((f'{type(error).__name__}: {error}', None))


def _check(states: Sequence, count: int) -> None:
    if len(states) != count:
        raise ValueError(f'the run was saved with {len(states)} processes; it goes on with as '
                         f'many, not with {count}: --config.processes {len(states)}')
