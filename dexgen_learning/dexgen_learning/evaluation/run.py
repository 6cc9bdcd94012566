"""One point of the evaluation: a stream of commands through a control, until enough is known."""

from dataclasses import dataclass

import numpy as np

from dexgen_learning.evaluation.following import Following, FollowingFigures
from dexgen_learning.evaluation.intervals import HoldingTime
from dexgen_learning.evaluation.situation import Control, Situation
from dexgen_learning.evaluation.streams import Stream
from dexgen_learning.tasks.anygrasp import AnygraspTask


@dataclass(frozen=True)
class StopRule:
    """When a point is known well enough.

    Attributes:
      drops: enough drops,
      hours: or enough simulated time [h], whichever comes first.
      warm_up: simulated time of each environment before anything counts [s].
    """

    drops: int = 100
    hours: float = 2.0
    warm_up: float = 10.0


@dataclass(frozen=True)
class Point:
    """What was measured.

    Attributes:
      stream, control, family: names.
      holding: time and drops of each environment.
      goals: reached.
      clamped_share: share of joint targets that the gate limited.
      jerk: root mean square jerk of the joints [rad/s^3].
      following: by window [s].
    """

    stream: str
    control: str
    family: str
    holding: HoldingTime
    goals: int
    clamped_share: float
    jerk: float
    following: dict[float, FollowingFigures]

    @property
    def goals_per_minute(self) -> float:
        """Goals reached in a simulated minute."""
        return 60.0 * self.goals / float(self.holding.time.sum())


WINDOWS = (0.2, 1.0, 3.0)
"""Windows of following [s]."""


class PointRun:
    """Runs one point.

    Args:
      task: environments; they go on from where they are.
      stream: commands.
      control: what is evaluated.
    """

    def __init__(self, task: AnygraspTask, stream: Stream, control: Control):
        self._task, self._stream, self._control = task, stream, control
        everywhere = np.arange(task.n)
        task.reset(everywhere)
        self._fresh = np.ones(task.n, bool)
        self._grasp = task.env.sim.target.copy()
        self._past: list[np.ndarray] = []
        self._clear()

    def _clear(self) -> None:
        n, dt = self._task.n, self._task.env.dt
        self._time, self._drops = np.zeros(n), np.zeros(n, int)
        self._goals, self._clamped, self._steps = 0, 0.0, 0
        self._jerk, self._jerks = 0.0, 0
        self._following = Following(tuple(round(window / dt) for window in WINDOWS))

    def run(self, rule: StopRule) -> Point:
        """Warm up, then step until the rule is met."""
        dt = self._task.env.dt
        for _ in range(round(rule.warm_up / dt)):
            self._advance()
        self._clear()
        while self._drops.sum() < rule.drops and self._time.sum() < 3600.0 * rule.hours:
            self._advance()
        figures = self._following.figures()
        return Point(
            self._stream.name,
            self._control.name,
            self._control.family,
            HoldingTime(self._time, self._drops),
            self._goals,
            self._clamped / self._steps,
            float(np.sqrt(self._jerk / max(self._jerks, 1))),
            {window: figures[round(window / dt)] for window in WINDOWS},
        )

    def _advance(self) -> None:
        task, env = self._task, self._task.env
        self._grasp[self._fresh] = env.sim.target[self._fresh]
        command = self._stream.command(task, self._fresh)
        keypoints = env.kinematics.keypoints(command.raw)
        positions, targets = env.observed_history()
        wanted = self._control.wanted(
            Situation(
                env.sim.target.copy(),
                self._grasp,
                command.raw,
                keypoints,
                command.absolute,
                self._fresh,
                positions,
                targets,
                env.dt,
            )
        )
        outcome = task.step_target(wanted)
        over = outcome.dropped | outcome.timeout
        self._measure(outcome, over, keypoints)
        self._fresh = over

    def _measure(self, outcome, over: np.ndarray, keypoints: np.ndarray) -> None:
        env = self._task.env
        self._time += env.dt
        self._drops += outcome.dropped
        self._goals += int(outcome.success.sum())
        self._clamped += float(env.sim.clamped[~over].mean()) if (~over).any() else 0.0
        self._steps += 1
        self._following.note(keypoints, env.kinematics.keypoints(env.sim.q), over)
        self._past.append(np.where(over[:, None], np.nan, env.sim.q))
        if len(self._past) == 4:
            a, b, c, d = self._past
            jerk = (d - 3.0 * c + 3.0 * b - a) / env.dt**3
            known = np.isfinite(jerk)
            self._jerk += float((jerk[known] ** 2).sum())
            self._jerks += int(known.sum())
            del self._past[0]


def evaluate_point(task: AnygraspTask, stream: Stream, control: Control, rule: StopRule) -> Point:
    """Measure one point."""
    return PointRun(task, stream, control).run(rule)
