"""Benchmark of retargeting: time, error, smoothness, lag, pinches, collisions; one JSON line last.

The same frames, targets and reference for this retargeter and its peers. See docs/retargeting.md
for what each figure means.
"""

import argparse
import json
import os
from pathlib import Path
import sys
import time

from dexgen_description import Kinematics, load_hand
import numpy as np

from dexgen_teleop.retargeting import load, Retargeter, RetargetingConfig
from dexgen_teleop.retargeting_benchmark import figures, peers, recording
from dexgen_teleop.retargeting_benchmark.figures import Surfaces
from dexgen_teleop.retargeting_benchmark.peers import Motion
from dexgen_teleop.retargeting_benchmark.recording import Recording

HANDS = Path(__file__).resolve().parents[3] / 'shared' / 'hands'
CLIP = Path(os.environ.get('DEXGEN_HANDS', HANDS)) / 'dex_human_hand_right.npz'
PINCH = 0.025
"""[m], gap of the operator's fingertips below which the robot's are to touch."""
TOUCH = 5.0
"""[mm], gap of the robot's fingertips below which they touch."""
SEQUENCES = 14
"""Generated pinches of every finger: together more than 200 frames below the gap."""


def main(arguments: list[str] | None = None) -> dict:
    """Run the benchmark, print its JSON line and return it."""
    options = _options(arguments)
    hand = load_hand(options.hand)
    config = load(hand.name, options.config)
    try:
        clip = recording.read_clip(Path(options.clip))
    except FileNotFoundError as error:
        sys.exit(f'error: {error}')
    retargeter = Retargeter(hand, config)
    retargeter.warm_up()
    motion, targets = retarget(retargeter, clip)
    scorer = Scorer(retargeter, clip, targets[:, hand.tip_indices])
    own = scorer.score(motion)
    others = {} if options.no_peers else _peers(scorer, config, targets, options.python)
    print(f'{len(clip.points)} frames of {options.clip}', file=sys.stderr)
    result = {
        **own,
        **_pinches(retargeter, options, scorer.surfaces, own),
        'peers': others,
        'times_faster_p99': {
            name: _rounded(each['cpu_ms_p99'] / own['cpu_ms_p99'])
            for name, each in others.items()
            if isinstance(each, dict)
        },
        'hand': hand.name,
        'scale': config.fingers['thumb'].scale,
        'reference_cutoff_hz': recording.CUTOFF,
        'frames': len(clip.points),
        'seed': options.seed,
    }
    print(json.dumps(result))
    return result


class Scorer:
    """Figures of a motion against the operator's clip.

    Args:
      retargeter: of the hand; it tells from which postures pinches can be reached.
      clip: the recording.
      tips: (N, F, 3) wanted fingertips [m], hand frame.
    """

    def __init__(self, retargeter: Retargeter, clip: Recording, tips: np.ndarray):
        hand = retargeter.hand
        self.hand, self.clip, self.tips = hand, clip, tips
        self.surfaces = Surfaces(hand)
        self._kinematics = Kinematics(hand)
        self._reference = recording.smoothed(tips, clip.rate)
        self._fingers = tuple(f for f in hand.fingers if f != 'thumb')
        self._pinched = recording.operator_gaps(clip.points, self._fingers) < PINCH
        self._reachable = self._reachable_gaps(retargeter)

    def score(self, motion: Motion) -> dict:
        """The figures of one motion."""
        tips = self._kinematics.fingertips(motion.joints)
        surface = [self.surfaces.pinch_gap(motion.joints, finger) for finger in self._fingers]
        gaps = np.stack(surface, axis=1)
        pinched = gaps[self._pinched]
        within = pinched[self._reachable < TOUCH]
        inside = (motion.joints >= self.hand.lower - 1e-9) & (
            motion.joints <= self.hand.upper + 1e-9
        )
        return {
            'cpu_ms_median': _rounded(1e3 * np.median(motion.times), 3),
            'cpu_ms_p99': _rounded(1e3 * np.quantile(motion.times, 0.99), 3),
            'tip_error_mm': _rounded(figures.tip_error(tips, self._reference)),
            'tip_error_raw_mm': _rounded(figures.tip_error(tips, self.tips)),
            'joint_acceleration_rms': _rounded(
                figures.joint_acceleration(motion.joints, self.clip.rate)
            ),
            'lag_frames': _rounded(figures.lag(tips, self._reference)),
            'max_penetration_mm': _rounded(self.surfaces.penetration(motion.joints)),
            'joints_outside_limits': int((~inside).sum()),
            'clip_pinch_frames': len(pinched),
            'clip_pinch_gap_mm': _rounded(pinched.max(initial=0.0)),
            'clip_pinch_frames_over_5_mm': int((pinched >= TOUCH).sum()),
            'clip_pinch_frames_out_of_reach': len(pinched) - len(within),
            'clip_pinch_reachable_mm': _rounded(self._reachable.max(initial=0.0)),
            'clip_pinch_gap_within_reach_mm': _rounded(within.max(initial=0.0)),
        }

    def _reachable_gaps(self, retargeter: Retargeter) -> np.ndarray:
        """Least gap [mm] that a hand can have in each pinched frame, whoever commands it.

        It may move each joint at its velocity limit for one frame, from the posture that fits the
        frame before; its acceleration is not limited.
        """
        reach = self.hand.velocity_limit / self.clip.rate
        gaps = []
        for frame, finger in np.argwhere(self._pinched):
            retargeter.reset()
            before = retargeter.retarget(self.clip.points[max(0, frame - 1)], 0.0).joints
            gaps.append(self.surfaces.least_pinch_gap(before, self._fingers[finger], reach))
        return np.array(gaps)


def retarget(retargeter: Retargeter, clip: Recording) -> tuple[Motion, np.ndarray]:
    """Motion of a recording and the (N, K, 3) targets of its keypoints [m], hand frame."""
    retargeter.reset()
    joints, times, targets = [], [], []
    for i, points in enumerate(clip.points):
        begin = time.thread_time()
        result = retargeter.retarget(points, i / clip.rate)
        times.append(time.thread_time() - begin)
        joints.append(result.joints)
        targets.append(result.targets)
    return Motion(np.array(joints), np.array(times)), np.array(targets)


def _pinches(
    retargeter: Retargeter, options: argparse.Namespace, surfaces: Surfaces, clip: dict
) -> dict:
    """Generated pinches of every finger; the figures that cover clip and pinches together."""
    generator = np.random.default_rng(options.seed)
    hand = retargeter.hand
    frames, worst, deepest, outside = {}, {}, clip['max_penetration_mm'], 0
    for finger in (f for f in hand.fingers if f != 'thumb'):
        gaps = []
        for sequence in recording.pinch_sequences(
            hand.side, finger, options.sequences, retargeter.config.dynamics.rate, generator
        ):
            joints = retarget(retargeter, sequence)[0].joints
            pinched = recording.operator_gaps(sequence.points, (finger,))[:, 0] < PINCH
            gaps.append(surfaces.pinch_gap(joints[pinched], finger))
            deepest = max(deepest, surfaces.penetration(joints))
            outside += int(((joints < hand.lower) | (joints > hand.upper)).sum())
        together = np.concatenate(gaps)
        frames[finger], worst[finger] = len(together), _rounded(together.max())
    return {
        'pinch_gap_mm': max(*worst.values(), clip['clip_pinch_gap_mm']),
        'generated_pinch_gap_mm': worst,
        'generated_pinch_frames': frames,
        'max_penetration_mm': _rounded(deepest),
        'joints_outside_limits': clip['joints_outside_limits'] + outside,
    }


def _peers(scorer: Scorer, config: RetargetingConfig, targets: np.ndarray, python: str) -> dict:
    hand, clip = scorer.hand, scorer.clip
    tips = targets[:, hand.tip_indices]
    result = {
        f'mink_{steps}': scorer.score(peers.plain_mink(hand, tips, clip.rate, steps))
        for steps in (1, 3)
    }
    other = peers.dex_retargeting(hand, config, clip, python)
    if isinstance(other, str):
        return {**result, 'dex_retargeting': other}
    scores = {f'dex_retargeting_{name}': scorer.score(motion) for name, motion in other.items()}
    return {**result, **scores}


def _rounded(value: float, digits: int = 2) -> float:
    return round(float(value), digits)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--hand', default='allegro_right', help='name of the hand description')
    parser.add_argument('--config', default='', help='retargeting configuration (YAML)')
    parser.add_argument('--clip', default=str(CLIP), help='.npz with world landmarks and fps')
    parser.add_argument('--seed', type=int, default=0, help='of the generated pinches')
    parser.add_argument(
        '--sequences', type=int, default=SEQUENCES, help='generated pinches of every finger'
    )
    parser.add_argument(
        '--python',
        default=os.environ.get('DEXGEN_PEERS_PYTHON', sys.executable),
        help='interpreter for which dex-retargeting is installed',
    )
    parser.add_argument('--no-peers', action='store_true', help='leave the peers out')
    return parser.parse_args(arguments)


if __name__ == '__main__':
    main()
