"""From what a user asks to see to frames."""

from collections.abc import Iterator
from pathlib import Path

from dexgen_description import Hand

from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.paths import find_grasps, find_policy
from dexgen_learning.ppo.network import PolicyNetwork
from dexgen_learning.rollout.dataset import Dataset
from dexgen_learning.scoring.score import following, interpolating
from dexgen_learning.show.frames import Frame, of_data, of_expert, of_grasps


def chosen_frames(hand: Hand, what: str, object_name: str, policy: str, data: Path, count: int,
                  seed: int) -> Iterator[Frame]:
    """Frames of a `policy`, of `interpolation`, of `grasps` or of `data`.

    Raises:
        ValueError: a file of another hand, or unreadable.
        FileNotFoundError: no such grasp set, policy or data set.
    """
    if what == 'data':
        return of_data(Dataset(data), count, seed)
    grasps = GraspSet.load(find_grasps(hand.name, object_name), hand.name)
    if what == 'grasps':
        return of_grasps(grasps, count, seed, object_name)
    expert = interpolating(0.2)
    if what == 'policy':
        expert = following(PolicyNetwork.load(find_policy(hand.name, policy), hand.name))
    return of_expert(hand, grasps, expert, count, seed=seed, object_name=object_name)
