"""When a process that died is started again, and when the run has to end instead."""

from collections.abc import Mapping
from dataclasses import dataclass
from signal import Signals

REFUSED = 2
"""Exit status of a node that cannot be set up: at the first start its configuration is wrong."""


@dataclass(frozen=True)
class EndTiming:
    """When processes that are asked to end are asked more firmly [s after the first signal].

    Attributes:
      terminate: SIGTERM, where ROS 2's launch has sent SIGINT first.
      kill: SIGKILL.
      give_up: what the kernel has not ended by then is left behind.
    """

    terminate: float = 1.2
    kill: float = 2.2
    give_up: float = 2.9


END = EndTiming()


@dataclass(frozen=True)
class RestartPolicy:
    """How a process that died is treated.

    Attributes:
      restarts: how often in a row it is started again.
      first_delay: wait before the first restart [s]; it doubles with each further one.
      longest_delay: upper bound of the wait [s].
      healthy_after: a process that ran this long [s] has its restarts counted anew.
    """

    restarts: int = 3
    first_delay: float = 0.5
    longest_delay: float = 4.0
    healthy_after: float = 60.0

    @classmethod
    def of(cls, values: Mapping[str, object]) -> 'RestartPolicy':
        """Make the policy that the arguments `restarts` and `restart_delay` ask for."""
        delay = float(values['restart_delay'])
        return cls(int(values['restarts']), delay, 8.0 * delay)


class RestartCount:
    """Counts the deaths of one process."""

    def __init__(self, policy: RestartPolicy):
        self._policy = policy
        self._first = True
        self.used = 0

    def delay(self, ran_for: float, status: int) -> float | None:
        """Note a death and say how long to wait before the next start [s]; None: not again.

        Args:
          ran_for: how long the process ran [s].
          status: its exit status, negative for a signal.
        """
        first, self._first = self._first, False
        if first and status == REFUSED:
            return None
        if ran_for >= self._policy.healthy_after:
            self.used = 0
        if self.used >= self._policy.restarts:
            return None
        wait = min(self._policy.first_delay * 2**self.used, self._policy.longest_delay)
        self.used += 1
        return wait

    def last_words(self, what: str) -> str:
        """Why the run ends with this process, given what happened to it."""
        return f'{what} (restarted {self.used} times)' if self.used else what


def describe_exit(status: int) -> str:
    """An exit status in words."""
    if status >= 0:
        return f'ended with exit status {status}'
    try:
        return f'was killed by {Signals(-status).name}'
    except ValueError:
        return f'was killed by signal {-status}'
