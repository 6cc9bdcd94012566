import os
import subprocess
import sys
import threading
import time

from dexgen_teleop.sources.source import Intrinsics, SourceLostError
from dexgen_teleop.sources.topic import decode, TopicSource
import numpy as np
import pytest

CAMERA = Intrinsics(600.0, 600.0, 320.0, 180.0, 640, 360)
COLOR = np.zeros((360, 640, 3), np.uint8)
DEPTH = np.full((360, 640), 0.6, np.float32)


def test_pictures_of_the_same_moment_make_a_frame():
    source = TopicSource()
    source.put_intrinsics(CAMERA)
    source.put_depth(1.0, DEPTH)
    source.put_color(1.0, COLOR)
    frame = source.read()
    assert frame.stamp == 1.0 and frame.depth is DEPTH and frame.intrinsics == CAMERA


def test_the_newest_frame_wins_and_is_counted():
    source = TopicSource()
    source.put_intrinsics(CAMERA)
    for i in range(4):
        source.put_color(i / 30, COLOR)
        source.put_depth(i / 30, DEPTH)
    assert source.read().sequence == 3


@pytest.mark.parametrize('late', [1, 4, -1, -4])
def test_a_picture_that_comes_frames_late_finds_its_partner(late):
    source = TopicSource()
    source.put_intrinsics(CAMERA)
    stamps = []
    for i in range(30):
        for kind, number in (('color', i + min(late, 0)), ('depth', i - max(late, 0))):
            if number >= 0:
                put = source.put_color if kind == 'color' else source.put_depth
                put(number / 30, COLOR if kind == 'color' else DEPTH)
        if i >= abs(late):
            stamps.append(source.read().stamp)
    assert stamps == [i / 30 for i in range(30 - abs(late))]


def test_a_colour_picture_is_used_once_and_none_before_the_last_frame():
    source = TopicSource(silence=0.01)
    source.put_intrinsics(CAMERA)
    for i in range(3):
        source.put_color(i / 30, COLOR)
    source.put_depth(1 / 30, DEPTH)
    assert source.read().stamp == 1 / 30
    for again in (1 / 30, 0.0):
        source.put_depth(again, DEPTH)
        with pytest.raises(SourceLostError, match='different times'):
            source.read()


def test_without_depth_colour_alone_is_a_frame():
    source = TopicSource(with_depth=False)
    source.put_color(1.0, COLOR)
    assert source.read().depth is None


def test_a_waiting_reader_gets_what_arrives():
    source = TopicSource(with_depth=False)
    frames = []
    reader = threading.Thread(target=lambda: frames.append(source.read()))
    reader.start()
    source.put_color(2.0, COLOR)
    reader.join(5.0)
    assert frames[0].stamp == 2.0


@pytest.mark.parametrize(
    ('put', 'reason'),
    [
        (lambda source: None, 'no new pictures'),
        (lambda source: source.put_color(1.0, COLOR), 'camera_info'),
        (
            lambda source: (source.put_intrinsics(CAMERA), source.put_color(1.0, COLOR)),
            'no depth',
        ),
        (
            lambda source: (
                source.put_intrinsics(CAMERA),
                source.put_color(1.0, COLOR),
                source.put_depth(1.033, DEPTH),
            ),
            'different times',
        ),
        (
            lambda source: (
                source.put_intrinsics(CAMERA),
                source.put_color(1.0, COLOR),
                source.put_depth(1.0, DEPTH[::2]),
            ),
            'differ in size',
        ),
    ],
)
def test_silence_says_what_is_missing(put, reason):
    source = TopicSource(silence=0.01)
    put(source)
    with pytest.raises(SourceLostError, match=reason):
        source.read()


def test_pictures_are_decoded_with_their_padding():
    rows = np.zeros((2, 16), np.uint8)
    rows[0, :3] = [10, 20, 30]
    assert decode(rows.tobytes(), 'bgr8', 2, 4, 16)[0, 0].tolist() == [30, 20, 10]
    assert decode(rows.tobytes(), 'rgb8', 2, 4, 16).shape == (2, 4, 3)
    depth = np.array([[500, 0], [1500, 2000]], '<u2')
    assert np.allclose(decode(depth.tobytes(), '16UC1', 2, 2, 4), depth * 0.001)
    metres = np.array([[0.5, np.nan], [np.inf, 2.0]], '<f4')
    decoded = decode(metres.tobytes(), '32FC1', 2, 2, 8)
    assert np.array_equal(decoded, np.array([[0.5, 0.0], [0.0, 2.0]], np.float32))


def test_another_encoding_is_named():
    with pytest.raises(ValueError, match="'yuv422'; allowed: rgb8"):
        decode(b'', 'yuv422', 0, 0, 0)


@pytest.mark.stack
@pytest.mark.parametrize('reliable', [True, False])
def test_the_node_follows_camera_topics_of_either_reliability(hands_folder, reliable):
    import av
    from dexgen_node import topics
    from dexgen_teleop.sources.picture import to_array
    from dexgen_teleop.tracking.model import find_model
    import rclpy
    from rclpy.qos import QoSProfile, ReliabilityPolicy
    from sensor_msgs.msg import CameraInfo, Image

    try:
        find_model()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    with av.open(str(hands_folder / 'dex_human_hand_right.mp4')) as container:
        picture = to_array(next(container.decode(video=0)))
    domain = os.getpid() % 100 + 1
    rclpy.init(domain_id=domain)
    node = rclpy.create_node('driver')
    kind = ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT
    qos = QoSProfile(depth=1, reliability=kind)
    color = node.create_publisher(Image, '/camera/camera/color/image_raw', qos)
    depth = node.create_publisher(Image, '/camera/camera/aligned_depth_to_color/image_raw', qos)
    info = node.create_publisher(CameraInfo, '/camera/camera/color/camera_info', qos)
    received = []
    topics.HAND_LANDMARKS.subscription(node, received.append)
    height, width = picture.shape[:2]
    intrinsics = CameraInfo(width=width, height=height)
    intrinsics.k = [500.0, 0.0, width / 2, 0.0, 500.0, height / 2, 0.0, 0.0, 1.0]
    flat = np.full((height, width), 600, np.uint16)

    def message(pixels, encoding, step):
        out = Image(height=height, width=width, encoding=encoding, step=step)
        out.data.frombytes(pixels.tobytes())
        out.header.stamp = node.get_clock().now().to_msg()
        return out

    child = subprocess.Popen(
        [sys.executable, '-c', 'from dexgen_teleop.hand_tracker_node import main; main()']
        + ['--ros-args', '-p', 'source:=topic'],
        env={**os.environ, 'ROS_DOMAIN_ID': str(domain)},
    )
    try:
        end = time.monotonic() + 40.0
        while time.monotonic() < end and sum(m.valid for m in received) < 5:
            seen, far = message(picture, 'rgb8', 3 * width), message(flat, '16UC1', 2 * width)
            far.header.stamp = seen.header.stamp
            info.publish(intrinsics)
            color.publish(seen)
            depth.publish(far)
            rclpy.spin_once(node, timeout_sec=0.05)
        assert received and received[-1].valid and received[-1].metric
        assert abs(np.median([p.z for p in received[-1].points]) - 0.6) < 0.05
    finally:
        child.terminate()
        child.wait(10.0)
        node.destroy_node()
        rclpy.try_shutdown()
