"""How loaded fingers give way without opening a grasp."""

from dexgen_controller.yielding import without_opening
import numpy as np

RANDOM = np.random.default_rng(3)
PLACES = 0.05 * RANDOM.normal(size=(50, 4, 3))
MOVES = 0.01 * RANDOM.normal(size=(50, 4, 3))
ALL = np.ones((50, 4))


def opening(moves):
    """How fast (B, F, F) each two tips part [m]."""
    apart = PLACES[:, :, None] - PLACES[:, None]
    along = apart / np.maximum(np.linalg.norm(apart, axis=-1, keepdims=True), 1e-9)
    return ((moves[:, :, None] - moves[:, None]) * along).sum(axis=-1)


def test_no_two_tips_part_by_much():
    left = without_opening(MOVES, PLACES, ALL)
    before, after = (np.maximum(opening(moves), 0.0) for moves in (MOVES, left))
    assert after.mean() < 0.05 * before.mean() and after.max() < 0.25 * before.max()


def test_a_pair_alone_keeps_its_distance_and_shares_the_change():
    loaded = np.tile([1.0, 1.0, 0.0, 0.0], (50, 1))
    moves = without_opening(MOVES, PLACES, loaded)
    before, after = opening(MOVES)[:, 0, 1], opening(moves)[:, 0, 1]
    np.testing.assert_allclose(after, np.where(before > 0.0, 0.0, before), atol=0.02 * 0.02)
    np.testing.assert_allclose(moves[:, :2].sum(axis=1), MOVES[:, :2].sum(axis=1))
    np.testing.assert_array_equal(moves[:, 2:], MOVES[:, 2:])


def test_what_moves_the_object_or_squeezes_it_stays():
    axis = np.array([0.3, -0.2, 0.5])
    rigid = 0.01 * axis + np.cross(0.1 * axis, PLACES)
    closing = -0.1 * (PLACES - PLACES.mean(axis=1, keepdims=True))
    for moves in (rigid, closing, rigid + closing):
        np.testing.assert_allclose(without_opening(moves, PLACES, ALL), moves, atol=1e-12)


def test_tips_at_one_place_are_no_pair():
    same = np.zeros_like(PLACES)
    np.testing.assert_array_equal(without_opening(MOVES, same, ALL), MOVES)
