"""A generated operator: opens, closes, pinches with every finger, rolls the wrist."""

from dataclasses import dataclass
from functools import cache
import math

import numpy as np

from dexgen_teleop.human_hand import FIST, HumanHand, OPEN
from dexgen_teleop.landmarks import COUNT, FINGERS, Handedness, Landmarks
from dexgen_teleop.sources.source import Clock, Frame, Intrinsics, Pace, Source

CAMERA = Intrinsics.assumed(640, 480, math.radians(65.0))
DISTANCE = 0.5
"""Distance of the wrist from the camera [m]."""
FACING = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])
"""Rotation wrist frame -> optical frame of a raised hand whose palm looks at the camera."""
ROLL = math.radians(40.0)


@dataclass(frozen=True)
class Pose:
    """One pose of the script: reached after `duration` [s]; angles (5, 4) [rad], roll [rad]."""

    name: str
    duration: float
    angles: np.ndarray
    roll: float = 0.0


@cache
def poses() -> tuple[Pose, ...]:
    """The script: pose after pose, then again from the first; equal for both hands."""
    script = [
        Pose('open', 1.0, OPEN),
        Pose('fist', 1.2, FIST),
        Pose('hold fist', 0.6, FIST),
        Pose('open', 1.2, OPEN),
    ]
    for finger in FINGERS[1:]:
        pinch = HumanHand().pinch(finger)
        script += [
            Pose(f'pinch {finger}', 0.9, pinch),
            Pose(f'hold {finger}', 0.5, pinch),
            Pose('open', 0.8, OPEN),
        ]
    script += [
        Pose('roll out', 1.0, OPEN, ROLL),
        Pose('roll in', 2.0, OPEN, -ROLL),
        Pose('roll back', 1.0, OPEN),
    ]
    return tuple(script)


class Operator:
    """The script as a function of time; equal times give equal hands.

    Args:
      side: 'right' or 'left'.
    """

    def __init__(self, side: str):
        self.hand = HumanHand(side)
        self.poses = poses()
        self.period = sum(pose.duration for pose in self.poses)

    def at(self, time: float) -> tuple[str, np.ndarray, float]:
        """Name of the pose being reached, angles (5, 4) [rad] and roll [rad] at `time` [s]."""
        time %= self.period
        before = self.poses[-1]
        for pose in self.poses:
            if time <= pose.duration:
                share = time / pose.duration
                blend = share**3 * (10.0 - 15.0 * share + 6.0 * share**2)  # minimum jerk
                angles = before.angles + blend * (pose.angles - before.angles)
                return pose.name, angles, before.roll + blend * (pose.roll - before.roll)
            time -= pose.duration
            before = pose
        return before.name, before.angles, before.roll

    def points(self, time: float) -> np.ndarray:
        """The 21 landmarks at `time` [s] in the camera's optical frame, (21, 3) [m]."""
        _, angles, roll = self.at(time)
        c, s = math.cos(roll), math.sin(roll)
        about_z = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
        local = self.hand.landmarks(angles)
        return local @ (FACING @ about_z).T + [0.0, 0.08, DISTANCE]


class ScriptSource(Source):
    """Landmarks of the generated operator at a fixed rate.

    Args:
      side: 'right' or 'left'.
      clock: time of the stamps.
      rate: [Hz].
      pace: when frames are due; by default at `rate`.
    """

    name = 'script'

    def __init__(self, side: str, clock: Clock, rate: float = 30.0, pace: Pace | None = None):
        self.rate = rate
        self._side = Handedness.of(side)
        self._clock = clock
        self._pace = pace or Pace(rate)
        self._operator = Operator(side)
        self._sequence = 0

    def open(self) -> None:
        """Nothing to open."""

    def close(self) -> None:
        """Nothing to close."""

    def read(self) -> Frame:
        """The next frame, when it is due."""
        self._pace.wait()
        stamp = self._clock()
        points = self._operator.points(self._sequence / self.rate)
        landmarks = Landmarks(
            stamp=stamp,
            sequence=self._sequence,
            points=points,
            point_valid=np.ones(COUNT, bool),
            standard_deviation=np.full(COUNT, 1e-4),
            image=CAMERA.project(points),
            handedness=self._side,
            score=1.0,
            valid=True,
            metric=True,
        )
        frame = Frame(stamp, self._sequence, intrinsics=CAMERA, landmarks=landmarks)
        self._sequence += 1
        return frame
