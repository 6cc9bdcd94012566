"""Controls without a model: what a simple filter achieves, each with one or two settings.

A command is either relative, one step from the applied target u, or absolute, a trajectory of
its own. Shrinking acts on the step, or on the distance from the grasp that the episode began in:
the strongest form, which knows the grasp.
"""

from dataclasses import dataclass

import numpy as np

from dexgen_learning.evaluation.situation import Situation


class Memory:
    """An array per environment that is set anew where episodes begin."""

    def __init__(self):
        self._value: np.ndarray | None = None

    def recall(self, fresh: np.ndarray, initial: np.ndarray) -> np.ndarray:
        """The value (n, J), `initial` where the episode is fresh."""
        if self._value is None:
            self._value = initial.copy()
        self._value[fresh] = initial[fresh]
        return self._value

    def keep(self, value: np.ndarray) -> np.ndarray:
        """Store a value and return it."""
        self._value = value
        return value


def origin(situation: Situation) -> np.ndarray:
    """From where commands are shrunk: the applied target, or the grasp for absolute commands."""
    return situation.grasp if situation.absolute else situation.applied


class Raw:
    """The raw command."""

    name = family = 'raw'

    def wanted(self, situation: Situation) -> np.ndarray:
        """The command's joint targets."""
        return situation.raw


class Hold:
    """Holding still: the target of the grasp that the episode began in."""

    name = family = 'hold'

    def wanted(self, situation: Situation) -> np.ndarray:
        """The grasp's target."""
        return situation.grasp


@dataclass
class Shrink:
    """A share of the command.

    Attributes:
      gain: share, 0 to 1.
    """

    gain: float
    family = 'shrink'

    @property
    def setting(self) -> float:
        """The share."""
        return self.gain

    @property
    def name(self) -> str:
        """With its setting."""
        return f'shrink {self.gain:g}'

    def wanted(self, situation: Situation) -> np.ndarray:
        """A share of the way to the command."""
        start = origin(situation)
        return start + self.gain * (situation.raw - start)


class LowPass:
    """A share of the command behind a first-order low-pass.

    Args:
      time: constant of the low-pass [s].
      gain: share, 0 to 1.
    """

    def __init__(self, time: float, gain: float = 1.0):
        self._time, self._gain = time, gain
        self._memory = Memory()
        both = gain != 1.0
        self.setting = gain if both else time
        self.name = f'low-pass {time:g} s' + (f' shrink {gain:g}' if both else '')
        self.family = f'low-pass {time:g} s, shrink' if both else 'low-pass'

    def wanted(self, situation: Situation) -> np.ndarray:
        """The filtered command."""
        start = origin(situation)
        offset = situation.raw - start
        last = self._memory.recall(situation.fresh, np.zeros_like(offset))
        share = 1.0 - np.exp(-situation.dt / self._time)
        return start + self._gain * self._memory.keep(last + share * (offset - last))


@dataclass
class RateLimit:
    """The command, approached at a limited rate.

    Attributes:
      rate: [rad/s].
    """

    rate: float
    family = 'rate limit'

    @property
    def setting(self) -> float:
        """The rate [rad/s]."""
        return self.rate

    @property
    def name(self) -> str:
        """With its setting."""
        return f'rate {self.rate:g} rad/s'

    def wanted(self, situation: Situation) -> np.ndarray:
        """A limited step toward the command."""
        step = self.rate * situation.dt
        return situation.applied + np.clip(situation.raw - situation.applied, -step, step)


class LeakyReturn:
    """The command's steps, and a leak back to the grasp.

    Args:
      rate: of the return [1/s].
    """

    def __init__(self, rate: float):
        self.family = 'leaky return'
        self._rate = self.setting = rate
        self._memory, self._command = Memory(), Memory()
        self.name = f'leaky return {rate:g} /s'

    def wanted(self, situation: Situation) -> np.ndarray:
        """The integrated steps of the command, leaking toward the grasp."""
        share = 1.0 - np.exp(-self._rate * situation.dt)
        if not situation.absolute:
            return situation.raw + share * (situation.grasp - situation.applied)
        last_command = self._command.recall(situation.fresh, situation.grasp)
        place = self._memory.recall(situation.fresh, situation.grasp)
        step = situation.raw - last_command
        self._command.keep(situation.raw.copy())
        return self._memory.keep(place + step + share * (situation.grasp - place))
