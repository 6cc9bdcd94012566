"""Hand tracking measured: frame rate, latency, error, jitter. One JSON line.

`python -m dexgen_teleop.bench_tracking`. Error, validity, jitter and lag come from generated RGB-D
sequences (`dexgen_teleop.evaluation`) whose truth is known; frame rate and latency from MediaPipe
on the hand clip, with a depth image, on one core. Without the clip or the model those are null.
"""

import argparse
from dataclasses import replace
import json
import os
from pathlib import Path
import sys
import time

import numpy as np

from dexgen_teleop.evaluation.hand_sequence import (
    CAMERA,
    hand_sequence,
    Sample,
    SequenceSettings,
    settings_of,
)
from dexgen_teleop.landmarks import Landmarks, PALM
from dexgen_teleop.sources.source import Frame, NoPace
from dexgen_teleop.tracking.detector import Detection
from dexgen_teleop.tracking.smoothing import SmoothingSettings
from dexgen_teleop.tracking.tracker import HandTracker

CLIP = 'dex_human_hand_right.mp4'
BESIDE = Path(__file__).resolve().parents[3] / 'shared' / 'hands'


class KnownDetections:
    """A detector that returns what the generated sequence says."""

    def __init__(self):
        self.next: list[Detection] = []

    def detect(self, image, stamp) -> list[Detection]:
        """The detection set beforehand."""
        return self.next

    def close(self) -> None:
        """Nothing to release."""


def follow(samples: list[Sample], smoothing: SmoothingSettings | None) -> list[Landmarks]:
    """Run the tracker over a generated sequence."""
    detector = KnownDetections()
    side = samples[0].detection.handedness.name.lower()
    tracker = HandTracker(detector, side, smoothing=smoothing)
    picture = np.zeros((1, 1, 3), np.uint8)
    tracked = []
    for sample in samples:
        detector.next = [sample.detection]
        tracked.append(tracker.track(replace(sample.frame, image=picture)))
    return tracked


def measure_errors(settings: SequenceSettings, hands: int) -> dict[str, float]:
    """Error, validity, jitter and lag over `hands` generated hands; lengths in millimetres."""
    error, valid, occluded, naive, jitter, raw_jitter, lags = [], [], [], [], [], [], []
    for each in settings_of(settings, hands):
        samples = list(hand_sequence(each))
        tracked, raw = follow(samples, SmoothingSettings()), follow(samples, None)
        truth = np.stack([sample.truth for sample in samples])
        points = np.stack([hand.points for hand in tracked])
        unsmoothed = np.stack([hand.points for hand in raw])
        error.append(np.linalg.norm(points - truth, axis=-1))
        valid.append([hand.point_valid & hand.valid for hand in tracked])
        occluded.append([sample.occluded for sample in samples])
        naive.append([_naive_error(sample) for sample in samples])
        still = np.array([sample.still for sample in samples])
        rest = np.flatnonzero(still)[round(0.5 * each.rate) :]
        jitter.append(_jitter(points[rest]))
        raw_jitter.append(_jitter(unsmoothed[rest]))
        lags.append(_lag(unsmoothed[~still], points[~still]) / each.rate)
    error, valid, occluded = (np.concatenate(part) for part in (error, valid, occluded))
    naive = np.concatenate(naive)
    held = error[valid]
    return {
        'error_mm_median': 1e3 * float(np.median(held)),
        'error_mm_p95': 1e3 * float(np.quantile(held, 0.95)),
        'error_mm_max': 1e3 * float(held.max()),
        'valid_over_30_mm': int((held > 0.03).sum()),
        'valid_share': float(valid.mean()),
        'occluded_share': float(occluded.mean()),
        'points': int(valid.size),
        'depth_only_error_mm_median': 1e3 * float(np.nanmedian(naive)),
        'depth_only_error_mm_p95': 1e3 * float(np.nanquantile(naive, 0.95)),
        'still_jitter_mm_rms': 1e3 * float(np.sqrt(np.mean(np.square(jitter)))),
        'unsmoothed_jitter_mm_rms': 1e3 * float(np.sqrt(np.mean(np.square(raw_jitter)))),
        'added_lag_ms': 1e3 * float(np.median(lags)),
    }


def _naive_error(sample: Sample) -> np.ndarray:
    """Error of the depth at each landmark's pixel, not a number in holes (21,) [m]."""
    size = np.array([CAMERA.width, CAMERA.height])
    u, v = np.clip(np.round(sample.detection.image * size).astype(int), 0, size - 1).T
    z = sample.frame.depth[v, u].astype(float)
    z[z == 0.0] = np.nan
    points = np.c_[CAMERA.rays(sample.detection.image) * z[:, None], z]
    return np.linalg.norm(points - sample.truth, axis=1)


def _jitter(points: np.ndarray) -> float:
    """Root mean square distance of the points of a resting hand from their mean [m]."""
    return float(np.sqrt(np.square(points - points.mean(axis=0)).sum(axis=-1).mean()))


def _lag(before: np.ndarray, after: np.ndarray) -> float:
    """Frames by which `after` is late: the shift of `before` that fits it best (parabola)."""
    before, after = (p - p[:, list(PALM)].mean(axis=1, keepdims=True) for p in (before, after))
    reach = 3
    count = len(after) - 2 * reach
    cost = [
        np.square(after[reach : reach + count] - before[reach - k : reach - k + count]).mean()
        for k in range(-reach, reach + 1)
    ]
    best = int(np.clip(np.argmin(cost), 1, 2 * reach - 1))
    left, middle, right = cost[best - 1 : best + 2]
    return best - reach + 0.5 * (left - right) / (left - 2 * middle + right)


def measure_speed(clip: Path, frames: int) -> dict[str, float]:
    """Frame rate and latency of MediaPipe and fusion on one core, 640 x 480 with depth."""
    from dexgen_teleop.sources.video import VideoSource
    from dexgen_teleop.tracking.detector import MediaPipeDetector
    from dexgen_teleop.tracking.model import find_model

    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    source = VideoSource(str(clip), float, loop=True, pace=NoPace())
    source.open()
    tracker = HandTracker(MediaPipeDetector(find_model()), 'right', smoothing=SmoothingSettings())
    picture = np.zeros((480, 640, 3), np.uint8)
    depth = np.full((480, 640), 0.5, np.float32)
    wall, busy, valid = [], [], 0
    for sequence in range(frames + 10):
        image = source.read().image
        picture[60 : 60 + len(image)] = image[:420]
        start, cpu = time.perf_counter(), time.process_time()
        hand = tracker.track(Frame(sequence / 30, sequence, picture, depth, CAMERA))
        if sequence >= 10:  # the first frames load and search
            wall.append(time.perf_counter() - start)
            busy.append(time.process_time() - cpu)
            valid += hand.metric
    source.close()
    tracker.close()
    return {
        'fps': 1.0 / float(np.mean(wall)),
        'fps_per_cpu_second': 1.0 / float(np.mean(busy)),
        'latency_ms_median': 1e3 * float(np.median(wall)),
        'latency_ms_p99': 1e3 * float(np.quantile(wall, 0.99)),
        'latency_cpu_ms_median': 1e3 * float(np.median(busy)),
        'frames': frames,
        'tracked_share': valid / frames,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--hands', type=int, default=6, help='generated hands')
    parser.add_argument('--seconds', type=float, default=10.0, help='length of each sequence')
    parser.add_argument('--seed', type=int, default=1000, help='of the first hand')
    parser.add_argument('--frames', type=int, default=300, help='frames of the clip')
    parser.add_argument('--clip', type=Path, default=None, help='a video of a right hand')
    options = parser.parse_args()
    clip = options.clip or Path(os.environ.get('DEXGEN_HANDS', BESIDE)) / CLIP
    result: dict[str, float | None] = {'fps': None, 'latency_ms_median': None}
    try:
        if not clip.is_file():
            raise FileNotFoundError(f'no clip {clip}')
        result |= measure_speed(clip, options.frames)
    except FileNotFoundError as error:
        print(f'frame rate and latency not measured: {error}', file=sys.stderr)
    settings = SequenceSettings(seconds=options.seconds, still=3.0, seed=options.seed)
    result |= measure_errors(settings, options.hands)
    result |= {'seed': options.seed, 'hands': options.hands, 'seconds': options.seconds}
    print(json.dumps({k: round(v, 3) if isinstance(v, float) else v for k, v in result.items()}))


if __name__ == '__main__':
    main()
