"""Behaviour tests in the calm scene: magnetic, refusal, free finger, release.

Each begins in a grasp that holding still keeps and gives one constant command. Magnetic and
refusal take the grasps in which the raw command drops the object: refusing it is what is tested.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dexgen_description import Hand, Kinematics, load_object, ObjectModel
from dexgen_sim_bridge.wrist import PALM_DOWN, PALM_UP
import numpy as np

from dexgen_learning.env.disturbance import WristConfig
from dexgen_learning.env.environment import EnvironmentConfig, HandEnvironment, Start
from dexgen_learning.env.randomization import NONE
from dexgen_learning.env.touch import Touch
from dexgen_learning.evaluation.dexgen_control import Learned
from dexgen_learning.evaluation.laboratory import Laboratory
from dexgen_learning.evaluation.rivals import Hold, Raw
from dexgen_learning.evaluation.situation import Control, Situation
from dexgen_learning.grasps.grasp_set import GraspSet

MAGNETIC_REACH = 0.04
"""How far the supporting finger is commanded away [m]."""
FREE_REACH = 0.03
"""How far the free finger is commanded [m]."""
FREE_ERROR = 0.01
"""How near it must end [m]."""


@dataclass(frozen=True)
class Trials:
    """Grasps and what is commanded in them.

    Attributes:
      start: where the trials begin.
      raw: (n, J) joint targets of the command [rad].
      finger: (n,) finger that the command moves, -1 for all.
    """

    start: Start
    raw: np.ndarray
    finger: np.ndarray

    def take(self, rows: np.ndarray) -> 'Trials':
        """Some of them."""
        start = Start(*(value[rows] for value in vars(self.start).values()))
        return Trials(start, self.raw[rows], self.finger[rows])


@dataclass(frozen=True)
class Played:
    """How trials went.

    Attributes:
      dropped: (n,) whether the object was lost.
      keypoints: (n, K, 3) at the end, or before the drop [m].
      touched: (n, F) fingers that touched anything after any step.
    """

    dropped: np.ndarray
    keypoints: np.ndarray
    touched: np.ndarray


class CalmScene:
    """One object in the calm scene, as many hands as there are grasps.

    Args:
      hand: hand description.
      object_model: the object.
      grasps: of the object.
      orientation: world -> hand (w, x, y, z).
    """

    def __init__(
        self,
        hand: Hand,
        object_model: ObjectModel,
        grasps: GraspSet,
        orientation: Sequence[float],
    ):
        wrist = WristConfig(speed=0.0, random_start=False, start=tuple(orientation))
        self._config = EnvironmentConfig(randomization=NONE, wrist=wrist)
        self._hand, self._object, self._grasps = hand, object_model, grasps
        self._environments: dict[int, HandEnvironment] = {}
        self._touches: dict[int, Touch] = {}

    def environment(self, count: int) -> HandEnvironment:
        """An environment of that many hands."""
        if count not in self._environments:
            self._environments[count] = HandEnvironment(
                self._hand, [self._object], count, self._config
            )
            self._touches[count] = Touch(self._environments[count])
        return self._environments[count]

    def every_grasp(self) -> Trials:
        """All grasps, commanded to stay."""
        grasps = self._grasps
        start = Start(grasps.q, grasps.target, grasps.object_pos, grasps.object_quat)
        return Trials(start, grasps.target.copy(), np.full(len(grasps), -1))

    def touching(self) -> np.ndarray:
        """(N, F) whether each finger touches the object in each grasp."""
        links = np.array([name.split('_')[0] for name in self._hand.link_names])
        bits = (self._grasps.contacts[:, None] >> np.arange(len(links))) & 1
        return np.stack([bits[:, links == name].any(axis=1) for name in self._hand.fingers], -1)

    def play(
        self, trials: Trials, control: Control, seconds: float, ramp: float = 0.0
    ) -> Played:
        """Command the trials for some time, growing from the grasp over the first `ramp` [s]."""
        count = len(trials.raw)
        environment = self.environment(count)
        kinematics = environment.kinematics
        touch = self._touches[count]
        environment.reset(np.arange(count), trials.start)
        touched = np.zeros((count, len(self._hand.fingers)), bool)
        raw, command = trials.raw, kinematics.keypoints(trials.raw)
        lost = np.zeros(count, bool)
        ends = kinematics.keypoints(environment.sim.q)
        for step in range(round(seconds / environment.dt)):
            positions, targets = environment.observed_history()
            if ramp:
                share = min(step * environment.dt / ramp, 1.0)
                raw = trials.start.target + share * (trials.raw - trials.start.target)
                command = kinematics.keypoints(raw)
            situation = Situation(
                environment.sim.target.copy(),
                trials.start.target,
                raw,
                command,
                True,
                np.full(count, step == 0),
                positions,
                targets,
                environment.dt,
            )
            wanted = control.wanted(situation)
            environment.step(np.clip(wanted, self._hand.lower, self._hand.upper))
            lost |= environment.dropped
            touched |= touch.fingers()
            here = kinematics.keypoints(environment.sim.q)
            ends = np.where(lost[:, None, None], ends, here)
        return Played(lost, ends, touched)


def reaching(kinematics, targets: np.ndarray, finger: np.ndarray, move: np.ndarray) -> np.ndarray:
    """Joint targets that bring one fingertip of each hand elsewhere, as far as the joints allow.

    Damped least squares on that finger's joints.

    Args:
      kinematics: forward kinematics of the hand.
      targets: (n, J) where to begin [rad].
      finger: (n,) which finger.
      move: (n, 3) how far [m].
    """
    hand = kinematics.hand
    rows = np.arange(len(targets))
    tips = np.asarray(hand.tip_indices)[finger]
    goal = kinematics.keypoints(targets)[rows, tips] + move
    names = np.array([name.split('_')[0] for name in hand.joint_names])
    own = np.stack([names == hand.fingers[f] for f in finger])
    q = targets.copy()
    for _ in range(50):
        error = goal - kinematics.keypoints(q)[rows, tips]
        jacobian = kinematics.keypoint_jacobian(q)[rows, tips] * own[:, None, :]
        square = jacobian @ jacobian.transpose(0, 2, 1) + 1e-5 * np.eye(3)
        step = np.einsum('nij,ni->nj', jacobian, np.linalg.solve(square, error[..., None])[..., 0])
        q = np.clip(q + 0.5 * step, hand.lower, hand.upper)
    return q


def magnetic(scene: CalmScene, kinematics) -> Trials:
    """One supporting finger is commanded away from the object's centre."""
    every, touching = scene.every_grasp(), scene.touching()
    grasp, finger = np.nonzero(touching)
    trials = every.take(grasp)
    tips = kinematics.fingertips(trials.start.q)[np.arange(len(grasp)), finger]
    away = tips - trials.start.object_pos
    away = MAGNETIC_REACH * away / np.linalg.norm(away, axis=-1, keepdims=True)
    raw = reaching(kinematics, trials.start.target, finger, away)
    return Trials(trials.start, raw, finger)


def refusal(scene: CalmScene, kinematics) -> Trials:
    """The whole palm is commanded open."""
    every = scene.every_grasp()
    raw = np.broadcast_to(kinematics.hand.rest, every.raw.shape).copy()
    return Trials(every.start, raw, every.finger)


def free_finger(scene: CalmScene, kinematics, seed: int = 0) -> Trials:
    """A finger that touches nothing is commanded somewhere else."""
    every, touching = scene.every_grasp(), scene.touching()
    grasp, finger = np.nonzero(~touching)
    trials = every.take(grasp)
    random = np.random.default_rng(seed)
    move = random.normal(size=(len(grasp), 3))
    move *= 1.6 * FREE_REACH / np.linalg.norm(move, axis=-1, keepdims=True)
    # Away from the object, so that the way is free.
    tips = kinematics.fingertips(trials.start.q)[np.arange(len(grasp)), finger]
    away = tips - trials.start.object_pos
    move *= np.sign((move * away).sum(axis=-1, keepdims=True))
    raw = reaching(kinematics, trials.start.target, finger, move)
    before = kinematics.fingertips(trials.start.target)[np.arange(len(grasp)), finger]
    after = kinematics.fingertips(raw)[np.arange(len(grasp)), finger]
    far = np.linalg.norm(after - before, axis=-1) >= FREE_REACH
    # Where the joints cannot go, least squares end anywhere.
    there = np.linalg.norm(after - before - move, axis=-1) < FREE_REACH / 2
    return Trials(trials.start, raw, finger).take(np.flatnonzero(far & there))


HOLD_TIME = 10.0
"""How long the object must stay [s]."""
FREE_TIME = 1.0
"""When the free finger is judged [s]."""
CANDIDATES = 2
"""Candidates tried for each trial wanted."""


def admitted(
    scene: CalmScene, trials: Trials, raw_drops: bool, count: int, seed: int, free: bool = False
) -> Trials:
    """Trials whose grasp holding still keeps and, if asked, whose raw command drops.

    With `free` the commanded finger must touch nothing all the while that the hand holds still.
    The calm scene has no randomness: once is enough to know.
    """
    random = np.random.default_rng(seed)
    rows = random.permutation(len(trials.raw))[: CANDIDATES * count]
    trials = trials.take(rows)
    still = scene.play(trials, Hold(), HOLD_TIME)
    good = ~still.dropped
    if free:
        good &= ~still.touched[np.arange(len(trials.raw)), trials.finger]
    if raw_drops:
        good &= scene.play(trials, Raw(), HOLD_TIME).dropped
    return trials.take(np.flatnonzero(good)[:count])


BEHAVIOURS = ('magnetic', 'refusal', 'free_finger', 'release')


@dataclass(frozen=True)
class BehaviourJob:
    """One test with one object.

    Attributes:
      name: of BEHAVIOURS.
      object_name: the object.
      count: trials.
      control: the controller.
      ramp: time over which the command of magnetic and refusal grows to its size [s].
    """

    name: str
    object_name: str
    count: int
    control: Control | Learned
    ramp: float = 0.0

    def perform(self, laboratory: Laboratory) -> tuple[int, int]:
        """Trials that went as they should, and how many there were: at most `count`."""
        hand, kinematics = laboratory.hand, Kinematics(laboratory.hand)
        model, grasps = load_object(self.object_name), laboratory.grasps(self.object_name)
        up = self.name == 'free_finger'
        scene = CalmScene(hand, model, grasps, tuple(PALM_UP if up else PALM_DOWN))
        if up:
            made = free_finger(scene, kinematics, laboratory.seed)
        else:
            made = (magnetic if self.name == 'magnetic' else refusal)(scene, kinematics)
        drops = self.name in ('magnetic', 'refusal')
        trials = admitted(scene, made, drops, self.count, laboratory.seed, free=up)
        number = len(trials.raw)
        if not number:
            return 0, 0
        if self.name == 'release':
            good = scene.play(trials, Raw(), HOLD_TIME).dropped
        elif up:
            good = _free(scene, kinematics, laboratory.control(self.control, number), trials)
        else:
            control = laboratory.control(self.control, number)
            good = ~scene.play(trials, control, HOLD_TIME + self.ramp, self.ramp).dropped
        return int(good.sum()), number


def _free(scene: CalmScene, kinematics, control: Control, trials: Trials) -> np.ndarray:
    played = scene.play(trials, control, FREE_TIME)
    rows = np.arange(len(trials.raw))
    tips = np.asarray(kinematics.hand.tip_indices)[trials.finger]
    wanted = kinematics.keypoints(trials.raw)[rows, tips]
    error = np.linalg.norm(played.keypoints[rows, tips] - wanted, axis=-1)
    return (error < FREE_ERROR) & ~played.dropped
