"""Loss, return, other hands, leaps and smoothing, on times that the tests make up."""

from dataclasses import replace

from dexgen_teleop.landmarks import Handedness
from dexgen_teleop.sources.script import CAMERA, Operator
from dexgen_teleop.sources.source import Frame
from dexgen_teleop.tracking.continuity import Continuity, PointValidity
from dexgen_teleop.tracking.detector import Detection
from dexgen_teleop.tracking.search import ALONE, HandSearch, WRONG
from dexgen_teleop.tracking.smoothing import HandSmoothing, SmoothingSettings
from dexgen_teleop.tracking.tracker import HandTracker
import numpy as np
import pytest

PERIOD = 1.0 / 30.0


class Script:
    """A detector that sees, in each frame, what the test put there."""

    def __init__(self):
        self.sees: list[Detection] = []
        self.closed = False

    def detect(self, image, stamp):
        return self.sees

    def close(self):
        self.closed = True


def hand(side='right', offset=(0.0, 0.0, 0.0), time=0.0):
    points = Operator(side).points(time) + offset
    return Detection(
        points - points.mean(axis=0), CAMERA.project(points), Handedness.of(side), 0.9
    )


@pytest.fixture
def stream():
    script = Script()
    tracker = HandTracker(script, 'right', smoothing=SmoothingSettings())
    count = iter(range(10_000))

    def frame(*sees):
        script.sees = list(sees)
        i = next(count)
        picture = np.zeros((480, 640, 3), np.uint8)
        return tracker.track(Frame(PERIOD * i, i, picture, intrinsics=CAMERA))

    return frame


def test_validity_falls_in_the_frame_that_loses_the_hand_and_returns_with_it(stream):
    assert all(stream(hand()).valid for _ in range(5))
    assert not stream().valid
    back = stream(hand(offset=(0.15, 0.0, 0.1)))
    assert back.valid
    expected = Operator('right').points(0.0) + [0.15, 0.0, 0.1]
    assert np.allclose(back.points, expected, atol=1e-9)  # nothing of the past is mixed in


def test_the_other_hand_alone_stops_the_stream_at_once(stream):
    assert stream(hand()).valid
    assert not stream(hand('left')).valid
    assert stream(hand()).valid


def test_a_second_hand_changes_nothing(stream):
    alone = [stream(hand(time=0.03 * i)).points for i in range(5)]
    both = [stream(hand('left', (-0.1, 0, 0)), hand(time=0.15 + 0.03 * i)) for i in range(5)]
    assert all(landmarks.valid for landmarks in both)
    assert np.abs(both[0].points - alone[-1]).max() < 0.02


def test_of_two_right_hands_the_followed_one_stays(stream):
    far = replace(hand(offset=(0.2, 0.0, 0.0)), score=0.99)
    stream(hand())
    followed = stream(far, hand())
    assert followed.valid
    assert np.allclose(followed.points, Operator('right').points(0.0), atol=1e-6)


def test_a_leap_is_refused_until_the_hand_stays(stream):
    for _ in range(5):
        stream(hand())
    leapt = [stream(hand(offset=(0.2, 0.0, 0.0))).valid for _ in range(5)]
    assert leapt == [False, False, False, True, True]


def test_a_brisk_hand_is_no_leap(stream):
    for i in range(20):
        assert stream(hand(offset=(0.1 * (i % 2), 0.0, 0.0))).valid  # 3 m/s


def test_leaps_are_judged_by_speed_over_gaps():
    continuity = Continuity()
    assert continuity.same(np.zeros(3), 0.0)
    assert continuity.same(np.array([0.2, 0.0, 0.0]), 0.1)
    assert not continuity.same(np.array([0.6, 0.0, 0.0]), 0.2)


def test_a_point_is_believed_again_after_three_good_frames():
    validity = PointValidity(settle=3)
    good, bad = np.ones(21, bool), np.arange(21) != 8
    steps = [validity.update(known)[8] for known in (good, bad, good, good, good, good)]
    assert steps == [True, False, False, False, True, True]


def test_search_widens_while_the_wrong_hand_is_in_the_way():
    one, two = Script(), Script()
    made = []
    search = HandSearch(one, lambda: made.append(1) or two, Handedness.RIGHT)
    one.sees, two.sees = [hand('left')], [hand('left'), hand('right')]
    for i in range(WRONG):
        assert search.detect(None, PERIOD * i) == one.sees
    assert search.wide and not made
    for i in range(2 * ALONE):
        assert search.detect(None, 1 + PERIOD * i) == two.sees
    assert made == [1]
    two.sees = [hand('right')]
    for i in range(ALONE):
        assert search.detect(None, 5 + PERIOD * i) == two.sees
    assert not search.wide
    search.close()
    assert one.closed and two.closed


def test_a_resting_hand_is_calmed_and_a_moving_one_followed():
    random = np.random.default_rng(0)
    rest = Operator('right').points(0.0)
    smoothing = HandSmoothing()
    noisy = rest + 0.001 * random.standard_normal((120, 21, 3))
    calm = np.stack([smoothing.smooth(points, PERIOD * i) for i, points in enumerate(noisy)])
    assert calm[30:].std(axis=0).mean() < 0.5 * noisy[30:].std(axis=0).mean()

    smoothing.reset()
    speed = 0.3
    path = np.stack([rest + [speed * PERIOD * i, 0.0, 0.0] for i in range(60)])
    followed = np.stack([smoothing.smooth(points, PERIOD * i) for i, points in enumerate(path)])
    assert np.abs(path[-1] - followed[-1]).max() / speed < PERIOD  # [s] of lag


def test_smoothing_starts_anew_after_a_gap():
    smoothing = HandSmoothing()
    rest = Operator('right').points(0.0)
    smoothing.smooth(rest, 0.0)
    assert np.array_equal(smoothing.smooth(rest + 0.1, 1.0), rest + 0.1)
