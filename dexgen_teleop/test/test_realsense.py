from dataclasses import replace
import importlib.util
from pathlib import Path

from dexgen_teleop.evaluation.hand_sequence import CAMERA, hand_sequence, SequenceSettings
from dexgen_teleop.sources import open_source, SourceSettings
from dexgen_teleop.sources.realsense import RealSenseSettings, RealSenseSource
from dexgen_teleop.sources.rgbd import PairCheck, RgbdPair
from dexgen_teleop.sources.source import Intrinsics, NoPace, SourceLostError
from dexgen_teleop.sources.video import VideoSource
from dexgen_teleop.tracking.detector import MediaPipeDetector
from dexgen_teleop.tracking.model import find_model
from dexgen_teleop.tracking.smoothing import SmoothingSettings
from dexgen_teleop.tracking.tracker import HandTracker
import numpy as np
import pytest

library = pytest.mark.skipif(
    importlib.util.find_spec('pyrealsense2') is None, reason='pyrealsense2 is not installed'
)


def load_writer():
    path = Path(__file__).with_name('realsense_recording.py')
    spec = importlib.util.spec_from_file_location('realsense_recording', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.write_recording


@pytest.fixture(scope='module')
def recorded(tmp_path_factory):
    """A recording of a generated hand, and its samples."""
    settings = SequenceSettings(seconds=1.5, still=0.2, seed=5)
    samples = list(hand_sequence(settings))
    color = np.zeros((CAMERA.height, CAMERA.width, 3), np.uint8)
    frames = [(sample.frame.depth, color + np.uint8(5 * i)) for i, sample in enumerate(samples)]
    path = tmp_path_factory.mktemp('rs') / 'hand.db3'
    return load_writer()(path, frames, CAMERA), samples


def play(path, **settings):
    source = RealSenseSource(RealSenseSettings(file=path, **settings), float, NoPace())
    source.open()
    return source


@library
def test_a_recording_comes_back_as_it_was(recorded):
    path, samples = recorded
    source = play(path)
    frames = list(iter(source.read, None))
    source.close()
    assert source.rate == 30.0
    assert frames[0].intrinsics == CAMERA
    assert len(frames) + source.mixed >= 0.9 * len(samples)
    for frame in frames:
        i = int(frame.image[0, 0, 0]) // 5
        known = frame.depth > 0.0  # aligning leaves a border and some edges without depth
        assert known.mean() > 0.9
        error = np.abs(frame.depth - samples[i].frame.depth)[known]
        assert np.quantile(error, 0.99) < 0.001


@library
def test_the_hand_of_a_recording_is_metric(recorded):
    path, samples = recorded

    class Known:
        def detect(self, image, stamp):
            return [samples[int(image[0, 0, 0]) // 5].detection]

        def close(self):
            pass

    tracker = HandTracker(Known(), 'right', smoothing=SmoothingSettings())
    source = play(path)
    errors, valid = [], []
    for count, frame in enumerate(iter(source.read, None)):
        hand = tracker.track(replace(frame, stamp=count / 30))
        truth = samples[int(frame.image[0, 0, 0]) // 5].truth
        assert hand.metric
        valid.append(hand.valid)
        errors.append(np.linalg.norm(hand.points - truth, axis=1)[hand.point_valid])
    source.close()
    assert np.mean(valid) > 0.8
    assert np.median(np.concatenate(errors)) < 0.006


@library
def test_a_real_hand_in_a_recording_is_found_and_metric(hands_folder, tmp_path):
    try:
        detector = MediaPipeDetector(find_model())
    except FileNotFoundError as error:
        pytest.skip(str(error))
    video = VideoSource(str(hands_folder / 'dex_human_hand_right.mp4'), float, pace=NoPace())
    video.open()
    pictures = [video.read().image for _ in range(20)]
    video.close()
    height, width = pictures[0].shape[:2]
    camera = Intrinsics(500.0, 500.0, width / 2, height / 2, width, height)
    flat = np.full((height, width), 0.6, np.float32)
    path = load_writer()(tmp_path / 'clip.db3', [(flat, colour) for colour in pictures], camera)
    tracker, source = HandTracker(detector, 'right'), play(path)
    hands = [tracker.track(replace(f, stamp=f.sequence / 30)) for f in iter(source.read, None)]
    source.close()
    tracker.close()
    assert len(hands) >= 10
    assert all(hand.valid and hand.metric for hand in hands)
    assert all(abs(np.median(hand.points[:, 2]) - 0.6) < 0.03 for hand in hands)


@library
def test_a_looped_recording_goes_on(recorded):
    path, samples = recorded
    source = play(path, loop=True)
    frames = [source.read() for _ in range(len(samples) + 20)]
    source.close()
    assert (np.diff([frame.sequence for frame in frames]) > 0).all()


@library
@pytest.mark.parametrize(
    ('settings', 'error', 'words'),
    [
        (SourceSettings('realsense', camera_file='/nowhere.db3'), FileNotFoundError, 'nowhere'),
        (SourceSettings('realsense', camera_file=__file__), ValueError, 'test_realsense.py'),
        (SourceSettings('realsense', size='large'), ValueError, 'for example 640x480'),
        (SourceSettings('realsense', camera='123'), FileNotFoundError, '123 is not connected'),
    ],
)
def test_what_cannot_be_opened_is_named(settings, error, words):
    with pytest.raises(error, match=words):
        open_source(settings, float)


def pair(color, depth, apart=0.0, time=0.0, system_time=True):
    picture = np.zeros((CAMERA.height, CAMERA.width, 3), np.uint8)
    return RgbdPair(
        picture, picture[..., 0].astype(np.float32), CAMERA, color, depth, time, time + apart,
        system_time,
    )  # fmt: skip


def test_mixed_pairs_are_refused():
    check = PairCheck(30.0)
    assert check.accept(pair(0, 100))
    assert check.accept(pair(1, 101, apart=0.012))  # free-running imagers
    assert not check.accept(pair(1, 102, apart=0.033))  # the colour of before
    assert not check.accept(pair(2, 104, apart=-0.034))
    assert check.accept(pair(3, 105))
    assert check.mixed == 2


class Unplugged:
    """A camera that is pulled out after two pairs and comes back."""

    def __init__(self, settings):
        self.rate = settings.rate
        self.starts = 0
        self.left = 0

    def start(self):
        self.starts += 1
        self.left = 2

    def next(self, timeout):
        self.left -= 1
        if self.left < 0:
            raise RuntimeError('device disconnected')
        return pair(self.left, self.left, time=50.0)

    def stop(self):
        raise RuntimeError('device disconnected')


def test_a_camera_that_is_pulled_out_is_lost_and_comes_back():
    source = RealSenseSource(RealSenseSettings(), lambda: 50.02, camera=Unplugged)
    source.open()
    frames = [source.read(), source.read()]
    assert [frame.stamp for frame in frames] == [50.0, 50.0]  # taken, not arrived
    with pytest.raises(SourceLostError, match='RealSense went away: device disconnected'):
        source.read()
    source.close()
    source.open()
    assert source.read().sequence == 2


def test_a_clock_that_cannot_be_is_not_believed():
    source = RealSenseSource(RealSenseSettings(), lambda: 5000.0, camera=Unplugged)
    source.open()
    assert source.read().stamp == 5000.0


class Silent(Unplugged):
    """A camera that sends nothing."""

    def next(self, timeout):
        return None


def test_a_silent_camera_is_lost_and_a_silent_recording_is_over():
    live = RealSenseSource(RealSenseSettings(), float, camera=Silent)
    live.open()
    with pytest.raises(SourceLostError, match='sends nothing'):
        live.read()
    recording = RealSenseSource(RealSenseSettings(file='a.db3'), float, camera=Silent)
    recording.open()
    assert recording.read() is None
