"""Rewards: the paper's terms (goal, style, regularisation) with this project's weights."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class RewardWeights:
    """Weights of the terms; all are per control step of 0.1 s, scaled with the period.

    Args:
        progress: per feature unit that the state came closer to the goal (a potential, so that
            it does not move the optimum).
        success: once, when the goal is reached.
        drop: once, when the object is dropped.
        tip_speed: style; per (0.1 m/s)^2 of mean squared fingertip speed.
        action: regularisation; per mean squared normalised action.
        torque: per mean squared share of the torque limit.
        work: per watt of mean joint power.
    """

    progress: float = 1.0
    success: float = 5.0
    drop: float = -10.0
    tip_speed: float = -0.02
    action: float = -0.01
    torque: float = -0.02
    work: float = -0.05


FAST = RewardWeights(tip_speed=-0.005, work=-0.01)
SLOW = RewardWeights(tip_speed=-0.15, action=-0.03, work=-0.1)
STYLES = {'default': RewardWeights(), 'fast': FAST, 'slow': SLOW}
"""Policies of several styles all give data."""


@dataclass(frozen=True)
class Effort:
    """What the hand did in a control step.

    Args:
        tip_speed: (n, F) speed of the fingertips [m/s].
        action: (n, J) normalised action of the policy.
        torque: (n, J) [N m].
        torque_limit: (J,) [N m].
        joint_speed: (n, J) [rad/s].
        period: length of the control step [s].
    """

    tip_speed: np.ndarray
    action: np.ndarray
    torque: np.ndarray
    torque_limit: np.ndarray
    joint_speed: np.ndarray
    period: float


def effort_reward(weights: RewardWeights, effort: Effort) -> np.ndarray:
    """Style and regularisation, (n,)."""
    speed = np.mean((effort.tip_speed / 0.1)**2, axis=-1)
    action = np.mean(effort.action**2, axis=-1)
    torque = np.mean((effort.torque / effort.torque_limit)**2, axis=-1)
    work = np.mean(np.abs(effort.torque * effort.joint_speed), axis=-1)
    return (weights.tip_speed * np.minimum(speed, 25.0) + weights.action * action
            + weights.torque * torque + weights.work * work) * (effort.period / 0.1)


def goal_reward(weights: RewardWeights, before: np.ndarray, after: np.ndarray,
                success: np.ndarray, dropped: np.ndarray) -> np.ndarray:
    """Progress toward the goal in feature units, success and drop, (n,)."""
    progress = np.clip(before - after, -2.0, 2.0)
    return (weights.progress * np.where(dropped, 0.0, progress)
            + weights.success * success + weights.drop * dropped)
