import av
from dexgen_teleop.landmarks import Handedness, INDEX, wrist_frame
from dexgen_teleop.sources import open_source, SourceSettings
from dexgen_teleop.sources.images import ImagesSource
from dexgen_teleop.sources.script import CAMERA, Operator, ScriptSource
from dexgen_teleop.sources.source import NoPace, Pace
from dexgen_teleop.sources.video import VideoSource
from dexgen_teleop.sources.webcam import WebcamSource
import numpy as np
import pytest


class Ticks:
    """A clock that advances when it is slept on, or by hand."""

    def __init__(self):
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def write_video(path, frames=12, size=(1280, 720), rate=25):
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('mpeg4', rate=rate)
        stream.width, stream.height, stream.pix_fmt = *size, 'yuv420p'
        for i in range(frames):
            picture = np.full((size[1], size[0], 3), 20 * i, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, 'rgb24')))
        container.mux(stream.encode())
    return str(path)


def write_image(path, value):
    with av.open(str(path), 'w', format='image2') as container:
        stream = container.add_stream('mjpeg', rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 48, 'yuvj420p'
        picture = np.full((48, 64, 3), value, np.uint8)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, 'rgb24')))
        container.mux(stream.encode())


def test_video_is_scaled_counted_and_paced_at_its_own_rate(tmp_path):
    clock = Ticks()
    path = write_video(tmp_path / 'clip.mp4')
    source = VideoSource(path, clock, pace=Pace(25.0, clock, clock.sleep))
    source.open()
    frames = list(iter(source.read, None))
    source.close()
    assert source.rate == 25.0
    assert [frame.sequence for frame in frames] == list(range(12))
    assert frames[0].image.shape == (360, 640, 3) and frames[0].image.dtype == np.uint8
    assert np.allclose(np.diff([frame.stamp for frame in frames]), 0.04)
    means = [frame.image.mean() for frame in frames]
    assert np.allclose(means, 20 * np.arange(12), atol=4.0)


def test_looped_video_goes_on_counting(tmp_path):
    source = VideoSource(write_video(tmp_path / 'a.mp4', 3), Ticks(), loop=True, pace=NoPace())
    source.open()
    frames = [source.read() for _ in range(8)]
    assert [frame.sequence for frame in frames] == list(range(8))
    assert abs(frames[6].image.mean() - frames[0].image.mean()) < 1.0
    source.close()


def test_late_frames_are_due_at_once_and_do_not_hurry_the_next():
    clock = Ticks()
    pace = Pace(10.0, clock, clock.sleep)
    pace.wait()
    clock.now += 0.35
    pace.wait()
    assert np.isclose(clock.now, 100.35)
    pace.wait()
    assert np.isclose(clock.now, 100.45)


def test_images_come_in_the_order_of_their_names(tmp_path):
    for name, value in (('b.jpg', 200), ('a.jpg', 50), ('notes.txt', 0)):
        if name.endswith('jpg'):
            write_image(tmp_path / name, value)
        else:
            (tmp_path / name).write_text('no picture')
    source = ImagesSource(str(tmp_path), Ticks(), loop=True, pace=NoPace())
    source.open()
    means = [source.read().image.mean() for _ in range(3)]
    assert np.allclose(means, [50, 200, 50], atol=4.0)


@pytest.mark.parametrize(
    ('settings', 'error', 'words'),
    [
        (SourceSettings('sonar'), ValueError, "'sonar'; allowed: script"),
        (SourceSettings('script', side='both'), ValueError, 'right, left'),
        (SourceSettings('video'), ValueError, 'parameter video'),
        (SourceSettings('video', video='/nowhere/a.mp4'), FileNotFoundError, 'does not exist'),
        (SourceSettings('video', video=__file__), ValueError, 'is no video'),
        (SourceSettings('images'), ValueError, 'parameter images'),
        (SourceSettings('images', images='/nowhere'), FileNotFoundError, 'is no folder'),
        (SourceSettings('webcam', camera='/nowhere/video7'), FileNotFoundError, 'video7'),
    ],
)
def test_what_cannot_be_opened_is_named(settings, error, words):
    with pytest.raises(error, match=words):
        open_source(settings, Ticks())


def test_empty_folder_names_the_endings(tmp_path):
    with pytest.raises(ValueError, match=r'holds no picture \(\.jpg'):
        ImagesSource(str(tmp_path), Ticks()).open()


def test_damaged_picture_is_named(tmp_path):
    (tmp_path / 'a.png').write_bytes(b'no png')
    source = ImagesSource(str(tmp_path), Ticks(), pace=NoPace())
    source.open()
    with pytest.raises(ValueError, match=r'a\.png.* is no picture'):
        source.read()


def test_missing_webcam_lists_those_there_are(tmp_path):
    (tmp_path / 'video2').touch()
    with pytest.raises(FileNotFoundError, match=r'video0 does not exist.*video2'):
        WebcamSource('', Ticks(), devices=tmp_path).open()


def test_script_is_the_same_every_time_and_stays_in_view():
    clock = Ticks()
    runs = []
    for _ in range(2):
        source = ScriptSource('right', clock, rate=30.0, pace=NoPace())
        source.open()
        runs.append([source.read() for _ in range(600)])
    for first, second in zip(*runs, strict=True):
        assert np.array_equal(first.landmarks.points, second.landmarks.points)
    image = np.stack([frame.landmarks.image for frame in runs[0]])
    assert (image > 0.02).all() and (image < 0.98).all()
    assert np.allclose(CAMERA.project(runs[0][5].landmarks.points), image[5])


@pytest.mark.parametrize('side', ['right', 'left'])
def test_script_closes_pinches_every_finger_and_rolls(side):
    operator = Operator(side)
    seen = {}
    for time in np.arange(0.0, operator.period, 0.05):
        name, _, roll = operator.at(time)
        points = operator.points(time)
        gap = np.linalg.norm(points[INDEX['thumb_tip']] - points, axis=-1)
        seen.setdefault(name, []).append((points, gap, roll))
    assert (np.linalg.norm(seen['hold fist'][0][0][12] - seen['hold fist'][0][0][0]) < 0.08).all()
    for finger in ('index', 'middle', 'ring', 'little'):
        assert seen[f'hold {finger}'][0][1][INDEX[f'{finger}_tip']] < 0.001
    assert max(roll for *_, roll in seen['roll in']) > 0.5
    assert min(roll for *_, roll in seen['roll in']) < -0.5
    palm = wrist_frame(operator.points(0.0), side)[:3, 0]
    assert palm[2] < -0.99  # toward the camera


def test_script_moves_smoothly():
    operator = Operator('right')
    times = np.arange(0.0, 2 * operator.period, 1 / 30)
    points = np.stack([operator.points(time) for time in times])
    assert np.abs(np.diff(points, axis=0)).max() * 30 < 1.0  # [m/s]


def test_script_names_the_hand():
    source = ScriptSource('left', Ticks(), pace=NoPace())
    assert source.read().landmarks.handedness is Handedness.LEFT
