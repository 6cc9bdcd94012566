import os
import subprocess
import sys
import time

import av
from dexgen_node import topics
from dexgen_teleop.tracking.model import find_model
import numpy as np
import pytest
import rclpy

DOMAIN = os.getpid() % 100 + 1
"""A domain of its own: other nodes of this machine are not heard."""
COMMAND = [sys.executable, '-c', 'from dexgen_teleop.hand_tracker_node import main; main()']


def arguments(**parameters):
    given = [word for name, value in parameters.items() for word in ('-p', f'{name}:={value}')]
    return [*COMMAND, '--ros-args', *given]


@pytest.fixture
def listener():
    rclpy.init(domain_id=DOMAIN)
    node = rclpy.create_node('listener')
    messages = []
    topics.HAND_LANDMARKS.subscription(node, messages.append)
    yield node, messages
    node.destroy_node()
    rclpy.try_shutdown()


@pytest.fixture
def start(tmp_path):
    children = []

    def started(**parameters):
        log = (tmp_path / f'{len(children)}.log').open('w+')
        child = subprocess.Popen(
            arguments(**parameters),
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, 'ROS_DOMAIN_ID': str(DOMAIN)},
        )
        children.append(child)
        child.text = lambda: (tmp_path / f'{children.index(child)}.log').read_text()
        return child

    yield started
    for child in children:
        child.terminate()
        child.wait(10.0)


def spin(node, until, timeout=30.0):
    end = time.monotonic() + timeout
    while not until() and time.monotonic() < end:
        rclpy.spin_once(node, timeout_sec=0.1)
    return until()


def stamp(message):
    return message.header.stamp.sec + 1e-9 * message.header.stamp.nanosec


@pytest.mark.stack
def test_script_publishes_a_complete_hand(listener, start):
    node, messages = listener
    start(source='script', side='left')
    assert spin(node, lambda: len(messages) > 40)
    message = messages[-1]
    assert message.valid and message.metric and message.handedness == message.LEFT
    assert message.header.frame_id == topics.CAMERA_FRAME
    assert all(message.point_valid) and len(message.points) == 21
    stamps = np.array([stamp(m) for m in messages])
    assert (np.diff(stamps) > 0).all()
    assert abs(time.time() - stamps[-1]) < 5.0
    assert (np.diff([m.sequence for m in messages]) > 0).all()


@pytest.mark.stack
def test_a_video_without_a_hand_is_said_once_and_played_on(listener, start, tmp_path):
    try:
        find_model()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    path = tmp_path / 'empty.mp4'
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('mpeg4', rate=60)
        stream.width, stream.height, stream.pix_fmt = 320, 240, 'yuv420p'
        grey = np.full((240, 320, 3), 90, np.uint8)
        for _ in range(60):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, 'rgb24')))
        container.mux(stream.encode())
    node, messages = listener
    child = start(source='video', video=path)
    assert spin(node, lambda: 'no hand found in the first' in child.text())
    count = len(messages)
    assert spin(node, lambda: len(messages) > count + 30)
    assert not any(message.valid for message in messages)
    assert child.text().count('no hand found') == 1 and child.poll() is None


@pytest.mark.stack
@pytest.mark.parametrize(
    ('parameters', 'line'),
    [
        ({'source': 'video', 'video': '/nowhere.mp4'}, "video '/nowhere.mp4' does not exist"),
        ({'source': 'sonar'}, "source is 'sonar'; allowed: script, video"),
        ({'source': 'images', 'images': '/nowhere'}, "images '/nowhere' is no folder"),
        ({'side': 'both'}, "side is 'both'; allowed: right, left"),
    ],
)
def test_bad_input_ends_with_one_line(parameters, line):
    done = subprocess.run(arguments(**parameters), capture_output=True, text=True, timeout=60.0)
    assert done.returncode == 2
    errors = [text for text in done.stderr.splitlines() if text.startswith('error:')]
    assert len(errors) == 1 and line in errors[0]
    assert 'Traceback' not in done.stderr
