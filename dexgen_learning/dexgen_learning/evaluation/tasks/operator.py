"""A scripted operator, imprecise as a person is: smooth, late, some millimetres wrong.

The operator's own hand moves toward the goal's posture, corrected by where the object was seen
0.2 s ago, as a smooth absolute posture. Each fingertip is 5 to 10 mm off, in a slowly turning
direction. A person sees where fingers are and not how hard they press: in each trial the operator
presses with another share of the goal's stored squeeze, from nothing to all of it.
"""

from collections.abc import Sequence

import numpy as np

from dexgen_learning.tasks.anygrasp import AnygraspTask

LATE = 0.2
"""[s]."""
SMOOTH = 0.15
"""Time constant of the low-pass [s]."""
WRONG = (0.005, 0.01)
"""How far each fingertip is off [m]."""
TURNING = (0.3, 1.2)
"""How fast the direction in which it is off turns [rad/s]."""
RATE = 0.2
"""Share of the way to the wanted posture per 0.1 s."""
CORRECTION = 2.0
"""How strongly the seen error of the object's pose is corrected."""
ENTRY = 1.0
"""Time in which the error of the fingertips grows to its size [s]."""
DAMPING = 0.01
"""Of the least squares that turn tip errors into joints [m]."""


class Operator:
    """Commands for every environment of a task toward its present goals.

    Args:
      task: environments with goals.
      trials: (n,) trial that each environment plays: equal trials have equal errors.
      seed: of the errors.
    """

    def __init__(self, task: AnygraspTask, trials: Sequence[int], seed: int):
        self._task, self._trials = task, np.asarray(trials)
        random = np.random.default_rng(seed)
        count = int(self._trials.max()) + 1
        shape = (count, len(task.hand.fingers), 1)
        self._size = random.uniform(*WRONG, shape)
        self._turning = random.uniform(*TURNING, shape)
        ways = np.linalg.qr(random.normal(size=(*shape[:2], 3, 2)))[0]
        self._ways = ways[..., 0], ways[..., 1]
        self._press = random.uniform(0.0, 1.0, (count, 1))
        self._seen: list[np.ndarray] = []
        self._wanted = task.env.sim.target.copy()
        self._own = task.env.sim.target.copy()
        self._age = 0.0

    def command(self) -> np.ndarray:
        """Joint targets (n, J) of this step [rad]."""
        task, dt = self._task, self._task.env.dt
        goals, correction = task.goals, (task.servoed() - task.interpolation()) * (0.1 / dt)
        pressed = goals.q + self._press[self._trials] * (goals.target - goals.q)
        self._seen.append(pressed + CORRECTION * correction)
        if len(self._seen) > round(LATE / dt):
            self._wanted += (1.0 - (1.0 - RATE) ** (dt / 0.1)) * (self._seen.pop(0) - self._wanted)
        self._own += (1.0 - np.exp(-dt / SMOOTH)) * (self._wanted - self._own)
        self._age += dt
        raw = self._own + min(self._age / ENTRY, 1.0) * self._error()
        return np.clip(raw, task.hand.lower, task.hand.upper)

    def _error(self) -> np.ndarray:
        """What the tip errors are in joints (n, J) [rad]."""
        angle = self._turning * self._age
        move = self._size * (np.cos(angle) * self._ways[0] + np.sin(angle) * self._ways[1])
        return tip_shift(self._task.env.kinematics, self._task.env.sim.q, move[self._trials])


def tip_shift(kinematics, q: np.ndarray, move: np.ndarray) -> np.ndarray:
    """Changes of the joints (n, J) [rad] that move the fingertips, by damped least squares.

    Args:
      kinematics: forward kinematics of the hand.
      q: (n, J) joint positions [rad].
      move: (n, F, 3) [m].
    """
    hand = kinematics.hand
    jacobian = kinematics.keypoint_jacobian(q)[:, hand.tip_indices]
    change = np.zeros_like(q)
    for index, finger in enumerate(hand.fingers):
        joints = hand.joint_indices(finger)
        own = jacobian[:, index][:, :, joints]
        square = own @ np.swapaxes(own, 1, 2) + DAMPING**2 * np.eye(3)
        solved = np.linalg.solve(square, move[:, index, :, None])
        change[:, joints] = (np.swapaxes(own, 1, 2) @ solved)[..., 0]
    return change
