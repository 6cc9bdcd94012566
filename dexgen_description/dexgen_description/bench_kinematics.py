"""How long forward kinematics takes: `python -m dexgen_description.bench_kinematics`.

Prints one JSON line: CPU time [ms], median and p99 of repeated calls, for one posture and a batch.
"""
import argparse
import json
import time

import numpy as np

from dexgen_description import hand_names, Kinematics, load_hand


def measure(kinematics: Kinematics, batch: int, repeats: int, seed: int) -> dict[str, float]:
    """CPU time of one call of each kind on `batch` random postures [ms]."""
    hand = kinematics.hand
    postures = np.random.default_rng(seed).uniform(
        hand.lower, hand.upper, (batch, len(hand.joint_names)))
    figures = {}
    for call in (kinematics.keypoints, kinematics.keypoint_jacobian, kinematics.link_poses):
        call(postures)
        times = []
        for _ in range(repeats):
            start = time.process_time()
            call(postures)
            times.append(1e3 * (time.process_time() - start))
        figures[f'{call.__name__}_cpu_ms_median'] = round(float(np.median(times)), 4)
        figures[f'{call.__name__}_cpu_ms_p99'] = round(float(np.percentile(times, 99)), 4)
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--hand', default='allegro_right', choices=hand_names())
    parser.add_argument('--batch', type=int, default=4096, help='postures in a batch')
    parser.add_argument('--repeats', type=int, default=50)
    parser.add_argument('--seed', type=int, default=0)
    options = parser.parse_args()
    kinematics = Kinematics(load_hand(options.hand))
    print(json.dumps({
        'hand': options.hand, 'seed': options.seed, 'repeats': options.repeats,
        'batch_1': measure(kinematics, 1, options.repeats, options.seed),
        f'batch_{options.batch}': measure(kinematics, options.batch, options.repeats,
                                          options.seed)}))


if __name__ == '__main__':
    main()
