"""Grasp sets: validation, files, graph."""

from dexgen_description import Kinematics, load_hand, load_object
from dexgen_learning.grasps import analytic, closing, expansion, manipulation
from dexgen_learning.grasps.analytic import AnalyticConfig
from dexgen_learning.grasps.closing import ClosingConfig
from dexgen_learning.grasps.conveyor import Candidates, Conveyor, ValidationConfig
from dexgen_learning.grasps.generation import GenerationConfig, Generator
from dexgen_learning.grasps.graph import candidate_edges, GraphConfig, measure_edges
from dexgen_learning.grasps.grasp_set import GraspSet, KINDS
from dexgen_learning.grasps.kinds import kinds
from dexgen_learning.grasps.net_force import net_force
from dexgen_learning.grasps.reach import reach
from dexgen_learning.grasps.stock import Stock
from dexgen_learning.grasps.surface import Surface
from dexgen_learning.paths import SHIPPED
from dexgen_learning.tasks.goal import GoalBook, GoalConfig
import numpy as np
import pytest

HAND = load_hand('allegro_right')
SET = SHIPPED / 'grasps' / HAND.name / 'cube.npz'


def test_reach_brings_the_tips_there():
    kinematics = Kinematics(HAND)
    rng = np.random.default_rng(0)
    goal = np.clip(HAND.pregrasp + rng.normal(0, 0.1, size=(20, 16)), HAND.lower, HAND.upper)
    start = np.tile(HAND.pregrasp, (20, 1))
    _, left = reach(kinematics, start, kinematics.fingertips(goal), np.ones((20, 4), bool),
                    iterations=30, posture=0.0)
    assert np.median(left) < 0.003


def test_closing_starts_outside_the_object():
    kinematics, cube = Kinematics(HAND), load_object('cube')
    found = closing.propose(kinematics, cube, 16, np.random.default_rng(0), ClosingConfig())
    tips = kinematics.fingertips(found.q)
    gap = np.linalg.norm(tips - found.object_pos[:, None], axis=-1).min(axis=1)
    assert len(found) == 16 and (gap > 0.5 * cube.size.min()).all()


def test_a_generated_set_is_apart_and_the_same_for_a_seed_whatever_the_threads():
    growths = [Generator(HAND, load_object('cube'), GenerationConfig(
        count=6, seeds=3, lanes=24, seed=4, kind_share=0.0, threads=threads)).grow()
        for threads in (1, 2)]
    grasps = growths[0].grasps
    assert len(grasps) == 6 and growths[0].validated <= growths[0].tried
    np.testing.assert_array_equal(grasps.q, growths[1].grasps.q)
    assert all(bin(int(c)).count('1') >= 2 for c in grasps.contacts)


def test_a_dropped_object_is_no_grasp():
    conveyor = Conveyor(HAND, load_object('cube'), 4)
    start = closing.propose(Kinematics(HAND), load_object('cube'), 4, np.random.default_rng(0))
    open_hand = np.tile(HAND.rest, (4, 1))
    conveyor.fill(type(start)(open_hand, open_hand, open_hand, start.object_pos + [0.03, 0, 0],
                              start.object_quat, start.parent, start.loose),
                  np.random.default_rng(0))
    done = sum(len(conveyor.tick().q) for _ in range(conveyor.end + 2))
    assert done == 0 and len(conveyor.free) == 4


def test_an_object_that_moves_when_the_hand_has_closed_is_given_up():
    cube, grasps = load_object('cube'), GraspSet.load(SET).take(np.arange(12))
    same = Candidates(grasps.q, grasps.target, grasps.target, grasps.object_pos,
                      grasps.object_quat, np.arange(12), np.ones(12, dtype=bool))
    held = []
    for speed in (0.03, 0.0):
        conveyor = Conveyor(HAND, cube, 12, ValidationConfig(rest_speed=speed))
        conveyor.fill(same, np.random.default_rng(0))
        for _ in range(conveyor.close_ticks):
            conveyor.tick()
        held.append(12 - len(conveyor.free))
    assert held[0] >= 9 and held[1] == 0


def test_a_stock_hands_out_each_candidate_once_and_in_order():
    made, grasps = [], GraspSet.load(SET)

    def make(n: int) -> Candidates:
        rows = np.arange(n) + sum(made)
        made.append(n)
        part = grasps.take(rows)
        return Candidates(part.q, part.target, part.target, part.object_pos, part.object_quat,
                          rows, np.zeros(n, dtype=bool))

    stock = Stock(make, 8)
    handed = [stock.take(n).parent for n in (3, 0, 7, 20)]
    np.testing.assert_array_equal(np.concatenate(handed), np.arange(30))
    assert made == [8] * 4
    stock.clear()
    assert stock.take(1).parent.tolist() == [32]


def test_kinds_from_contacts():
    tips = [HAND.keypoints[i].link for i in HAND.tip_indices]
    masks = np.array([1 << tips[0] | 1 << tips[3], 1 << tips[0] | 1 << tips[1] | 1,
                      1 << tips[0] | 1], dtype=np.uint32)
    assert [KINDS[k] for k in kinds(HAND, masks)] == ['tips_2', 'palm_2', 'other']


def test_a_set_survives_its_file(tmp_path):
    grasps = GraspSet.load(SET)
    grasps.save(tmp_path / 'a.npz')
    back = GraspSet.load(tmp_path / 'a.npz', HAND.name)
    np.testing.assert_allclose(back.q, grasps.q, atol=1e-6)
    np.testing.assert_array_equal(back.edges, grasps.edges)
    assert back.config == grasps.config


def test_bad_files_say_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match='dexgen-learn grasps'):
        GraspSet.load(tmp_path / 'none.npz')
    (tmp_path / 'torn.npz').write_bytes(SET.read_bytes()[:1000])
    with pytest.raises(ValueError, match='not a readable grasp set'):
        GraspSet.load(tmp_path / 'torn.npz')
    GraspSet.empty(HAND.name, 'cube', 16).save(tmp_path / 'empty.npz')
    with pytest.raises(ValueError, match='empty'):
        GraspSet.load(tmp_path / 'empty.npz')
    with pytest.raises(ValueError, match='belongs to the hand allegro_right, not to allegro_left'):
        GraspSet.load(SET, 'allegro_left')


def test_nothing_grows_from_an_empty_set():
    empty, rng = GraspSet.empty(HAND.name, 'cube', 16), np.random.default_rng(0)
    with pytest.raises(ValueError, match='empty'):
        expansion.propose(HAND, empty, 4, rng)
    with pytest.raises(ValueError, match='empty'):
        manipulation.propose(Kinematics(HAND), empty, 4, rng)


def test_edges_are_candidates_within_reach_and_tested():
    grasps = GraspSet.load(SET)
    config = GraphConfig(lanes=16, time=1.0)
    edges = candidate_edges(load_object('cube'), grasps, np.full(len(grasps), -1), config)
    assert len(edges) and (edges[:, 0] != edges[:, 1]).all()
    share = measure_edges(HAND, load_object('cube'), grasps, edges[:16], config)
    assert share.shape == (16,) and ((share >= 0) & (share <= 1)).all()


def test_goals_lie_outside_the_tolerance():
    grasps = GraspSet.load(SET)
    book = GoalBook([load_object('cube')], [grasps])
    zeros = np.zeros(len(grasps), dtype=int)
    rows = book.next_rows(zeros, grasps.q, grasps.object_pos, grasps.object_quat,
                          np.random.default_rng(0))
    goals = book.empty_goals(len(grasps))
    book.assign(goals, np.arange(len(grasps)), rows)
    p, r, j = book.errors(goals, zeros, grasps.q, grasps.object_pos, grasps.object_quat)
    distance = book.metric.distance(np.linalg.norm(p, axis=-1), np.linalg.norm(r, axis=-1), j)
    assert distance.min() >= book.config.nearest - 1e-6
    with pytest.raises(ValueError, match='tolerance'):
        GoalConfig(nearest=0.5)


def test_goals_need_a_set_of_the_same_object():
    grasps = GraspSet.load(SET)
    with pytest.raises(ValueError, match='order of the objects'):
        GoalBook([load_object('sphere')], [grasps])
    with pytest.raises(ValueError, match='at least 2'):
        GoalBook([load_object('cube')], [grasps.take(np.arange(1))])


@pytest.mark.parametrize('name', ['cube', 'sphere', 'cylinder', 'screwdriver'])
def test_surface_points_lie_on_the_surface(name):
    model = load_object(name)
    surface = Surface(model)
    points, normals = surface.sample(300, np.random.default_rng(0))
    outside = points + 1e-3 * normals
    within = points - 1e-3 * normals
    assert not np.any([part.inside(outside) for part in surface.parts], axis=0).mean() > 0.05
    assert np.any([part.inside(within) for part in surface.parts], axis=0).mean() > 0.95
    assert (np.ptp(points, axis=0) <= model.size + 1e-3).all()


def test_the_papers_base_grasps_balance_and_reach():
    kinematics, cube = Kinematics(HAND), load_object('cube')
    rng = np.random.default_rng(0)
    found = analytic.propose(kinematics, cube, 12, rng)
    config = AnalyticConfig()
    contacts = analytic.balanced_contacts(HAND, Surface(cube), 500, rng, config)
    push = -contacts.normals * contacts.used[..., None]
    assert (net_force(push) < config.threshold).all() and (contacts.used.sum(1) >= 2).all()
    tips = kinematics.fingertips(found.q)
    inside = np.linalg.norm(tips - found.object_pos[:, None], axis=-1).min(axis=1)
    assert len(found) == 12 and (inside > 0.02).all()
