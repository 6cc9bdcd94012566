"""Finds the errors of MediaPipe's landmarks: `python -m dexgen_teleop.evaluation.fit_noise clip`.

Nobody knows the truth of a video, so errors are what contradicts itself:

- *slow, bias, bad*: what a jointed hand with constant bones cannot explain of the world landmarks
  (26 freedoms explain some of the noise too: residuals are scaled by the square root of 63 / 37);
- *image, tilt, size*: how far the answers to one frame, mirrored, turned, scaled, blurred and
  brightened, spread;
- *white*: how far the answers to a repeated frame with fresh sensor noise spread.

Prints one JSON line; `landmark_noise.py` holds these figures.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np

from dexgen_teleop.evaluation.kinematic_fit import fit_hand, FREEDOMS
from dexgen_teleop.landmarks import COUNT
from dexgen_teleop.sources.source import NoPace
from dexgen_teleop.sources.video import VideoSource
from dexgen_teleop.tracking.detector import MediaPipeDetector
from dexgen_teleop.tracking.model import find_model
from dexgen_teleop.tracking.occlusion import hidden

PALM_LENGTH = 0.095
"""Wrist to middle knuckle of the hand that image errors are expressed for [m]."""
SENSOR_NOISE = 5.0
"""Standard deviation of a pixel's value, of 255: a webcam indoors."""
THICKNESS = 0.008


def robust(values: np.ndarray, axis) -> np.ndarray:
    """Standard deviation from the median of the absolute values."""
    return 1.4826 * np.median(np.abs(values), axis=axis)


def mixture(values: np.ndarray, core: np.ndarray) -> tuple[float, float]:
    """Second, wider normal distribution that explains the values beyond three core deviations.

    Args:
      values: (..., A) [m].
      core: (A,) standard deviation of the good values [m].

    Returns:
      its standard deviation added to the core [m] and its share, so that as many values as seen,
      and as large ones, lie beyond.
    """
    scaled = np.abs(values / core)
    beyond = scaled > 3.0
    goal = float(np.sqrt(np.square(scaled[beyond]).mean()))
    low, high = 1.0, 50.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        tail, size = _beyond(3.0 / middle)
        low, high = (middle, high) if middle * size < goal else (low, middle)
    usual, _ = _beyond(3.0)
    share = (float(beyond.mean()) - usual) / (tail - usual)
    return float(np.mean(core) * math.sqrt(middle**2 - 1.0)), share


def _beyond(bound: float) -> tuple[float, float]:
    """Share of a unit normal distribution beyond +- bound, and its root mean square there."""
    tail = math.erfc(bound / math.sqrt(2.0))
    density = math.exp(-0.5 * bound**2) / math.sqrt(2.0 * math.pi)
    return tail, math.sqrt(1.0 + 2.0 * bound * density / tail)


def slow_errors(world: np.ndarray, rate: float, side: str) -> dict[str, object]:
    """Residuals of the jointed hand: bias, slow error, bad points, time constant."""
    fit = fit_hand(world, side)
    freedoms = np.sqrt(3 * COUNT / (3 * COUNT - FREEDOMS))
    residual = freedoms * (world - fit.points)
    local = np.einsum('tji,tkj->tki', fit.rotation, residual)
    bias = local.mean(axis=0)
    rest = residual - np.einsum('tij,kj->tki', fit.rotation, bias)
    core = robust(rest, (0, 1))
    bad, share = mixture(rest, core)
    place = np.array([0.0, 0.0, 0.6]) - fit.points.mean(axis=1, keepdims=True)
    occluded = np.stack([hidden(hand, np.full(COUNT, THICKNESS)) for hand in fit.points + place])
    lag = next(k for k in range(1, len(rest)) if _correlation(rest, k) < np.exp(-1.0))
    return {
        'bias': bias.std(axis=0).tolist(),
        'slow': core.tolist(),
        'bad': bad,
        'bad_share': share,
        'time_constant': lag / rate,
        'occluded_share': float(occluded.mean()),
        'occluded': float(robust(rest[occluded], None) / robust(rest[~occluded], None)),
    }


def spread(detect, pictures: list[np.ndarray]) -> dict[str, object]:
    """How answers to varied copies of the same pictures spread."""
    image, turns, sizes = [], [], []
    for picture in pictures:
        answers = [answer for answer in (_asked(detect, picture, *v) for v in VARIANTS) if answer]
        flat, world = (np.stack(part) for part in zip(*answers, strict=True))
        palm = np.linalg.norm(flat[0, 9] - flat[0, 0])
        image.append((flat - flat.mean(axis=0)) / palm * PALM_LENGTH)
        mean = world.mean(axis=0)
        for shape in world:
            turn, size = _similarity(mean - mean.mean(axis=0), shape - shape.mean(axis=0))
            turns.append(turn)
            sizes.append(size)
    image = np.concatenate(image)
    core = robust(image, (0, 1))
    bad, share = mixture(image, core)
    return {
        'image_slow': core.tolist(),
        'image_bad': bad,
        'image_bad_share': share,
        'tilt': np.std(turns, axis=0).tolist(),
        'size': float(np.std(sizes)),
        'answers': len(sizes),
    }


def jitter(make_detector, pictures: list[np.ndarray], frames: int = 40) -> dict[str, object]:
    """How answers to a repeated picture with fresh sensor noise spread."""
    random = np.random.default_rng(0)
    image, world = [], []
    for picture in pictures:
        detector, flat, shape = make_detector(), [], []
        for k in range(frames):
            noise = SENSOR_NOISE * random.standard_normal(picture.shape)
            noisy = np.clip(picture + noise, 0, 255).astype(np.uint8)
            found = detector.detect(noisy, k / 30.0)
            if found and k >= frames // 4:
                flat.append(found[0].image * noisy.shape[1::-1])
                shape.append(found[0].world)
        detector.close()
        flat, shape = np.stack(flat), np.stack(shape)
        palm = np.linalg.norm(flat[0, 9] - flat[0, 0])
        image.append((flat - flat.mean(axis=0)) / palm * PALM_LENGTH)
        world.append(shape - shape.mean(axis=0))
    return {
        'white': np.sqrt(np.square(np.concatenate(world)).mean(axis=(0, 1))).tolist(),
        'image_white': np.sqrt(np.square(np.concatenate(image)).mean(axis=(0, 1))).tolist(),
    }


VARIANTS = (
    (0.0, 1.0, False, 1.0, 1),
    (0.0, 1.0, True, 1.0, 1),
    (0.25, 1.0, False, 1.0, 1),
    (-0.25, 1.0, False, 1.0, 1),
    (0.0, 0.75, False, 1.0, 1),
    (0.1, 1.2, False, 1.0, 1),
    (0.0, 1.0, False, 0.6, 1),
    (0.0, 1.0, False, 1.0, 9),
)
"""Copies of a picture: turn [rad], scale, mirrored, gamma, motion blur [pixels]."""


def _asked(detect, picture, angle, scale, mirrored, gamma, blur):
    """Answer to a varied picture in the pixels and axes of the picture; None without a hand."""
    height, width = picture.shape[:2]
    centre = np.array([0.5 * width, 0.5 * height])
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s], [s, c]])
    v, u = np.mgrid[:height, :width]
    source = (np.stack([u, v], -1) - centre) @ turn / scale + centre
    x, y = np.clip(np.round(source).astype(int), 0, [width - 1, height - 1]).transpose(2, 0, 1)
    varied = 255.0 * (picture[y, x] / 255.0) ** gamma
    varied = np.mean([np.roll(varied, k - blur // 2, axis=1) for k in range(blur)], axis=0)
    varied = np.ascontiguousarray((varied[:, ::-1] if mirrored else varied).astype(np.uint8))
    found = detect(varied)
    if not found:
        return None
    flat, world = found[0].image * [width, height], found[0].world.copy()
    if mirrored:
        flat, world = flat * [-1, 1] + [width, 0], world * [-1, 1, 1]
    flat = (flat - centre) @ turn / scale + centre
    world[:, :2] = world[:, :2] @ turn
    return flat, world


def _similarity(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, float]:
    """Small rotation vector and size that turn the centred shape a into b (Kabsch)."""
    u, _, v = np.linalg.svd(a.T @ b)
    turn = v.T @ np.diag([1.0, 1.0, np.sign(np.linalg.det(v.T @ u.T))]) @ u.T
    vector = 0.5 * np.array(
        [turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]]
    )
    return vector, float((b * (a @ turn.T)).sum() / (a * a).sum())


def _correlation(values: np.ndarray, lag: int) -> float:
    values = values - values.mean(axis=0)
    return float((values[lag:] * values[:-lag]).mean() / (values**2).mean())


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('clip', type=Path, help='a video of one hand, always in view')
    parser.add_argument('--side', default='right', choices=('right', 'left'))
    parser.add_argument('--every', type=int, default=9, help='vary each so-manieth frame')
    options = parser.parse_args()
    model = find_model()
    source = VideoSource(str(options.clip), float, pace=NoPace())
    source.open()
    detector, world, kept = MediaPipeDetector(model), [], []
    for frame in iter(source.read, None):
        found = detector.detect(frame.image, frame.sequence / source.rate)
        if found:
            world.append(found[0].world)
        if frame.sequence % options.every == 0:
            kept.append(frame.image)
    detector.close()

    single = MediaPipeDetector(model, stream=False)
    result = {'frames': len(world)}
    result |= slow_errors(np.stack(world), source.rate, options.side)
    result |= spread(lambda picture: single.detect(picture, 0.0), kept)
    single.close()
    result |= jitter(lambda: MediaPipeDetector(model), kept[len(kept) // 6 :: len(kept) // 3])
    print(json.dumps(result))


if __name__ == '__main__':
    main()
