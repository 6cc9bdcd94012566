"""Commands: an expert whose actions are corrupted; walks and recorded hands, their own intent."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from dexgen_learning.env.environment import ACTION_SCALE
from dexgen_learning.evaluation.clip import Clip
from dexgen_learning.tasks.anygrasp import AnygraspTask

Expert = Callable[[AnygraspTask], np.ndarray]
"""Wanted joint targets (n, J) [rad] in the task's present state."""


class Command(NamedTuple):
    """Raw joint targets (n, J) [rad], and whether they are a trajectory of their own."""

    raw: np.ndarray
    absolute: bool


class Stream(Protocol):
    """Where commands come from.

    Attributes:
      name: as in the tables.
    """

    name: str

    def command(self, task: AnygraspTask, fresh: np.ndarray) -> Command:
        """The command of this step; `fresh` (n,) where an episode begins."""


def interpolation(task: AnygraspTask) -> np.ndarray:
    """The expert that is blind: a share of the way to the goal's stored target."""
    return task.interpolation()


def servo(task: AnygraspTask) -> np.ndarray:
    """The expert without a policy: interpolation with feedback on the object's pose."""
    return task.servoed()


class Stay:
    """The command to stay: the applied target itself."""

    name = 'stay'

    def command(self, task: AnygraspTask, fresh: np.ndarray) -> Command:
        """The applied target."""
        return Command(task.env.sim.target.copy(), absolute=False)


class CorruptedExpert:
    """An expert's action, corrupted per joint and step.

    Args:
      name: as in the tables.
      expert: wants joint targets.
      noise: largest uniform noise on the action; 0 for none.
      slow: the action is multiplied by a uniform factor from 0 to this; 1 and 0 noise is
        `slow-1.0`; None leaves it.
      scale: what an action of 1 is [rad per 0.1 s].
      seed: of the corruption.
    """

    def __init__(
        self,
        name: str,
        expert: Expert,
        noise: float = 0.0,
        slow: float | None = None,
        scale: float = ACTION_SCALE,
        seed: int = 0,
    ):
        self.name = name
        self._expert, self._noise, self._slow, self._scale = expert, noise, slow, scale
        self._random = np.random.default_rng(seed)

    def command(self, task: AnygraspTask, fresh: np.ndarray) -> Command:
        """The corrupted action from the applied target."""
        scale = self._scale * task.env.dt / 0.1
        applied = task.env.sim.target
        action = np.clip((self._expert(task) - applied) / scale, -1.0, 1.0)
        if self._noise:
            action = action + self._random.uniform(-self._noise, self._noise, action.shape)
        if self._slow is not None:
            action = action * self._random.uniform(0.0, self._slow, action.shape)
        return Command(applied + scale * np.clip(action, -1.0, 1.0), absolute=False)


class Walk:
    """Smooth random walks of all joints about the grasp that the episode began in.

    White noise through two first-order low-passes: little is left above the corner.

    Args:
      deviation: standard deviation of each joint once it has spread [rad].
      corner: of each low-pass [Hz].
      seed: of the walk.
    """

    name = 'walk'

    def __init__(self, deviation: float, corner: float, seed: int = 0):
        self._deviation, self._corner = deviation, corner
        self._random = np.random.default_rng(seed)
        self._state: np.ndarray | None = None
        self._grasp: np.ndarray | None = None

    def command(self, task: AnygraspTask, fresh: np.ndarray) -> Command:
        """The next point of the walk; it begins at the grasp's target."""
        applied = task.env.sim.target
        if self._state is None:
            self._state = np.zeros((2, *applied.shape))
            self._grasp = applied.copy()
        self._state[:, fresh] = 0.0
        self._grasp[fresh] = applied[fresh]
        keep = np.exp(-2.0 * np.pi * self._corner * task.env.dt)
        # Variance 1 of the first stage; the second passes the share (1 - k) / (1 + k) (1 + k^2)
        # / (1 - k^2) of it.
        drive = np.sqrt(1.0 - keep**2) * self._random.standard_normal(applied.shape)
        self._state[0] = keep * self._state[0] + drive
        self._state[1] = keep * self._state[1] + (1.0 - keep) * self._state[0]
        passed = (1.0 - keep) ** 2 * (1.0 + keep**2) / (1.0 - keep**2) ** 2
        offset = self._deviation / np.sqrt(passed) * self._state[1]
        raw = np.clip(self._grasp + offset, task.hand.lower, task.hand.upper)
        return Command(raw, absolute=True)


class Recorded:
    """A recorded hand, from a random moment on, about the grasp that the episode began in.

    As with a clutch, the displacement of the recording since the episode began is added to the
    grasp's target. At its end the recording runs backward.

    Args:
      clip: the recording.
      seed: of the moments.
    """

    name = 'clip'

    def __init__(self, clip: Clip, seed: int = 0):
        self._joints, self._rate = clip.joints, clip.rate
        self._random = np.random.default_rng(seed)
        self._grasp: np.ndarray | None = None
        self._begin: np.ndarray | None = None
        self._age: np.ndarray | None = None

    def command(self, task: AnygraspTask, fresh: np.ndarray) -> Command:
        """The next moment of the recording."""
        applied = task.env.sim.target
        if self._grasp is None:
            self._grasp, self._begin = applied.copy(), np.zeros(len(applied))
            self._age = np.zeros(len(applied), int)
        self._grasp[fresh] = applied[fresh]
        self._begin[fresh] = self._random.uniform(0.0, 2 * len(self._joints) - 2, fresh.sum())
        self._age = np.where(fresh, 0, self._age + 1)
        now = self._begin + self._age * task.env.dt * self._rate
        raw = self._grasp + self._at(now) - self._at(self._begin)
        return Command(np.clip(raw, task.hand.lower, task.hand.upper), absolute=True)

    def _at(self, frame: np.ndarray) -> np.ndarray:
        """Joints (n, J) at fractional frames of the recording that runs to and fro [rad]."""
        last = len(self._joints) - 1
        frame = last - np.abs(np.mod(frame, 2 * last) - last)
        low = np.minimum(frame.astype(int), last - 1)
        share = (frame - low)[:, None]
        return (1.0 - share) * self._joints[low] + share * self._joints[low + 1]


class Alternating:
    """Streams that take turns over the environments: walks and clips as one point.

    Args:
      name: as in the tables.
      streams: each of its own intent.
    """

    def __init__(self, name: str, streams: Sequence[Stream]):
        self.name, self.streams = name, tuple(streams)

    def command(self, task: AnygraspTask, fresh: np.ndarray) -> Command:
        """Environment i follows stream i modulo their number."""
        raw = np.stack([stream.command(task, fresh).raw for stream in self.streams])
        turn = np.arange(len(fresh)) % len(self.streams)
        return Command(raw[turn, np.arange(len(fresh))], absolute=True)
