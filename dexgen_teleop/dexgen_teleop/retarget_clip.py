"""Retarget a recorded hand once and keep the joints: what the evaluation replays.

`python -m dexgen_teleop.retarget_clip --output allegro_right.npz`
"""

import argparse
import os
from pathlib import Path

from dexgen_description import load_hand
import numpy as np

from dexgen_teleop.retargeting import load, Retargeter
from dexgen_teleop.retargeting_benchmark.recording import read_clip

HANDS = Path(__file__).resolve().parents[3] / 'shared' / 'hands'
CLIP = Path(os.environ.get('DEXGEN_HANDS', HANDS)) / 'dex_human_hand_right.npz'
RATE = 10.0
"""[Hz] of what is kept."""


def retargeted(hand, landmarks: np.ndarray, rate: float) -> np.ndarray:
    """Joints (M, J) [rad] at `RATE` of world landmarks (N, 21, 3) [m] at `rate` [Hz]."""
    retargeter = Retargeter(hand, load(hand.name))
    joints = [retargeter.retarget(p, i / rate).joints for i, p in enumerate(landmarks)]
    kept = np.round(np.arange(0, len(joints) - 1, rate / RATE)).astype(int)
    return np.array(joints)[kept]


def main(arguments: list[str] | None = None) -> Path:
    """Write the retargeted clip; returns its path."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--hand', default='allegro_right')
    parser.add_argument('--clip', default=str(CLIP), help='landmarks, .npz')
    parser.add_argument('--output', required=True, help='.npz')
    options = parser.parse_args(arguments)
    hand, clip = load_hand(options.hand), read_clip(Path(options.clip))
    joints = retargeted(hand, clip.points, clip.rate)
    path = Path(options.output)
    np.savez_compressed(
        path, joints=joints.astype(np.float32), rate=RATE, hand=hand.name,
        joint_names=np.array(hand.joint_names), source=Path(options.clip).name,
    )  # fmt: skip
    print(f'{len(joints)} postures at {RATE:g} Hz: {path}')
    return path


if __name__ == '__main__':
    main()
