"""One chunk of a data set: who plays, from which randomness; the same bytes wherever it runs."""

from dataclasses import dataclass, field
from pathlib import Path

from dexgen_description import load_hand, load_object
import numpy as np

from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.paths import find_grasps, policy_file
from dexgen_learning.ppo.network import PolicyNetwork
from dexgen_learning.rollout.collector import Collector, CollectorConfig


@dataclass(frozen=True)
class RolloutConfig:
    """A data set.

    Args:
        hand: name of the hand.
        objects: names of the objects.
        transitions: rows wanted; whole chunks are made until there are as many.
        seed: of everything random; a chunk's randomness depends on it and its number alone.
        policies: files of trained policies that act beside interpolation, or `shipped`.
        grasps: folder of the grasp sets; empty for the cache.
        finger_share: share of chunks in which single fingers move freely.
        precision_share: share of chunks with fine rotation.
        wander_share: share of chunks in which all fingers stray about a grasp.
        collector: what is mixed into the data.
    """

    hand: str = 'allegro_right'
    objects: tuple[str, ...] = ('cube', 'cylinder', 'sphere')
    transitions: int = 300_000
    seed: int = 0
    policies: tuple[str, ...] = ()
    grasps: str = ''
    finger_share: float = 0.12
    precision_share: float = 0.08
    wander_share: float = 0.4
    collector: CollectorConfig = field(default_factory=CollectorConfig)


def make_chunk(config: RolloutConfig, number: int) -> np.ndarray:
    """The rows of chunk `number`."""
    hand = load_hand(config.hand)
    folder = Path(config.grasps) if config.grasps else None
    sets = [GraspSet.load(find_grasps(config.hand, name, folder), config.hand)
            for name in config.objects]
    policies = [PolicyNetwork.load(policy_file(p, config.hand), config.hand)
                for p in config.policies]
    seed = int(np.random.SeedSequence([config.seed, number]).generate_state(1)[0])
    return Collector(hand, [load_object(n) for n in config.objects], sets, config.collector,
                     policies, seed, chunk_kind(config, number)).collect()


def chunk_kind(config: RolloutConfig, number: int) -> str:
    """Which task chunk `number` plays: evenly spread, so that any part of the data is mixed."""
    phase = (number * 0.6180339887498949 + 0.5) % 1.0
    shares = {'finger': config.finger_share, 'precision': config.precision_share,
              'wander': config.wander_share}
    for kind, share in shares.items():
        if phase < share:
            return kind
        phase -= share
    return 'anygrasp'
