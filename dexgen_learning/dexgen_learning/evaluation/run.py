"""A stream of commands through several controls side by side, until enough is known of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dexgen_learning.env.touch import Touch
from dexgen_learning.evaluation.following import Following
from dexgen_learning.evaluation.point import Point, WINDOWS
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


def shares(task: AnygraspTask, count: int) -> list[np.ndarray]:
    """Environments of each of `count` controls: as many of every object, in whole neighbours.

    Raises:
      ValueError: the environments of an object cannot be shared out evenly.
    """
    per_object = task.env.sim.per_object
    if per_object % count:
        raise ValueError(
            f'{per_object} environments of each object for {count} controls; give a multiple'
        )
    each = per_object // count
    first = np.arange(0, task.n, per_object)
    return [
        (first[:, None] + index * each + np.arange(each)).reshape(-1) for index in range(count)
    ]


class Run:
    """Runs several controls in the same environments, each in its own share of them.

    Args:
      task: environments.
      stream: commands.
      controls: what is evaluated.
    """

    def __init__(self, task: AnygraspTask, stream: Stream, controls: Sequence[Control]):
        self._task, self._stream, self._controls = task, stream, controls
        self._rows = shares(task, len(controls))
        self._touch = Touch(task.env)
        task.reset(np.arange(task.n))
        self._fresh = np.ones(task.n, bool)
        self._grasp = task.env.sim.target.copy()
        self._past: list[np.ndarray] = []
        dt, hand = task.env.dt, task.hand
        fingers = [hand.fingers.index(name.split('_')[0]) for name in hand.keypoint_names]
        self._following = Following(tuple(round(window / dt) for window in WINDOWS), fingers)
        self._clear()

    def _clear(self) -> None:
        n = self._task.n
        self._time, self._drops, self._goals = np.zeros(n), np.zeros(n, int), np.zeros(n, int)
        self._clamped, self._jerk = np.zeros(n), np.zeros((n, 2))
        self._following.clear(n)

    def points(self, rule: StopRule) -> list[Point]:
        """Warm up, then step until the rule is met for every control."""
        for _ in range(round(rule.warm_up / self._task.env.dt)):
            self._advance()
        self._clear()
        while not all(self._known(rows, rule) for rows in self._rows):
            self._advance()
        return [
            Point(
                self._stream.name,
                control.name,
                control.family,
                getattr(control, 'setting', float('nan')),
                *(
                    values[rows]
                    for values in (
                        self._time,
                        self._drops,
                        self._goals,
                        self._clamped,
                        self._jerk,
                        self._following.sums,
                    )
                ),
            )
            for control, rows in zip(self._controls, self._rows, strict=True)
        ]

    def _known(self, rows: np.ndarray, rule: StopRule) -> bool:
        enough = self._time[rows].sum() >= 3600.0 * rule.hours
        return bool(enough or self._drops[rows].sum() >= rule.drops)

    def _advance(self) -> None:
        task, env = self._task, self._task.env
        self._grasp[self._fresh] = env.sim.target[self._fresh]
        command = self._stream.command(task, self._fresh)
        keypoints = env.kinematics.keypoints(command.raw)
        positions, targets = env.observed_history()
        whole = Situation(
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
        wanted = np.empty_like(command.raw)
        for control, rows in zip(self._controls, self._rows, strict=True):
            wanted[rows] = control.wanted(whole.take(rows))
        outcome = task.step_target(wanted, limit=None)
        over = outcome.dropped | outcome.timeout
        self._measure(outcome, over, keypoints)
        self._fresh = over

    def _measure(self, outcome, over: np.ndarray, keypoints: np.ndarray) -> None:
        env = self._task.env
        self._time += env.dt
        self._drops += outcome.dropped
        self._goals += outcome.success
        self._clamped += env.dt * np.where(over, 0.0, env.sim.clamped.mean(axis=-1))
        measured = env.kinematics.keypoints(env.sim.q)
        self._following.note(keypoints, measured, self._touch.fingers(), over)
        self._past.append(np.where(over[:, None], np.nan, env.sim.q))
        if len(self._past) == 4:
            a, b, c, d = self._past
            squared = ((d - 3.0 * c + 3.0 * b - a) / env.dt**3) ** 2
            self._jerk[:, 0] += np.nansum(squared, axis=-1)
            self._jerk[:, 1] += np.isfinite(squared).sum(axis=-1)
            del self._past[0]


def evaluate_point(task: AnygraspTask, stream: Stream, control: Control, rule: StopRule) -> Point:
    """Measure one control."""
    return Run(task, stream, [control]).points(rule)[0]
