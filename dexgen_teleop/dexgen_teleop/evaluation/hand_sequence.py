"""A generated sequence of RGB-D frames of a moving hand, with its truth."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
import math

import numpy as np

from dexgen_teleop.evaluation.depth_camera import DepthNoise, RADII, render, spoil
from dexgen_teleop.evaluation.landmark_noise import IMAGE, LandmarkNoise, NoiseProcess, WORLD
from dexgen_teleop.human_hand import FIST, HumanHand, LENGTHS, OPEN, ROOTS
from dexgen_teleop.landmarks import FINGERS, Handedness
from dexgen_teleop.sources.source import Frame, Intrinsics
from dexgen_teleop.tracking.detector import Detection

CAMERA = Intrinsics(460.0, 460.0, 320.0, 240.0, 640, 480)
HIDDEN = 0.008
"""A landmark is occluded when something is in front of its own flesh by more than this [m]."""


@dataclass(frozen=True)
class Sample:
    """One frame of the set.

    Attributes:
      frame: what the camera gives: stamp, depth, intrinsics.
      detection: what the landmark model makes of it.
      truth: (21, 3) [m], optical frame.
      occluded: (21,) bool.
      still: the hand rests.
    """

    frame: Frame
    detection: Detection
    truth: np.ndarray
    occluded: np.ndarray
    still: bool


@dataclass(frozen=True)
class SequenceSettings:
    """What is generated.

    Attributes:
      seconds: length [s].
      rate: [Hz].
      still: part at the end in which the hand rests [s].
      seed: of all random numbers.
      side: 'right' or 'left'.
    """

    seconds: float = 20.0
    rate: float = 30.0
    still: float = 4.0
    seed: int = 0
    side: str = 'right'
    world: LandmarkNoise = WORLD
    image: LandmarkNoise = IMAGE
    depth: DepthNoise = DepthNoise()


def hand_sequence(settings: SequenceSettings) -> Iterator[Sample]:
    """Frames of one random hand: its bones, flesh, distance, turns and gestures differ by seed."""
    random = np.random.default_rng(settings.seed)
    hand = HumanHand(
        settings.side,
        roots=ROOTS * random.uniform(0.9, 1.1) * random.uniform(0.95, 1.05, (5, 1)),
        lengths=LENGTHS * random.uniform(0.9, 1.1) * random.uniform(0.92, 1.08, (5, 3)),
    )
    radii = RADII * random.uniform(0.85, 1.15) * random.uniform(0.95, 1.05, len(RADII))
    motion = _Motion(hand, random)
    background = random.uniform(0.9, 1.5)
    before = motion.at(0.0)
    world = NoiseProcess(settings.world, settings.rate, random)
    image = NoiseProcess(settings.image, settings.rate, random)
    for sequence in range(round(settings.seconds * settings.rate)):
        stamp = sequence / settings.rate
        still = stamp > settings.seconds - settings.still
        truth = motion.at(min(stamp, settings.seconds - settings.still))
        exact, _ = render(truth, radii, CAMERA, background)
        occluded = _occluded(exact, truth, radii)
        depth = spoil(exact, CAMERA, settings.depth, random)
        frame = Frame(stamp, sequence, depth=depth, intrinsics=CAMERA)
        travel = np.linalg.norm(truth - before, axis=1).mean()
        before = truth
        errors = world.step(occluded, travel), image.step(occluded, travel)
        shape = world.turned(truth - truth.mean(axis=0))
        detection = _detection(truth, shape, *errors, settings.side)
        yield Sample(frame, detection, truth, occluded, still)


def _detection(truth, shape, world_error, image_error, side) -> Detection:
    palm = np.linalg.norm(truth[9] - truth[0])
    scale = palm / 0.095
    # The model does not know how large the hand is: it believes in one of usual size.
    shape = shape * (0.95 / scale) + world_error
    seen = truth.copy()
    seen[:, :2] += scale * image_error
    return Detection(
        world=shape, image=CAMERA.project(seen), handedness=Handedness.of(side), score=0.95
    )


def _occluded(exact, truth, radii) -> np.ndarray:
    pixels = np.round(CAMERA.project(truth) * [CAMERA.width, CAMERA.height]).astype(int)
    u = np.clip(pixels[:, 0], 0, CAMERA.width - 1)
    v = np.clip(pixels[:, 1], 0, CAMERA.height - 1)
    return exact[v, u] < truth[:, 2] - radii - HIDDEN


class _Motion:
    """Gestures and turns at random times, each reached with minimum jerk."""

    def __init__(self, hand: HumanHand, random: np.random.Generator):
        self._hand = hand
        self._random = random
        self._pinches = [hand.pinch(finger) for finger in FINGERS[1:]]
        self._gesture = [(0.0, OPEN), (0.3, OPEN)]
        self._turn = [(0.0, np.zeros(3)), (0.3, np.zeros(3))]
        self._place = [(0.0, np.array([0.0, 0.06, 0.5])), (0.3, np.array([0.0, 0.06, 0.5]))]

    def at(self, time: float) -> np.ndarray:
        """The landmarks at `time` [s], (21, 3) [m]; times must not fall."""
        angles = self._value(self._gesture, time, self._new_gesture, (0.5, 1.2))
        turn = self._value(self._turn, time, self._new_turn, (0.8, 2.0))
        place = self._value(self._place, time, self._new_place, (0.8, 2.0))
        rotation = _palm_to_camera(*turn)
        return self._hand.landmarks(angles) @ rotation.T + place

    def _value(self, path, time, new, durations) -> np.ndarray:
        while path[-1][0] < time:
            path.append((path[-1][0] + self._random.uniform(*durations), new()))
            del path[:-2]
        (t0, a), (t1, b) = path
        share = np.clip((time - t0) / (t1 - t0), 0.0, 1.0)
        return a + (b - a) * share**3 * (10.0 - 15.0 * share + 6.0 * share**2)

    def _new_gesture(self) -> np.ndarray:
        kind = self._random.choice(['open', 'pinch', 'curl', 'fist'], p=[0.1, 0.35, 0.35, 0.2])
        if kind == 'pinch':
            return self._pinches[self._random.integers(4)]
        if kind == 'open':
            return OPEN
        if kind == 'fist':
            return FIST
        return OPEN + self._random.uniform(0.0, 1.0, (5, 1)) * (FIST - OPEN)

    def _new_turn(self) -> np.ndarray:
        return self._random.uniform([-0.7, -1.0, -0.7], [0.7, 1.3, 0.7])

    def _new_place(self) -> np.ndarray:
        z = self._random.uniform(0.38, 0.62)
        return np.array([*(z * self._random.uniform([-0.12, 0.02], [0.12, 0.2])), z])


def _palm_to_camera(pitch: float, yaw: float, roll: float) -> np.ndarray:
    """Rotation wrist frame -> optical frame: a palm that faces the camera, turned [rad]."""
    facing = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])
    cp, sp, cy, sy = math.cos(pitch), math.sin(pitch), math.cos(yaw), math.sin(yaw)
    cr, sr = math.cos(roll), math.sin(roll)
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x @ facing


def settings_of(base: SequenceSettings, count: int) -> list[SequenceSettings]:
    """Settings of `count` different hands, every other one a left hand."""
    return [
        replace(base, seed=base.seed + i, side=('right', 'left')[i % 2]) for i in range(count)
    ]
