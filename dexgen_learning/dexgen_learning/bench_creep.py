"""How held objects creep: `python -m dexgen_learning.bench_creep`; prints one JSON line.

Random grasps are held still, by the stiffness of the contacts' friction: with nothing random, no
kicks and the wrist at rest (`calm`), where what is lost is lost to the simulator alone, and in the
school's randomised scene (`school`).
"""

from dataclasses import dataclass, replace
import json
import time

from dexgen_description import load_hand, load_object
from dexgen_sim_bridge.scene import SceneConfig
import numpy as np
import tyro

from dexgen_learning.env.disturbance import WristConfig
from dexgen_learning.env.environment import EnvironmentConfig, HandEnvironment
from dexgen_learning.env.randomization import Randomization
from dexgen_learning.env.simulation import SimulationConfig
from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.paths import find_grasps
from dexgen_learning.tasks.goal import GoalBook

STILL = replace(Randomization(), action_noise=0.0, force_probability=0.0)
"""The school's randomisation with nothing that moves."""


@dataclass(frozen=True)
class CreepConfig:
    """What is measured.

    Args:
        stiffness: of friction, relative to the normal direction.
        hand: name of the hand.
        objects: names.
        per_object: hands of each.
        seconds: of holding still.
        seed: of grasps and randomness.
    """

    stiffness: tuple[float, ...] = (2.0, 10.0, 30.0, 100.0)
    hand: str = 'allegro_right'
    objects: tuple[str, ...] = ('cube', 'cylinder', 'sphere')
    per_object: int = 100
    seconds: float = 30.0
    seed: int = 3


def measure(config: CreepConfig, stiffness: float, calm: bool) -> dict[str, float]:
    """Shares that are still held, and how fast these slide."""
    hand = load_hand(config.hand)
    objects = [load_object(name) for name in config.objects]
    sets = [GraspSet.load(find_grasps(config.hand, name), config.hand) for name in config.objects]
    environment = EnvironmentConfig(
        SimulationConfig(SceneConfig(friction_stiffness=stiffness)),
        STILL if calm else Randomization(), WristConfig(speed=0.0) if calm else WristConfig())
    env = HandEnvironment(hand, objects, config.per_object, environment, config.seed)
    book = GoalBook(objects, sets)
    env.reset(np.arange(env.n), book.start(book.random_rows(env.object_index, env.rng)))
    target, held = env.sim.target.copy(), np.ones(env.n, bool)
    steps = round(config.seconds / env.dt)
    shares, begin = np.zeros(steps), time.process_time()
    for t in range(steps):
        if t == steps // 3:
            middle = env.sim.object_pos.copy()
        env.step(target)
        held &= ~env.dropped
        shares[t] = held.mean()
    moved = np.linalg.norm(env.sim.object_pos - middle, axis=-1)[held]
    return {'held_third': float(shares[steps // 3]), 'held_end': float(shares[-1]),
            'slide_mm_s': 1e3 * float(np.median(moved)) / ((steps - steps // 3) * env.dt),
            'cpu_s': time.process_time() - begin}


def main(config: CreepConfig) -> None:
    """Measure and print."""
    rows = {scene: {f'{k:g}': measure(config, k, scene == 'calm') for k in config.stiffness}
            for scene in ('calm', 'school')}
    print(json.dumps({**rows, 'hands': config.per_object * len(config.objects),
                      'seconds': config.seconds, 'seed': config.seed}))


if __name__ == '__main__':
    main(tyro.cli(CreepConfig, description=__doc__))
