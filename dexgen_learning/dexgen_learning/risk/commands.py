"""Commands of every kind at once, one kind a hand: what the network for risk learns from."""

from dexgen_description import Hand
import numpy as np

from dexgen_learning.evaluation.clip import Clip
from dexgen_learning.evaluation.streams import Command, Expert, Recorded, Walk
from dexgen_learning.tasks.anygrasp import AnygraspTask

KINDS = ('expert', 'noisy', 'slow', 'walk', 'clip', 'pull')
NOISE = 1.5
"""Largest amplitude of the noise on an expert's action; each episode draws its own from 0 on."""
EVERY = 4.0
"""Mean time between changes of a pull [s]."""
PULL = 0.4
"""Standard deviation of the joints of a finger that is pulled away [rad]."""
RAMP = 0.3
"""Share of the way to a new pull in a control step."""


class Pull:
    """A finger, or the palm, is commanded away from the grasp, or back to it.

    Args:
      hand: the hand.
      seed: of the changes.
    """

    def __init__(self, hand: Hand, seed: int):
        self._hand, self._random = hand, np.random.default_rng(seed)
        self._finger = np.array([name.split('_')[0] for name in hand.joint_names])
        self._meant: np.ndarray | None = None

    def raw(self, task: AnygraspTask, fresh: np.ndarray) -> np.ndarray:
        """Joint targets (n, J) [rad]."""
        applied, random = task.env.sim.target, self._random
        if self._meant is None:
            self._meant, self._now = np.zeros((2, *applied.shape))
            self._grasp = applied.copy()
        self._meant[fresh] = self._now[fresh] = 0.0
        self._grasp[fresh] = applied[fresh]
        for hand in np.flatnonzero(random.random(len(applied)) < task.env.dt / EVERY):
            self._meant[hand] = 0.0
            kind = random.integers(3)
            if kind == 1:
                own = self._finger == random.choice(self._hand.fingers)
                self._meant[hand, own] = random.normal(0.0, PULL, own.sum())
            elif kind == 2:
                opened = self._hand.rest - self._grasp[hand]
                self._meant[hand] = random.uniform(0.3, 1.0) * opened
        self._now += RAMP * (self._meant - self._now)
        return self._grasp + self._now


class Mixed:
    """Hand i gets commands of kind i modulo their number.

    Args:
      hand: the hand.
      expert: whose actions are corrupted.
      clip: a recorded hand.
      walk: deviation [rad] and corner [Hz] of walks.
      scale: what an action of 1 is [rad per 0.1 s].
      seed: of all of them.
    """

    name = 'mixed'

    def __init__(
        self, hand: Hand, expert: Expert, clip: Clip, walk: tuple[float, float], scale: float,
        seed: int,
    ):  # fmt: skip
        self._hand, self._expert, self._scale = hand, expert, scale
        self._walk, self._clip = Walk(*walk, seed), Recorded(clip, seed)
        self._pull = Pull(hand, seed)
        self._random = np.random.default_rng([seed, 1])
        self._amount: np.ndarray | None = None

    def command(self, task: AnygraspTask, fresh: np.ndarray) -> Command:
        """The commands of this step."""
        count, random = len(fresh), self._random
        kind = np.arange(count) % len(KINDS)
        if self._amount is None:
            self._amount = random.random((count, 1))
        self._amount[fresh] = random.random((int(fresh.sum()), 1))
        applied, scale = task.env.sim.target, self._scale * task.env.dt / 0.1
        action = np.clip((self._expert(task) - applied) / scale, -1.0, 1.0)
        noise = NOISE * self._amount * random.uniform(-1.0, 1.0, action.shape)
        slow = (0.3 + 0.7 * self._amount) * random.random(action.shape)
        action = np.select(
            [kind[:, None] == KINDS.index(name) for name in ('noisy', 'slow')],
            [action + noise, action * slow], action,
        )  # fmt: skip
        raw = applied + scale * np.clip(action, -1.0, 1.0)
        for name, own in (
            ('walk', self._walk.command(task, fresh).raw),
            ('clip', self._clip.command(task, fresh).raw),
            ('pull', self._pull.raw(task, fresh)),
        ):
            raw = np.where(kind[:, None] == KINDS.index(name), own, raw)
        return Command(np.clip(raw, self._hand.lower, self._hand.upper), absolute=False)
