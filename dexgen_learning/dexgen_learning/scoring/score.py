"""Run an expert in the task until the figures are steady, and score it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dexgen_learning.ppo.network import PolicyNetwork
from dexgen_learning.scoring.interval import bootstrap_interval, time_between
from dexgen_learning.tasks.anygrasp import AnygraspTask

Expert = Callable[[AnygraspTask], np.ndarray]
"""Gives the wanted joint targets (n, J) [rad] of every environment."""


@dataclass(frozen=True)
class Score:
    """What an expert achieved.

    Args:
        goals_per_min: goals per minute of one hand.
        s_between_drops: mean time between drops [s].
        goals_ci95: interval of the goals.
        drops_ci95: interval of the time between drops.
        goals: number of goals.
        drops: number of drops.
        seconds: simulated time [s], all environments, after warming up.
        clamped_share: share of joint targets that the gate changed.
    """

    goals_per_min: float
    s_between_drops: float
    goals_ci95: tuple[float, float]
    drops_ci95: tuple[float, float]
    goals: int
    drops: int
    seconds: float
    clamped_share: float

    def as_dict(self) -> dict:
        """For the JSON line."""
        return {'goals_per_min': self.goals_per_min, 's_between_drops': self.s_between_drops,
                'ci95': {'goals_per_min': self.goals_ci95, 's_between_drops': self.drops_ci95},
                'goals': self.goals, 'drops': self.drops, 'seconds': self.seconds,
                'clamped_share': self.clamped_share}


def score(task: AnygraspTask, expert: Expert, warm_up_s: float, seconds: float,
          seed: int = 0) -> Score:
    """Run `expert`; what happens in the first warm_up_s of each environment does not count."""
    dt = task.env.dt
    for _ in range(round(warm_up_s / dt)):
        task.step_target(expert(task))
    steps = round(seconds / dt)
    goals, drops, clamped = np.zeros(task.n), 0, 0.0
    for _ in range(steps):
        outcome = task.step_target(expert(task))
        goals += outcome.success
        drops += int(outcome.dropped.sum())
        clamped += float(task.env.sim.clamped.mean())
    total = steps * dt * task.n
    between, between_ci = time_between(total, drops)
    per_minute = goals * 60.0 / (steps * dt)
    return Score(float(per_minute.mean()), between,
                 bootstrap_interval(per_minute, np.random.default_rng(seed)), between_ci,
                 int(goals.sum()), drops, total, clamped / steps)


def interpolating(rate: float) -> Expert:
    """Interpolation toward the goal's stored target."""
    return lambda task: task.interpolation(rate)


def servoing() -> Expert:
    """Interpolation with feedback on the object's pose, no network."""
    return lambda task: task.servoed()


def holding() -> Expert:
    """Stay at the target in which the episode began."""
    return lambda task: task.book.target[task.start_row]


def following(network: PolicyNetwork) -> Expert:
    """A trained policy without noise."""
    def act(task: AnygraspTask) -> np.ndarray:
        task.last_action = np.clip(network.act(task.actor_observation()), -1.0, 1.0)
        return task.wanted(task.last_action)
    return act
