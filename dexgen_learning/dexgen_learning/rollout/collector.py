"""Plays experts in the school's task and records them: walks, holding, policies, recoveries."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dexgen_description import Hand, ObjectModel
import numpy as np

from dexgen_learning.env.touch import Touch
from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.ppo.network import PolicyNetwork
from dexgen_learning.rollout.disturbance import DisturbanceConfig, Disturbances
from dexgen_learning.rollout.record import MODES, row_type, SOURCES, trimmed
from dexgen_learning.tasks.anygrasp import AnygraspConfig, AnygraspTask
from dexgen_learning.tasks.finger import FingerTask
from dexgen_learning.tasks.precision import PrecisionTask
from dexgen_learning.tasks.wander import WanderTask

RECOVER = 0.5
"""Least feature distance of a goal at which a walk finds back to the grasp set."""
WALK, HOLD, POLICY = (SOURCES.index(name) for name in ('walk', 'hold', 'policy'))
TASKS = {'anygrasp': (AnygraspTask, WALK, 'default'),
         'finger': (FingerTask, SOURCES.index('finger'), 'default'),
         'precision': (PrecisionTask, SOURCES.index('precision'), 'precision_rotation'),
         'wander': (WanderTask, SOURCES.index('wander'), 'default')}
"""Task, source of its rows without a policy, and the controller's mode."""


@dataclass(frozen=True)
class CollectorConfig:
    """What is mixed into the data.

    Args:
        task: the task, with its randomisation.
        disturbance: from which the expert takes over.
        per_object: environments of each object.
        steps: control steps of a chunk.
        edge_share: chance that the next goal is a tested edge of the grasp just reached.
        rates: range of the interpolation's rate, drawn for each goal: slow and fast styles.
        gains: range of the factor on the servo, drawn for each goal.
        hold_share: chance of holding for a while after a goal.
        hold: range of that time [s].
        policy_share: share of goals that a policy pursues, if there is one.
        policy_noise: standard deviation on a policy's output, drawn up to this.
        recover_share: chance that after a goal missed the nearest grasp of all comes next.
        patience: a goal not reached after this time is replaced [s].
        wander: range of the time after which the goals of wandering are replaced [s].
        lost: rows before a drop that are discarded [s].
        wander_lost: the same for wandering: what a person asks for is learned only where it
            went well for longer.
    """

    task: AnygraspConfig = field(default_factory=AnygraspConfig)
    disturbance: DisturbanceConfig = field(default_factory=DisturbanceConfig)
    per_object: int = 64
    steps: int = 250
    edge_share: float = 0.85
    rates: tuple[float, float] = (0.15, 0.4)
    gains: tuple[float, float] = (0.5, 1.2)
    hold_share: float = 0.35
    hold: tuple[float, float] = (0.3, 4.0)
    policy_share: float = 0.6
    policy_noise: float = 0.1
    recover_share: float = 0.8
    patience: float = 4.0
    wander: tuple[float, float] = (0.3, 2.0)
    lost: float = 2.0
    wander_lost: float = 3.0


class Collector:
    """n environments that pursue goals one after the other; see CollectorConfig."""

    def __init__(self, hand: Hand, objects: Sequence[ObjectModel], sets: Sequence[GraspSet],
                 config: CollectorConfig, policies: Sequence[PolicyNetwork] = (),
                 seed: int = 0, kind: str = 'anygrasp') -> None:
        """Build the task of this kind (a key of TASKS); policies act in Anygrasp alone."""
        self.config, self.hand, self.kind = config, hand, kind
        self.policies = tuple(policies) if kind == 'anygrasp' else ()
        maker, self.source, mode = TASKS[kind]
        self.mode = MODES.index(mode)
        self.task = maker(hand, objects, sets, config.per_object, config.task, seed)
        self.touch = Touch(self.task.env)
        self.rng = np.random.default_rng([seed, 1])
        n = self.task.n
        self.disturbances = Disturbances(hand, n, config.disturbance, self.rng)
        self.neighbours = self._adjacency(sets)
        self.node = self.task.start_row.copy()
        self.rate, self.noise, self.gain = np.zeros(n), np.zeros(n), np.zeros(n)
        self.holding, self.patience = np.zeros(n), np.zeros(n)
        self.policy = np.full(n, -1)
        self.segment = np.zeros(n, dtype=int)
        self.good_segments: set[int] = set()
        self._segments = 0
        self._begin(np.arange(n))

    def _adjacency(self, sets: Sequence[GraspSet]) -> list[np.ndarray]:
        found: list[list[int]] = [[] for _ in range(len(self.task.book.q))]
        for offset, grasps in zip(self.task.book.offset, sets, strict=True):
            for a, b in grasps.edges:
                found[offset + a].append(int(offset + b))
        return [np.array(f, dtype=int) for f in found]

    def _begin(self, ids: np.ndarray) -> None:
        """A new segment with its goal, style and expert for environments `ids`."""
        config, rng, task = self.config, self.rng, self.task
        for i in ids:
            near = self.neighbours[self.node[i]] if self.node[i] >= 0 else ()
            near = near if self.kind == 'anygrasp' else ()
            if len(near) and rng.random() < config.edge_share:
                task.book.assign(task.goals, np.array([i]), np.array([rng.choice(near)]))
                task.goal_time[i] = 0.0
            else:
                astray = self.node[i] < 0 and rng.random() < config.recover_share
                task.new_goals(np.array([i]), RECOVER if astray else None)
            self._segments += 1
            self.segment[i] = self._segments
        task.measure()
        self.rate[ids] = rng.uniform(*config.rates, size=len(ids))
        self.gain[ids] = rng.uniform(*config.gains, size=len(ids))
        self.noise[ids] = rng.uniform(0.0, config.policy_noise, size=len(ids))
        chosen = rng.integers(0, max(len(self.policies), 1), size=len(ids))
        pursue = (rng.random(len(ids)) < config.policy_share) & (len(self.policies) > 0)
        self.policy[ids] = np.where(pursue, chosen, -1)
        self.holding[ids] = 0.0
        still = (config.patience, config.patience)
        span = config.wander if self.kind == 'wander' else still
        self.patience[ids] = rng.uniform(*span, size=len(ids))

    def clean_wanted(self) -> tuple[np.ndarray, np.ndarray]:
        """What the experts want next (n, J) [rad], and the source of each row (n,)."""
        task = self.task
        wanted = task.servoed(self.rate[:, None], self.gain[:, None])
        source = np.where(self.holding > 0.0, HOLD, self.source)
        acting = (self.policy >= 0) & (self.holding <= 0.0)
        if np.any(acting):
            observation = task.actor_observation()
            for k, network in enumerate(self.policies):
                rows = np.flatnonzero(acting & (self.policy == k))
                action = network.act(observation[rows])
                action = action + self.rng.normal(size=action.shape) * self.noise[rows, None]
                task.last_action[rows] = np.clip(action, -1.0, 1.0)
                wanted[rows] = task.wanted(task.last_action)[rows]
            source = np.where(acting, POLICY, source)
        return wanted, source

    def collect(self) -> np.ndarray:
        """Run the chunk and return its rows, see `record.row_type`."""
        config, task = self.config, self.task
        steps, n = config.steps, task.n
        rows = np.zeros((steps, n), row_type(self.hand))
        segments = np.zeros((steps, n), dtype=int)
        starts, dropped = np.zeros((steps, n), bool), np.zeros((steps, n), bool)
        starts[0] = True
        for t in range(steps):
            clean, source = self.clean_wanted()
            wanted, spoiled = self.disturbances.step(clean, task.env.sim.target, task.env.dt)
            self._record(rows[t], clean, source, spoiled)
            segments[t] = self.segment
            outcome = task.step_target(wanted, auto=False)
            over = outcome.dropped | outcome.timeout
            dropped[t] = outcome.dropped
            self._advance(outcome.success, over)
            if t + 1 < steps:
                starts[t + 1] = over
        good = np.isin(segments, np.fromiter(self.good_segments, int, len(self.good_segments)))
        rows['reached'] = good | (rows['source'] == HOLD)
        lost = config.wander_lost if self.kind == 'wander' else config.lost
        return trimmed(rows, starts, dropped, round(lost / task.env.dt), 8)

    def _record(self, out: np.ndarray, clean: np.ndarray, source: np.ndarray,
                spoiled: np.ndarray) -> None:
        env = self.task.env
        out['q'], out['target'], out['wanted'] = env.sim.q, env.sim.target, clean
        out['keypoints'] = env.kinematics.keypoints(env.sim.q)
        out['object_pos'], out['object_quat'] = env.sim.object_pos, env.sim.object_quat
        out['gravity'] = env.wrist.gravity
        out['object'], out['source'] = env.object_index, source
        out['learn'], out['mode'] = ~spoiled, self.mode
        bits = 1 << np.arange(len(self.hand.fingers))
        out['pressing'] = (self.touch.pressing() * bits).sum(axis=-1)

    def _advance(self, success: np.ndarray, over: np.ndarray) -> None:
        """Next goals, holding, new episodes."""
        config, task, rng = self.config, self.task, self.rng
        was_holding = self.holding > 0.0
        self.holding = np.maximum(self.holding - task.env.dt, 0.0)
        ended_hold = was_holding & (self.holding <= 0.0) & ~over
        reached = success & ~was_holding & ~over
        self.good_segments.update(self.segment[reached].tolist())
        self.node[reached] = task.goals.row[reached]
        pause = reached & (rng.random(len(over)) < config.hold_share)
        self.holding[pause] = rng.uniform(*config.hold, size=int(pause.sum()))
        late = (task.goal_time >= self.patience) & ~was_holding & ~over
        self.node[late] = -1
        task.reset(np.flatnonzero(over))
        self.node[over] = task.start_row[over]
        self._begin(np.flatnonzero(ended_hold | (reached & ~pause) | late | over))
