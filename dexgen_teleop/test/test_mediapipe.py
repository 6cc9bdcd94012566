import os

import av
from dexgen_teleop.landmarks import Handedness
from dexgen_teleop.sources.picture import to_array
from dexgen_teleop.sources.source import Frame, NoPace
from dexgen_teleop.sources.video import VideoSource
from dexgen_teleop.tracking.detector import MediaPipeDetector
from dexgen_teleop.tracking.model import find_model
from dexgen_teleop.tracking.tracker import HandTracker
import numpy as np
import pytest


@pytest.fixture(scope='module')
def model():
    try:
        return find_model()
    except FileNotFoundError as error:
        pytest.skip(str(error))


@pytest.fixture
def detector(model):
    detector = MediaPipeDetector(model)
    yield detector
    detector.close()


def clip(folder):
    source = VideoSource(str(folder / 'dex_human_hand_right.mp4'), float, pace=NoPace())
    source.open()
    yield from iter(source.read, None)
    source.close()


def blurred(image, width=91):
    """A picture (H, W, 3) of a camera that sweeps by `width` pixels during the exposure."""
    sums = np.pad(image.astype(np.int32), ((0, 0), (width // 2 + 1, width // 2), (0, 0)), 'edge')
    sums = sums.cumsum(axis=1)
    return ((sums[:, width:] - sums[:, :-width]) / width).astype(np.uint8)


def sockets():
    links = (os.path.join('/proc/self/fd', name) for name in os.listdir('/proc/self/fd'))
    return {
        os.readlink(link)
        for link in links
        if os.path.islink(link) and 'socket' in os.readlink(link)
    }


def test_the_hand_of_the_clip_is_found_in_every_frame(hands_folder, detector):
    known = np.load(hands_folder / 'dex_human_hand_right.npz')
    before = sockets()
    image_error, shape_error = [], []
    for frame in clip(hands_folder):
        if frame.sequence == 90:
            break
        (hand,) = detector.detect(frame.image, frame.sequence / 30)
        assert hand.handedness is Handedness.RIGHT
        image_error.append(np.abs(hand.image - known['image'][frame.sequence][:, :2]))
        shape_error.append(np.abs(hand.world - known['world'][frame.sequence]))
    assert sockets() <= before
    assert np.median(image_error) < 0.003 and np.median(shape_error) < 0.002


def test_the_mirrored_clip_is_turned_back(hands_folder, detector):
    tracker = HandTracker(detector, 'right', mirror=True)
    for frame in clip(hands_folder):
        if frame.sequence == 10:
            break
        mirrored = Frame(frame.sequence / 30, frame.sequence, frame.image[:, ::-1])
        landmarks = tracker.track(mirrored)
        assert landmarks.valid and landmarks.handedness is Handedness.RIGHT
        assert 0.2 < landmarks.points[:, 2].mean() < 1.2


@pytest.mark.parametrize('spoil', [blurred, np.zeros_like], ids=['motion blur', 'out of view'])
def test_a_lost_hand_is_not_valid_in_the_very_frame_and_comes_back(hands_folder, detector, spoil):
    tracker = HandTracker(detector, 'right')
    valid = []
    for frame in clip(hands_folder):
        if frame.sequence == 20:
            break
        small = np.ascontiguousarray(frame.image[::2, ::2])
        seen = spoil(small) if 8 <= frame.sequence < 14 else small
        valid.append(tracker.track(Frame(frame.sequence / 30, frame.sequence, seen)).valid)
    assert valid == [True] * 8 + [False] * 6 + [True] * 6


@pytest.mark.parametrize('name', ['mp_samples_thumb_up_left.jpg', 'tfjs_two_left_hands.jpg'])
def test_left_hands_are_left(hands_folder, detector, name):
    with av.open(str(hands_folder / name)) as container:
        image = to_array(next(container.decode(video=0)))
    landmarks = HandTracker(detector, 'left').track(Frame(0.0, 0, image))
    assert landmarks.valid and landmarks.handedness is Handedness.LEFT
    assert not HandTracker(detector, 'right').track(Frame(0.1, 1, image)).valid


def test_an_empty_picture_holds_no_hand(detector):
    image = np.full((360, 640, 3), 90, np.uint8)
    assert detector.detect(image, 0.0) == []
    assert detector.detect(image, 0.0) == []  # equal stamps are no error
