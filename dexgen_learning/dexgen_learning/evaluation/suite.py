"""The evaluation as a whole: cells, walks, levels of following, one result."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dexgen_controller.checkpoint import load_checkpoint
from dexgen_controller.sampling_config import SamplingConfig
from dexgen_description import Kinematics, load_hand, load_object

from dexgen_learning.env.environment import EnvironmentConfig
from dexgen_learning.evaluation.behaviours import Behaviours
from dexgen_learning.evaluation.dexgen_control import DexGenControl
from dexgen_learning.evaluation.intervals import ratio_low95
from dexgen_learning.evaluation.levels import compare_at_level
from dexgen_learning.evaluation.protocol import load_protocol, Protocol
from dexgen_learning.evaluation.run import evaluate_point, Point
from dexgen_learning.evaluation.situation import Control
from dexgen_learning.evaluation.streams import Expert, interpolation
from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.paths import find_grasps
from dexgen_learning.ppo.network import PolicyNetwork
from dexgen_learning.tasks.anygrasp import AnygraspConfig, AnygraspTask


@dataclass(frozen=True)
class EvaluationConfig:
    """What is evaluated, and how long.

    Attributes:
      checkpoint: folder of the controller; empty evaluates the rivals alone.
      policy: file of the expert's policy; empty: interpolation toward the goals.
      quick: fewer hours, wider intervals.
      guidance: the one common strength of the cells.
      steps: diffusion steps.
      grasps: folder of the evaluation grasps; empty for the cache, or what is shipped.
      output: file of the result, empty for none.
      sweep: every rival's setting and every strength in the cells too, not only on the walk.
    """

    checkpoint: str = ''
    policy: str = ''
    quick: bool = False
    guidance: float = 1.0
    steps: int = 8
    grasps: str = ''
    output: str = ''
    sweep: bool = True


def expert_of(policy: str, hand: str) -> Expert:
    """The expert of a policy file; interpolation where there is none."""
    if not policy:
        return interpolation
    network = PolicyNetwork.load(Path(policy), hand)
    return lambda task: task.wanted(network.act(task.actor_observation()))


class Evaluation:
    """Runs points of the protocol and keeps them.

    Args:
      config: what is evaluated.
      protocol: how.
      report: called with each point as soon as it is known.
    """

    def __init__(
        self,
        config: EvaluationConfig,
        protocol: Protocol | None = None,
        report: Callable[[Point], None] = lambda _: None,
    ):
        self.config, self.protocol = config, protocol or load_protocol()
        self.size = self.protocol.size(config.quick)
        self.hand = load_hand(self.protocol.content['hand'])
        self.expert = expert_of(config.policy, self.hand.name)
        self._checkpoint = load_checkpoint(config.checkpoint) if config.checkpoint else None
        self._report = report
        self.points: list[Point] = []

    def task(self, objects: Sequence[str], condition: str = '') -> AnygraspTask:
        """Environments with these objects, the same for every control.

        Args:
          objects: names.
          condition: of the protocol's held-out ones, empty for the school's own.
        """
        folder = Path(self.config.grasps) if self.config.grasps else None
        sets = [
            GraspSet.load(find_grasps(self.hand.name, name, folder), self.hand.name)
            for name in objects
        ]
        models = [load_object(name) for name in objects]
        seed = self.protocol.content['seed']
        table = self.protocol.randomization(condition)
        config = AnygraspConfig(environment=EnvironmentConfig(randomization=table))
        return AnygraspTask(self.hand, models, sets, self.size.per_object, config, seed)

    def dexgen(self, task: AnygraspTask, guidance: float, **sampling) -> Control:
        """The controller at a strength."""
        config = SamplingConfig(steps=self.config.steps, **sampling)
        return DexGenControl(self._checkpoint, task.env.kinematics, task.n, guidance, config)

    def point(self, task: AnygraspTask, stream: str, control: Control, scene: str = '') -> Point:
        """One point; `scene` is added to the name of the stream where it is a held-out one."""
        found = evaluate_point(
            task, self.protocol.stream(stream, self.expert), control, self.size.rule
        )
        if scene:
            found = replace(found, stream=f'{stream}, {scene}')
        self.points.append(found)
        self._report(found)
        return found

    def run(self) -> dict:
        """Every cell, the walk, the levels."""
        content = self.protocol.content
        task = self.task(content['objects'])
        clean = self.point(task, 'clean', self.protocol.rivals('clean')[0])
        cells = {name: self.cell(task, name, clean) for name in content['cells']}
        return {
            'cells': cells,
            'at_following': self.walk(task),
            'stay': self.stay(task),
            **(self.held_out(task) if self._checkpoint else {}),
            **(self.behaviours() if self._checkpoint else {}),
            'guidance': self.config.guidance if self._checkpoint else None,
            'evaluation_hash': self.protocol.digest,
            'seed': content['seed'],
            'drops': int(sum(point.holding.drops.sum() for point in self.points)),
        }

    def cell(self, task: AnygraspTask, name: str, clean: Point) -> dict:
        """A corrupted expert through every control."""
        rivals = self.protocol.rivals(name)
        if not self.config.sweep:
            rivals = rivals[:2]
        raw, hold, *others = [self.point(task, name, control) for control in rivals]
        row = {
            'raw_s': raw.holding.mean,
            'hold_s': hold.holding.mean,
            'raw_goals_per_min': raw.goals_per_minute,
            'expert_goals_per_min': clean.goals_per_minute,
            'clamped_share': raw.clamped_share,
        }
        ours = None
        if self._checkpoint:
            ours = self.point(task, name, self.dexgen(task, self.config.guidance))
            row |= {
                'dexgen_s': ours.holding.mean,
                'dexgen_goals_per_min': ours.goals_per_minute,
                'ratio': ours.holding.mean / raw.holding.mean,
                'ratio_low95': ratio_low95(ours.holding, raw.holding),
            }
        return row | best_control(others, ours)

    def stay(self, task: AnygraspTask) -> dict:
        """The command to stay, through the controller and by holding still."""
        hold = self.point(task, 'stay', self.protocol.rivals('stay')[1])
        row = {'hold_s': hold.holding.mean}
        if self._checkpoint:
            ours = self.point(task, 'stay', self.dexgen(task, self.config.guidance))
            row |= {
                'dexgen_s': ours.holding.mean,
                'ratio': ours.holding.mean / hold.holding.mean,
                'ratio_low95': ratio_low95(ours.holding, hold.holding),
            }
        return row

    def held_out(self, task: AnygraspTask) -> dict:
        """The walk at the common strength on other objects, frictions and delays.

        `held_out_share` is the time between drops on other objects, as a share of the trained
        ones'; each condition's row has the times of the controller and of holding still.
        """
        content, strength = self.protocol.content, self.config.guidance
        trained = self.point(task, 'walk', self.dexgen(task, strength))
        try:
            other = self.task(content['held_out_objects'])
        except FileNotFoundError as error:
            return {'held_out_share': None, 'held_out_missing': str(error)}
        found = self.point(other, 'walk', self.dexgen(other, strength), 'other objects')
        rows = {}
        for name in content['conditions']:
            changed = self.task(content['objects'], name)
            ours = self.point(changed, 'walk', self.dexgen(changed, strength), name)
            hold = self.point(changed, 'walk', self.protocol.rivals('walk')[1], name)
            rows[name] = {'dexgen_s': ours.holding.mean, 'hold_s': hold.holding.mean}
        return {
            'held_out_share': found.holding.mean / trained.holding.mean,
            'held_out_conditions': rows,
        }

    def behaviours(self) -> dict:
        """The behaviour tests on the first object, at the common strength."""
        content = self.protocol.content
        name = content['objects'][0]
        folder = Path(self.config.grasps) if self.config.grasps else None
        grasps = GraspSet.load(find_grasps(self.hand.name, name, folder), self.hand.name)
        count = content['behaviour_trials']['quick' if self.config.quick else 'full']
        tests = Behaviours(self.hand, load_object(name), grasps, count, content['seed'])
        sampling = SamplingConfig(steps=self.config.steps)
        kinematics = Kinematics(self.hand)
        return tests.shares(
            lambda number: DexGenControl(
                self._checkpoint, kinematics, number, self.config.guidance, sampling
            )
        )

    def walk(self, task: AnygraspTask) -> dict:
        """Walks through every control, compared at equal following."""
        content = self.protocol.content
        rivals = [self.point(task, 'walk', c) for c in self.protocol.rivals('walk')]
        ours = []
        if self._checkpoint:
            ours = [
                self.point(task, 'walk', self.dexgen(task, strength))
                for strength in content['guidance']
            ]
        window = content['matching_window']
        return {
            f'{level:g}': compare_at_level(ours, rivals, level, window)
            for level in content['levels']
        }


def best_control(rivals: Sequence[Point], ours: Point | None) -> dict:
    """The best rival in a cell, at equal time between drops and at equal goals.

    `best_control_goals_per_min` is the most goals of a rival that holds as long as the controller,
    `best_control_s` the longest time of a rival that reaches as many goals; None where none does.
    """
    time = ours.holding.mean if ours else 0.0
    goals = ours.goals_per_minute if ours else 0.0
    long = [point.goals_per_minute for point in rivals if point.holding.mean >= time]
    able = [point.holding.mean for point in rivals if point.goals_per_minute >= goals]
    return {
        'best_control_s': max(able, default=None),
        'best_control_goals_per_min': max(long, default=None),
    }


def describe(point: Point) -> str:
    """One line of the table."""
    low, high = point.holding.interval()
    gains = ' '.join(f'{figures.gain:5.2f}' for figures in point.following.values())
    return (
        f'{point.stream:11s} {point.control:24s} {point.holding.mean:7.1f} s '
        f'[{low:5.1f}, {high:5.1f}] {int(point.holding.drops.sum()):4d} drops '
        f'{point.goals_per_minute:6.2f} goals/min  gain {gains}  clamped {point.clamped_share:.2f}'
        f'  jerk {point.jerk:5.0f}'
    )
