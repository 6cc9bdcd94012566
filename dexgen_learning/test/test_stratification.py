"""Each type of grasp gets its share of a set."""

from dataclasses import replace

from dexgen_description import load_hand, load_object
from dexgen_learning.grasps.column import Column
from dexgen_learning.grasps.generation import GenerationConfig, Generator, Growth, renumbered
from dexgen_learning.grasps.grasp_set import GraspSet, KINDS
from dexgen_learning.grasps.pipeline import shared_out
from dexgen_learning.grasps.stratification import OTHER, Quota, stratified
from dexgen_learning.paths import SHIPPED
import numpy as np
import pytest


def counted(kind: np.ndarray) -> np.ndarray:
    return np.bincount(kind, minlength=len(KINDS))


def test_a_full_set_has_every_share():
    rng, quota, count = np.random.default_rng(0), Quota(100, 0.1), np.zeros(len(KINDS), int)
    for _ in range(400):
        kind = rng.choice(len(KINDS), size=5, p=[0.4, 0.3, 0.02, 0.1, 0.1, 0.03, 0.05])
        count += counted(kind[quota.admitted(kind, count)])
    assert count.sum() == 100 and (count[:OTHER] >= 10).all() and count[OTHER] <= 10


def test_without_a_share_all_find_room_until_the_set_is_full():
    quota, kind = Quota(4, 0.0), np.array([0, 0, 6, 6, 6])
    assert quota.admitted(kind, np.zeros(len(KINDS), int)).tolist() == [True] * 4 + [False]


def test_types_below_their_share_so_far_are_named():
    quota, count = Quota(1000, 0.1), np.array([50, 10, 9, 0, 11, 20, 0])
    assert quota.short(count).tolist() == [False, True, True, True, True, False]
    assert quota.short(10 * count).tolist() == quota.short(count).tolist()
    assert not Quota(1000, 0.0).short(count).any()


def test_an_impossible_share_is_refused():
    with pytest.raises(ValueError, match='choose 0 to 0.167'):
        Quota(100, 0.2)


def test_frequent_types_give_up_their_last_grasps():
    kind = np.repeat([0, 1, 2, 3, 4, 5, 6], [300, 100, 60, 60, 50, 60, 20])
    rows = stratified(kind, 0.1)
    share = counted(kind[rows]) / len(rows)
    assert (share[:OTHER] >= 0.1).all() and len(rows) > 400
    assert rows[:3].tolist() == [0, 1, 2] and counted(kind[rows])[4] == 50


def test_a_type_that_hardly_occurs_does_not_empty_the_set():
    kind = np.repeat([0, 1, 5], [300, 290, 3])
    assert len(stratified(kind, 0.1)) == len(kind)


def test_what_is_left_knows_its_parents():
    grasps = GraspSet.load(SHIPPED / 'grasps' / 'allegro_right' / 'cube.npz').take(np.arange(600))
    kind = np.repeat(np.arange(6), [300, 100, 50, 50, 50, 50]).astype(np.uint8)
    number = np.arange(600)
    growth = Growth(replace(grasps, kind=kind, contacts=number), number - 1, 0, 0, 0.0, 0.0)
    left, parents = shared_out(growth, 0.1)
    assert len(left) == len(parents) < 600 and (parents < len(left)).all()
    whole = parents >= 0
    np.testing.assert_array_equal(left.contacts[parents[whole]], left.contacts[whole] - 1)
    assert whole.sum() == len(left) - 2


def test_removed_grasps_leave_no_wrong_parent():
    keep = np.array([True, False, True, True])
    assert renumbered(np.array([-1, 0, 1, 3]), keep).tolist() == [-1, 0, -1, 2]


def test_a_pruned_generator_goes_on_growing():
    hand = load_hand('allegro_right')
    config = GenerationConfig(count=6, seeds=4, lanes=24, seed=1, kind_share=0.0)
    generator = Generator(hand, load_object('cube'), config)
    first = generator.grow().grasps
    keep = np.array([True, False] * 3)
    generator.prune(keep)
    second = generator.grow()
    np.testing.assert_array_equal(second.grasps.q[:3], first.q[keep])
    assert len(second.grasps) == 6 and (second.parents < 6).all()


def test_columns_grow_and_shrink():
    column = Column((2,))
    rows = np.arange(1400.0).reshape(700, 2)
    for part in np.array_split(rows, 7):
        column.append(part)
    np.testing.assert_array_equal(column.values, rows)
    column.keep(np.arange(700) % 2 == 0)
    column.append(rows[:1])
    np.testing.assert_array_equal(column.values, np.concatenate([rows[::2], rows[:1]]))
