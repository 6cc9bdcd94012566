"""Anygrasp-to-Anygrasp: from any grasp to the next near one, on and on."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dexgen_description import Hand, ObjectModel
import numpy as np

from dexgen_learning.env import quaternion
from dexgen_learning.env.environment import ACTION_SCALE, EnvironmentConfig, HandEnvironment
from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.tasks.curriculum import CurriculumConfig
from dexgen_learning.tasks.goal import GoalBook, GoalConfig
from dexgen_learning.tasks.reward import Effort, effort_reward, goal_reward, RewardWeights
from dexgen_learning.tasks.servo import ObjectError, servo, ServoConfig


@dataclass(frozen=True)
class AnygraspConfig:
    """The task.

    Args:
        environment: physics, randomisation, wrist.
        goal: how goals are drawn and when they are reached.
        curriculum: nearer goals first.
        weights: of the reward.
        rate: share per 0.1 s by which the target moves to the goal's stored target; 0 leaves
            the action alone.
        servo: feedback on the object's pose, added to the interpolation.
        residual: what a policy's output of 1 adds to the target per 0.1 s [rad].
        episode_s: an episode that lasts this long ends without penalty [s].
    """

    environment: EnvironmentConfig = field(default_factory=EnvironmentConfig)
    goal: GoalConfig = field(default_factory=GoalConfig)
    curriculum: CurriculumConfig = field(default_factory=CurriculumConfig)
    weights: RewardWeights = field(default_factory=RewardWeights)
    rate: float = 0.3
    servo: ServoConfig = field(default_factory=ServoConfig)
    residual: float = 0.1
    episode_s: float = 60.0


@dataclass(frozen=True)
class Outcome:
    """What a control step brought, (n,) each; dones have already been reset."""

    reward: np.ndarray
    success: np.ndarray
    dropped: np.ndarray
    timeout: np.ndarray


class AnygraspTask:
    """n environments with goals; environments that drop the object start anew by themselves."""

    symmetric = True
    """Whether rotation errors take account of the objects' symmetries."""

    def __init__(self, hand: Hand, objects: Sequence[ObjectModel], sets: Sequence[GraspSet],
                 per_object: int, config: AnygraspConfig | None = None, seed: int = 0) -> None:
        """Build the environment; all environments start in random grasps."""
        self.config = config or AnygraspConfig()
        self.config.curriculum.check(self.config.goal)
        self.env = HandEnvironment(hand, objects, per_object, self.config.environment, seed)
        self.book = GoalBook(objects, sets, self.config.goal)
        self.n, self.hand = self.env.n, hand
        self.sizes = np.stack([o.size for o in objects])[self.env.object_index]
        self.goals = self.book.empty_goals(self.n)
        self.goal_time = np.zeros(self.n)
        self.distance, self.level = np.zeros(self.n), np.zeros(self.n)
        self.last_action = np.zeros((self.n, self.env.joints))
        self.start_row = np.zeros(self.n, dtype=int)
        self.tips = np.zeros((self.n, len(hand.fingers), 3))
        self.reset(np.arange(self.n))

    @property
    def rng(self) -> np.random.Generator:
        """The environment's source of randomness."""
        return self.env.rng

    def reset(self, ids: np.ndarray) -> None:
        """Random grasps and goals for environments `ids`."""
        if len(ids) == 0:
            return
        self.start(ids, self.book.random_rows(self.env.object_index[ids], self.rng))
        self.new_goals(ids)

    def start(self, ids: np.ndarray, rows: np.ndarray) -> None:
        """Begin episodes of environments `ids` in the grasps `rows`."""
        self.start_row[ids] = rows
        self.env.reset(ids, self.book.start(rows))
        self.last_action[ids] = 0.0
        self.tips[ids] = self.env.kinematics.fingertips(self.env.sim.q[ids])

    def new_goals(self, ids: np.ndarray, nearest: float | None = None) -> None:
        """Draw the next goal of environments `ids` from where they are.

        `nearest` replaces the configured least distance, for goals to recover at.
        """
        if len(ids) == 0:
            return
        if nearest is None:
            nearest = self.config.curriculum.nearest(self.config.goal, self.level[ids])
        sim = self.env.sim
        rows = self.book.next_rows(self.env.object_index[ids], sim.q[ids], sim.object_pos[ids],
                                   sim.object_quat[ids], self.rng, nearest)
        self.book.assign(self.goals, ids, rows)
        self.goal_time[ids] = 0.0
        self.measure()

    def measure(self) -> None:
        """Bring errors and feature distance to the goals up to date."""
        sim = self.env.sim
        self.position_error, self.turn_error, self.joint_error = self.book.errors(
            self.goals, self.env.object_index, sim.q, sim.object_pos, sim.object_quat,
            self.symmetric)
        self.distance = self.book.metric.distance(
            np.linalg.norm(self.position_error, axis=-1),
            np.linalg.norm(self.turn_error, axis=-1), self.joint_error)

    def interpolation(self, rate: float | np.ndarray | None = None) -> np.ndarray:
        """The target moved a share toward the goal's stored target, (n, J) [rad]."""
        rate = self.config.rate if rate is None else rate
        part = 1.0 - (1.0 - np.asarray(rate))**(self.env.dt / 0.1)
        return self.env.sim.target + part * (self.goals.target - self.env.sim.target)

    def servoed(self, rate: float | np.ndarray | None = None,
                gain: np.ndarray | float = 1.0) -> np.ndarray:
        """Interpolation with feedback on the object's pose, (n, J) [rad]."""
        error = ObjectError(self.env.sim.object_pos, self.sizes, self.position_error,
                            self.turn_error)
        change = servo(self.env.kinematics, self.env.sim.q, error, self.config.servo, gain)
        return self.interpolation(rate) + change * (self.env.dt / 0.1)

    def wanted(self, action: np.ndarray) -> np.ndarray:
        """The joint targets of a policy's output (n, J): residual on servoed interpolation."""
        scale = self.config.residual * self.env.dt / 0.1
        return self.servoed() + scale * np.clip(action, -1.0, 1.0)

    def step(self, action: np.ndarray) -> Outcome:
        """One control step with a policy's output (n, J)."""
        self.last_action = np.clip(action, -1.0, 1.0)
        return self.step_target(self.wanted(action))

    def step_target(self, wanted: np.ndarray, auto: bool = True,
                    limit: float | None = ACTION_SCALE) -> Outcome:
        """One control step with wanted joint targets (n, J) [rad].

        With `auto`, episodes that are over start anew and reached or stale goals are replaced;
        else the caller does so. `limit` bounds the step per 0.1 s [rad], None leaves it to the
        gate.
        """
        env = self.env
        if limit is not None:
            step = limit * env.dt / 0.1
            wanted = env.sim.target + np.clip(wanted - env.sim.target, -step, step)
        env.step(np.clip(wanted, self.hand.lower, self.hand.upper))
        before = self.distance
        self.goal_time += env.dt
        self.measure()
        success = self._reached() & ~env.dropped
        reward = goal_reward(self.config.weights, before, self.distance, success, env.dropped)
        reward = np.where(env.failed, 0.0, reward + self._effort())
        timeout = (env.time >= self.config.episode_s) & ~env.dropped
        dropped = env.dropped.copy()
        outcome = Outcome(reward, success, dropped, timeout)
        if not auto:
            return outcome
        patience = self.goal_time >= self.config.goal.patience
        self.level = self.config.curriculum.moved(self.level, success,
                                                  dropped | (patience & ~success))
        self.reset(np.flatnonzero(dropped | timeout))
        self.new_goals(np.flatnonzero((success | patience) & ~dropped & ~timeout))
        return outcome

    def _reached(self) -> np.ndarray:
        limit = self.config.goal.tolerance
        return ((np.linalg.norm(self.position_error, axis=-1) < limit.position)
                & (np.linalg.norm(self.turn_error, axis=-1) < limit.rotation)
                & (self.joint_error < limit.joints))

    def _effort(self) -> np.ndarray:
        sim, hand = self.env.sim, self.hand
        tips = self.env.kinematics.fingertips(sim.q)
        speed = np.linalg.norm(tips - self.tips, axis=-1) / self.env.dt
        self.tips = tips
        torque = np.clip(hand.kp * (sim.target - sim.q) - hand.kd * sim.qd,
                         -hand.torque_limit, hand.torque_limit)
        return effort_reward(self.config.weights, Effort(
            speed, self.last_action, torque, hand.torque_limit, sim.qd, self.env.dt))

    def actor_observation(self) -> np.ndarray:
        """What the policy sees (n, A) float32: proprioception and the goal from here."""
        env = self.env
        q, target = env.observed_history()
        offset, quat = env.object_pose_in_palm()
        turn = quaternion.to_matrix(quat)[:, :, :2].reshape(self.n, 6)
        tips = env.kinematics.fingertips(q[:, -1]) - self.hand.palm_center
        parts = [q.reshape(self.n, -1), 5.0 * (target - q).reshape(self.n, -1),
                 20.0 * tips.reshape(self.n, -1), 50.0 * self.position_error,
                 2.0 * self.turn_error, 2.0 * (self.goals.q - q[:, -1]),
                 2.0 * (self.goals.target - target[:, -1]), 30.0 * offset, turn,
                 30.0 * self.sizes, self.last_action]
        return np.concatenate(parts, axis=-1).astype(np.float32)

    def critic_observation(self) -> np.ndarray:
        """What only the simulator knows (n, C) float32."""
        env, sim, draw = self.env, self.env.sim, self.env.draw
        scalars = np.stack([
            10.0 * draw.object_mass, draw.friction, 10.0 * (draw.object_scale - 1.0), draw.p_gain,
            draw.d_gain, 0.1 * self.goal_time, 0.3 * self.distance], axis=-1)
        speed = sim.object_vel * np.repeat([5.0, 0.5], 3)
        parts = [sim.q, 0.3 * sim.qd, speed, 0.1 * env.wrist.gravity, env.wrist.velocity,
                 3.0 * env.kicks.force, scalars, self._identity()]
        return np.concatenate(parts, axis=-1).astype(np.float32)

    def _identity(self) -> np.ndarray:
        """Which object, one-hot (n, O)."""
        return np.eye(len(self.book.objects))[self.env.object_index]
