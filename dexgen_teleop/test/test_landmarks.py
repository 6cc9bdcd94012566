from dexgen_teleop.landmarks import (
    BONES,
    COUNT,
    Handedness,
    INDEX,
    Landmarks,
    NAMES,
    TIPS,
    wrist_frame,
)
import numpy as np
import pytest


def flat_right_hand() -> np.ndarray:
    """A right hand, palm toward the camera, fingers up, thumb to the right of the image."""
    points = np.zeros((COUNT, 3))
    for finger, x in (('index', 0.02), ('middle', 0.0), ('ring', -0.02), ('little', -0.04)):
        for i, joint in enumerate(('mcp', 'pip', 'dip', 'tip')):
            points[INDEX[f'{finger}_{joint}']] = [x, -0.09 - 0.03 * i, 0.0]
    for i, joint in enumerate(('cmc', 'mcp', 'ip', 'tip')):
        points[INDEX[f'thumb_{joint}']] = [0.03 + 0.02 * i, -0.03 - 0.02 * i, 0.0]
    return points + [0.1, 0.0, 0.6]


def test_names_follow_mediapipes_order():
    assert len(NAMES) == COUNT == len(BONES) + 1
    assert [INDEX[name] for name in NAMES] == list(range(COUNT))
    assert TIPS == (4, 8, 12, 16, 20)
    assert (0, 5) in BONES and (5, 6) in BONES and (4, 5) not in BONES


def test_wrist_frame_of_a_right_hand():
    pose = wrist_frame(flat_right_hand(), 'right')
    assert np.allclose(pose[:3, 0], [0, 0, -1])  # the palm looks at the camera
    assert np.allclose(pose[:3, 1], [1, 0, 0])  # toward the thumb
    assert np.allclose(pose[:3, 2], [0, -1, 0])
    assert np.allclose(pose[:3, 3], [0.1, 0.0, 0.6])


def test_left_hand_mirrors_the_right_in_y():
    right = flat_right_hand()
    left = right * [-1, 1, 1]
    local = {}
    for side, points in (('right', right), ('left', left)):
        pose = wrist_frame(points, side)
        assert np.isclose(np.linalg.det(pose[:3, :3]), 1.0)
        local[side] = (points - pose[:3, 3]) @ pose[:3, :3]
    assert np.allclose(local['left'], local['right'] * [1, -1, 1])


def test_wrist_frame_is_batched_and_marks_degenerate_hands():
    batch = np.stack([flat_right_hand(), np.ones((COUNT, 3))])
    poses = wrist_frame(batch, 'right')
    assert poses.shape == (2, 4, 4)
    assert np.isfinite(poses[0]).all() and np.isnan(poses[1, :3, :3]).any()


def test_refused_frame_has_no_valid_point():
    frame = Landmarks.none(1.0, 3)
    assert not frame.valid and frame.refused().sequence == 3


def test_unknown_side_names_the_allowed_ones():
    with pytest.raises(ValueError, match='right, left'):
        Handedness.of('both')
