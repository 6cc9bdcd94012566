"""What a process needs to measure: protocol, hand, expert, checkpoint, tasks made anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from dexgen_controller.checkpoint import Checkpoint, load_checkpoint, shipped_checkpoint
from dexgen_controller.planner import MotionPlanner
from dexgen_controller.sampling_config import SamplingConfig
from dexgen_description import Kinematics, load_hand, load_object

from dexgen_learning.env.environment import EnvironmentConfig
from dexgen_learning.evaluation.dexgen_control import DexGenControl, Learned, Planners
from dexgen_learning.evaluation.protocol import load_protocol, Protocol
from dexgen_learning.evaluation.situation import Control
from dexgen_learning.evaluation.streams import Expert, interpolation, servo
from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.paths import find_grasps, grasp_path, SHIPPED, shipped_policy
from dexgen_learning.ppo.network import PolicyNetwork
from dexgen_learning.tasks.anygrasp import AnygraspConfig, AnygraspTask

BLIND = {'servo': servo, 'interpolation': interpolation}
"""Experts without a network."""


@dataclass(frozen=True)
class EvaluationConfig:
    """What is evaluated, and how long.

    Attributes:
      checkpoint: folder of the controller; empty: the shipped one, `none`: the rivals alone.
      policy: file of the expert's policy, `servo` or `interpolation`; empty: the shipped policy,
        or `servo` where none is shipped.
      size: how much is simulated: `full`, `medium` or `quick`.
      guidance: the one common strength; negative: the checkpoint's own.
      steps: diffusion steps, 0 for those of the controller node.
      precision: of the controller's runtime, f32, bf16 or int8; empty: that of the controller
        node.
      grasps: folder of the evaluation grasps; empty for what is shipped, or the cache.
      kept: folder in which the result of every job is kept as soon as it is known, so that an
        evaluation goes on where it was stopped, and parts add up to a whole; empty for none.
      output: file of the result, .json, empty for none; table and figures are written beside it.
      workers: processes, 0 for as many as there are processors.
      parts: what is run, of cells (raw, holding still and the controller), sweeps (everything else
        in the cells), commands, held_out, behaviours, tasks; empty for everything.
    """

    checkpoint: str = ''
    policy: str = ''
    size: Literal['full', 'medium', 'quick'] = 'full'
    guidance: float = -1.0
    steps: int = 0
    precision: str = ''
    grasps: str = ''
    kept: str = ''
    output: str = ''
    workers: int = 0
    parts: tuple[str, ...] = ()


def expert_of(policy: str, hand: str) -> Expert:
    """The expert of a name or of a policy's file."""
    if policy in BLIND:
        return BLIND[policy]
    network = PolicyNetwork.load(Path(policy), hand)
    return lambda task: task.wanted(network.act(task.actor_observation()))


class Laboratory:
    """Everything that measuring needs, in one process.

    Args:
      config: what is evaluated.
      protocol: how; the shipped one if None.
    """

    def __init__(self, config: EvaluationConfig, protocol: Protocol | None = None):
        self.config, self.protocol = config, protocol or load_protocol()
        self.size = self.protocol.size(config.size)
        self.hand = load_hand(self.protocol.content['hand'])
        self.seed: int = self.protocol.content['seed']
        self._planners = Planners(
            lambda sampling, hands, runtime: MotionPlanner(
                self.checkpoint, sampling, hands, runtime
            )
        )

    @cached_property
    def checkpoint(self) -> Checkpoint | None:
        """The controller, None to evaluate the rivals alone."""
        if self.config.checkpoint == 'none':
            return None
        folder = self.config.checkpoint or shipped_checkpoint(self.hand.name)
        return load_checkpoint(folder) if folder else None

    @cached_property
    def expert_name(self) -> str:
        """Name of the expert or path of its policy."""
        return self.config.policy or str(shipped_policy(self.hand.name) or 'servo')

    @cached_property
    def expert(self) -> Expert:
        """The expert of the cells."""
        return expert_of(self.expert_name, self.hand.name)

    @property
    def guidance(self) -> float | None:
        """The common strength, None without a controller."""
        if self.checkpoint is None:
            return None
        asked = self.config.guidance
        return asked if asked >= 0.0 else self.checkpoint.guidance

    @property
    def sampling(self) -> SamplingConfig:
        """How motions are drawn: as in the controller node."""
        asked = {'steps': self.config.steps, 'precision': self.config.precision}
        return SamplingConfig(**{name: value for name, value in asked.items() if value})

    def grasps(self, name: str) -> GraspSet:
        """The evaluation grasps of an object: those given, else those shipped, else the cache's.

        Raises:
          FileNotFoundError: there are none.
        """
        folder = self.config.grasps
        path = find_grasps(self.hand.name, name, Path(folder)) if folder else None
        return GraspSet.load(path or shipped_grasps(self.hand.name, name), self.hand.name)

    def task(
        self, objects: Sequence[str], per_object: int, condition: str = ''
    ) -> AnygraspTask:
        """Environments with these objects, anew and the same for every control.

        Args:
          objects: names.
          per_object: environments of each.
          condition: of the protocol's held-out ones, empty for the school's own.
        """
        table = self.protocol.randomization(condition)
        config = AnygraspConfig(environment=EnvironmentConfig(randomization=table))
        models = [load_object(name) for name in objects]
        sets = [self.grasps(name) for name in objects]
        return AnygraspTask(self.hand, models, sets, per_object, config, self.seed)

    def control(self, spec: Control | Learned, hands: int) -> Control:
        """A control for so many hands: those with a model are built here."""
        if not isinstance(spec, Learned):
            return spec
        planner = self._planners(spec.sampling, hands)
        return DexGenControl(spec, planner, Kinematics(self.hand))


def shipped_grasps(hand: str, name: str) -> Path:
    """Grasps that ship, so that results can be repeated; those of the cache where none do."""
    shipped = grasp_path(hand, name, SHIPPED / 'grasps')
    return shipped if shipped.exists() else find_grasps(hand, name)
