"""The calibration node with real messages, without transport."""

import time

from dexgen_msgs.msg import HandLandmarks
from dexgen_teleop.calibration_node import CalibrationNode
from dexgen_teleop.human_hand import FIST, HumanHand, OPEN
from dexgen_teleop.retargeting import load
from dexgen_teleop.retargeting.calibration import apply
from geometry_msgs.msg import Point
import numpy as np
import pytest
import rclpy
from rclpy.parameter import Parameter

FRAMES = 152
"""Five seconds at 30 Hz, and the frame that ends them."""


@pytest.fixture
def calibration(tmp_path):
    file = tmp_path / 'new' / 'scales.yaml'
    rclpy.init(args=['--ros-args', '-p', f'file:={file}'])
    node = CalibrationNode()
    yield node, file
    node.destroy_node()
    rclpy.try_shutdown()


def show(node, hands, seconds=1.0):
    for i, points in enumerate(hands):
        message = HandLandmarks(valid=True, handedness=HandLandmarks.RIGHT)
        nanoseconds = round(1e9 * (seconds + i / 30))
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(nanoseconds, 10**9)
        message.points = [Point(x=x, y=y, z=z) for x, y, z in points.tolist()]
        message.point_valid = [True] * 21
        node._on_landmarks(message)


def sequence(size):
    """An operator of a size who opens the hand, makes a fist and pinches."""
    human = HumanHand('right', size)
    poses = [OPEN, FIST, OPEN, human.pinch('index'), OPEN, human.pinch('ring')]
    times = np.linspace(0.0, len(poses) - 1, FRAMES)
    angles = np.stack(
        [
            np.interp(times, np.arange(len(poses)), [pose[f, j] for pose in poses])
            for f in range(5)
            for j in range(4)
        ],
        axis=1,
    )
    return human.landmarks(angles.reshape(-1, 5, 4))


def test_five_seconds_give_a_file_and_end_the_node(calibration):
    node, file = calibration
    show(node, sequence(1.15))
    assert not rclpy.ok()
    applied = apply(load('allegro_right'), file)
    assert all(0.7 <= mapping.scale < 1.2 for mapping in applied.fingers.values())


def test_a_hand_that_rests_is_asked_once_more(calibration):
    node, file = calibration
    show(node, [HumanHand().landmarks(OPEN)] * FRAMES)
    assert rclpy.ok() and not file.exists()
    show(node, sequence(0.9), seconds=20.0)
    assert not rclpy.ok() and file.exists()


@pytest.mark.parametrize('mended', ['folder', 'parameter'])
def test_scales_that_cannot_be_written_are_kept_until_they_can(calibration, mended):
    node, file = calibration
    file.parent.write_text('a file where the folder should be')
    show(node, sequence(1.15))
    assert rclpy.ok()
    show(node, [HumanHand().landmarks(OPEN)] * FRAMES, seconds=20.0)
    if mended == 'folder':
        file.parent.unlink()
    else:
        file = file.parent.with_name('other') / 'scales.yaml'
        (answer,) = node.set_parameters([Parameter('file', value=str(file))])
        assert answer.successful
    end = time.monotonic() + 10.0
    while rclpy.ok() and time.monotonic() < end:
        rclpy.spin_once(node, timeout_sec=0.1)
    assert not rclpy.ok()
    apply(load('allegro_right'), file)
