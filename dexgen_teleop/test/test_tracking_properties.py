"""Whatever a model or a camera may say, the tracker answers with a bounded hand or with none."""

from dexgen_teleop.landmarks import Handedness
from dexgen_teleop.sources.script import CAMERA, Operator
from dexgen_teleop.sources.source import Frame
from dexgen_teleop.tracking.detector import Detection
from dexgen_teleop.tracking.placement import FARTHEST, REACH
from dexgen_teleop.tracking.smoothing import SmoothingSettings
from dexgen_teleop.tracking.tracker import HandTracker
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np

POINTS = Operator('right').points(0.0)
ANY = st.floats(-1e6, 1e6) | st.sampled_from([np.nan, np.inf, -np.inf, 0.0])
NEAR = st.floats(-0.1, 0.1)
BOUND = FARTHEST + 3.0 * REACH
"""A palm's centre, and a point from it [m]: they are smoothed apart."""


class Says:
    """A detector that says what it is told."""

    def __init__(self, world, image):
        self.detection = Detection(world, image, Handedness.RIGHT, 0.9)

    def detect(self, image, stamp):
        return [self.detection]

    def close(self):
        self.detection = None


def track(world, image, depth=None):
    tracker = HandTracker(Says(world, image), 'right', smoothing=SmoothingSettings())
    picture = np.zeros((48, 64, 3), np.uint8)
    hands = [tracker.track(Frame(i / 30, i, picture, depth, CAMERA)) for i in range(2)]
    for hand in hands:
        assert np.isfinite(hand.points).all() and np.isfinite(hand.standard_deviation).all()
        assert np.linalg.norm(hand.points, axis=1).max() < BOUND
        assert hand.point_valid.any() or not hand.valid
    return hands[-1]


def one_point_away(rest, first):
    """All points of a hand equal, but for the wrist."""
    return np.vstack([first, np.tile(rest, (20, 1))]).astype(float)


@settings(max_examples=60, deadline=None)
@given(arrays(float, (21, 3), elements=ANY), arrays(float, (21, 2), elements=ANY))
@example(one_point_away([0, 0, 0], [7, 0, 0]), one_point_away([67, 67], [72, 67]))
@example(one_point_away([0, 0, 0], [0.1, 0, 0]), one_point_away([1e5, 0], [1e5 + 0.1, 0]))
def test_any_landmarks_without_depth(world, image):
    track(world, image)


@settings(max_examples=60, deadline=None)
@given(
    arrays(float, (21, 3), elements=NEAR),
    arrays(float, (21, 2), elements=NEAR),
    st.floats(0.0, 5.0) | st.just(np.nan),
)
def test_any_shape_before_any_flat_depth(shape, shift, distance):
    depth = np.full((480, 640), distance, np.float32)
    track(POINTS - POINTS.mean(axis=0) + shape, CAMERA.project(POINTS) + shift, depth)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.0, 1.0))
def test_a_hand_before_random_depth(seed, holes):
    random = np.random.default_rng(seed)
    depth = random.uniform(0.2, 2.0, (480, 640)).astype(np.float32)
    depth[random.random(depth.shape) < holes] = 0.0
    track(POINTS - POINTS.mean(axis=0), CAMERA.project(POINTS), depth)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.0, 1000.0))
def test_scaled_and_mirrored_shapes(scale):
    shape = POINTS - POINTS.mean(axis=0)
    for world in (scale * shape, -scale * shape, scale * shape * [-1.0, 1.0, 1.0]):
        track(world, CAMERA.project(POINTS))
        track(world, CAMERA.project(POINTS), np.full((480, 640), 0.5, np.float32))
