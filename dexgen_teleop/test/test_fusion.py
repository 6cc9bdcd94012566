from dexgen_teleop.evaluation.depth_camera import DepthNoise, RADII, render
from dexgen_teleop.evaluation.hand_sequence import CAMERA, hand_sequence, SequenceSettings
from dexgen_teleop.human_hand import FIST, HumanHand, OPEN
from dexgen_teleop.landmarks import INDEX
from dexgen_teleop.sources.script import FACING
from dexgen_teleop.tracking.bones import BoneLengths, CHILD, PARENT, USUAL
from dexgen_teleop.tracking.depth import near, patches
from dexgen_teleop.tracking.fusion import Fusion
from dexgen_teleop.tracking.occlusion import hidden
import numpy as np
import pytest

PLACE = np.array([0.0, 0.06, 0.5])


def posed(angles=OPEN, hand=None):
    return (hand or HumanHand()).landmarks(angles) @ FACING.T + PLACE


def looked_at(points, wall=1.2):
    depth, _ = render(points, RADII, CAMERA, wall)
    return points - points.mean(axis=0), CAMERA.project(points), depth.astype(np.float32)


def fused(fusion, world, image, depth):
    return fusion.fuse(world, image, CAMERA, depth)


def test_an_exact_hand_is_found_to_a_few_millimetres():
    points = posed()
    hand = fused(Fusion(), *looked_at(points))
    assert np.linalg.norm(hand.points - points, axis=1).max() < 0.004
    assert hand.valid.all() and hand.metric
    assert (hand.standard_deviation > 0.0).all()


@pytest.mark.parametrize('size', [0.85, 1.2])
def test_the_size_of_the_hand_comes_from_depth_not_from_the_model(size):
    points = posed(hand=HumanHand(scale=size))
    world, image, depth = looked_at(points)
    hand = fused(Fusion(), world / size, image, depth)
    assert np.linalg.norm(hand.points - points, axis=1).max() < 0.01
    assert abs(np.median(hand.points[:, 2] / points[:, 2]) - 1.0) < 0.01


def test_holes_are_filled_and_flying_pixels_ignored():
    points = posed()
    world, image, depth = looked_at(points)
    u, v = np.round(image[INDEX['index_tip']] * [640, 480]).astype(int)
    depth[v - 12 : v + 13, u - 12 : u + 13] = 0.0
    u, v = np.round(image[INDEX['ring_dip']] * [640, 480]).astype(int)
    depth[v - 12 : v + 13, u - 12 : u + 13] = 0.95
    hand = fused(Fusion(), world, image, depth)
    error = np.linalg.norm(hand.points - points, axis=1)
    assert error.max() < 0.006
    sure = hand.standard_deviation
    assert sure[INDEX['index_tip']] > 1.1 * sure[INDEX['middle_tip']]


def test_a_wrong_landmark_does_not_tear_the_hand():
    points = posed()
    world, image, depth = looked_at(points)
    image[INDEX['middle_tip']] += [0.1, 0.0]
    hand = fused(Fusion(), world, image, depth)
    others = np.arange(21) != INDEX['middle_tip']
    assert np.linalg.norm(hand.points - points, axis=1)[others].max() < 0.01
    assert not hand.valid[INDEX['middle_tip']]


def test_without_enough_depth_there_is_no_metric_hand():
    world, image, depth = looked_at(posed())
    with pytest.raises(ValueError, match='only 0 of 21'):
        fused(Fusion(), world, image, np.zeros_like(depth))


@pytest.mark.parametrize('value', [np.nan, np.inf, 0.0])
def test_collapsed_and_broken_landmarks_are_refused(value):
    world, image, depth = looked_at(posed())
    with pytest.raises(ValueError):
        fused(Fusion(), world, np.full_like(image, value), depth)


def test_bones_are_learned_and_kept():
    settings = SequenceSettings(seconds=5.0, still=0.5, seed=3, depth=DepthNoise(holes=0.1))
    fusion = Fusion()
    before = None
    for sample in hand_sequence(settings):
        fused(fusion, sample.detection.world, sample.detection.image, sample.frame.depth)
        truth = np.linalg.norm(sample.truth[CHILD] - sample.truth[PARENT], axis=1)
        before = np.abs(USUAL - truth) if before is None else before
    after = np.abs(fusion.bones.mean - truth)
    assert np.median(after) < 0.6 * np.median(before)
    assert np.median(after) < 0.002


def test_one_wrong_length_changes_a_bone_little():
    bones = BoneLengths()
    for _ in range(300):
        bones.learn(USUAL * 1.05, np.full(len(USUAL), 0.004))
    assert np.allclose(bones.mean, USUAL * 1.05, rtol=0.01)
    bones.learn(USUAL * 2.0, np.full(len(USUAL), 0.004))
    assert np.allclose(bones.mean, USUAL * 1.05, rtol=0.02)
    bones.learn(np.full(len(USUAL), np.nan), np.full(len(USUAL), 0.004))
    assert np.isfinite(bones.mean).all()


def test_a_fist_hides_fingertips_and_an_open_hand_hides_nothing():
    assert not hidden(posed(OPEN), RADII).any()
    away = HumanHand().landmarks(FIST) @ (FACING @ np.diag([-1.0, -1.0, 1.0])).T + PLACE
    behind = hidden(away, RADII)
    assert behind[INDEX['middle_tip']] and not behind[INDEX['middle_mcp']]


def test_patch_medians_know_holes_borders_and_other_surfaces():
    depth = np.full((480, 640), 0.5, np.float32)
    depth[98:113, 98:113] = 0.0
    depth[200:300, 200:300] = 0.9
    image = np.array([[320, 240], [105, 105], [250, 250], [639, 479], [-500, 0]]) / [640, 480]
    found = patches(depth, image, CAMERA, 0.5)
    assert np.allclose(found.surface[[0, 2, 3]], [0.5, 0.9, 0.5])
    assert np.isnan(found.surface[[1, 4]]).all()
    seen = near(found, np.full(5, 0.5))
    assert np.allclose(seen[[0, 3]], 0.5) and np.isnan(seen[[1, 2, 4]]).all()


def test_another_operator_is_learned_quickly_after_doubt():
    bones = BoneLengths()
    for _ in range(300):
        bones.learn(USUAL, np.full(len(USUAL), 0.004))
    sure = bones.deviation
    bones.doubt()
    assert (bones.deviation > sure).all()
    for _ in range(150):
        bones.learn(USUAL * 0.9, np.full(len(USUAL), 0.004))
    assert np.median(np.abs(bones.mean / USUAL - 0.9)) < 0.02
