from dexgen_teleop.landmarks import Handedness
from dexgen_teleop.sources.script import CAMERA, Operator
from dexgen_teleop.sources.source import Frame, Intrinsics
from dexgen_teleop.tracking.detector import Detection
from dexgen_teleop.tracking.placement import place
from dexgen_teleop.tracking.tracker import HandTracker
import numpy as np
import pytest


class Seen:
    """A detector that sees what it is told."""

    def __init__(self, *detections):
        self.detections = list(detections)
        self.images = []

    def detect(self, image, stamp):
        self.images.append(image)
        return self.detections

    def close(self):
        self.detections = []


def truth(time=0.0, side='right'):
    points = Operator(side).points(time)
    return points, Detection(
        world=points - points.mean(axis=0),
        image=CAMERA.project(points),
        handedness=Handedness.of(side),
        score=0.9,
    )


def frame(intrinsics=CAMERA):
    return Frame(5.0, 7, np.zeros((480, 640, 3), np.uint8), intrinsics=intrinsics)


@pytest.mark.parametrize('time', [0.0, 2.5, 5.0, 7.5, 14.0])
def test_a_hand_is_placed_where_the_camera_sees_it(time):
    points, detection = truth(time)
    landmarks = HandTracker(Seen(detection), 'right').track(frame())
    assert np.allclose(landmarks.points, points, atol=1e-9)
    assert landmarks.valid and landmarks.point_valid.all() and not landmarks.metric
    assert (landmarks.stamp, landmarks.sequence) == (5.0, 7)


def test_unknown_intrinsics_are_assumed():
    points, detection = truth()
    tracker = HandTracker(Seen(detection), 'right', horizontal_fov=np.radians(65.0))
    assert np.allclose(tracker.track(frame(None)).points, points, atol=1e-9)


def test_the_other_hand_is_shown_but_not_followed():
    _, detection = truth(side='left')
    landmarks = HandTracker(Seen(detection), 'right').track(frame())
    assert not landmarks.valid and not landmarks.point_valid.any()
    assert landmarks.handedness is Handedness.LEFT and landmarks.score == 0.9


def test_of_two_hands_the_expected_one_is_followed():
    _, left = truth(side='left')
    points, right = truth(side='right')
    landmarks = HandTracker(Seen(left, right), 'right').track(frame())
    assert landmarks.valid and np.allclose(landmarks.points, points)


def test_no_hand_is_no_valid_frame():
    landmarks = HandTracker(Seen(), 'right').track(frame())
    assert not landmarks.valid and landmarks.handedness is Handedness.UNKNOWN


def test_points_outside_the_picture_are_not_known():
    points, _ = truth()
    moved = points + [0.28, 0.0, 0.0]
    image = CAMERA.project(moved)
    seen = Seen(Detection(moved - moved.mean(axis=0), image, Handedness.RIGHT, 0.9))
    landmarks = HandTracker(seen, 'right').track(frame())
    outside = image[:, 0] > 1.0
    assert 0 < outside.sum() < 21
    assert np.array_equal(landmarks.point_valid, ~outside)


@pytest.mark.parametrize(
    'spoil',
    [
        lambda world, image: (np.full_like(world, np.nan), image),
        lambda world, image: (world, np.full_like(image, np.inf)),
        lambda world, image: (world, np.full_like(image, 0.5)),
        lambda world, image: (100 * world, image),
        lambda world, image: (-world, image),
        lambda world, image: (6 * world, 6 * (image - 0.5) + 0.5),
        lambda world, image: (world, image + 100.0),
    ],
)
def test_a_hand_that_cannot_be_is_refused(spoil):
    _, detection = truth()
    world, image = spoil(detection.world, detection.image)
    seen = Seen(Detection(world, image, Handedness.RIGHT, 0.9))
    assert not HandTracker(seen, 'right').track(frame()).valid


def test_mirrored_pictures_are_turned_back():
    seen = Seen()
    picture = np.arange(12, dtype=np.uint8).reshape(1, 4, 3)
    HandTracker(seen, 'right', mirror=True).track(Frame(0.0, 0, picture))
    assert np.array_equal(seen.images[0], picture[:, ::-1])


def test_known_landmarks_pass_through():
    known = HandTracker(Seen(truth()[1]), 'right').track(frame())
    assert HandTracker(None, 'right').track(Frame(1.0, 1, landmarks=known)) is known


def test_placing_weighs_points():
    points, detection = truth()
    image = detection.image.copy()
    image[8] += 0.2
    weight = np.ones(21)
    weight[8] = 0.0
    assert np.allclose(place(detection.world, image, CAMERA, weight), points, atol=1e-9)


def test_rays_and_projection_are_inverse():
    camera = Intrinsics(500.0, 510.0, 330.0, 230.0, 640, 480)
    points = np.array([[0.1, -0.05, 0.5], [-0.2, 0.1, 0.9]])
    rays = camera.rays(camera.project(points))
    assert np.allclose(rays * points[:, 2:], points[:, :2])
