"""The evaluation's parts: rivals, following, intervals, levels, the protocol that ships."""

from dexgen_description import load_hand, load_object
from dexgen_learning.env.touch import Touch
from dexgen_learning.evaluation.cells import best_control, cell_row
from dexgen_learning.evaluation.clip import Clip, shipped_clip
from dexgen_learning.evaluation.following import Following, FollowingFigures
from dexgen_learning.evaluation.intervals import HoldingTime, rate_interval, ratio_low95
from dexgen_learning.evaluation.levels import best_at_level, compare_at_level
from dexgen_learning.evaluation.point import Point
from dexgen_learning.evaluation.protocol import COMMANDS, load_protocol
from dexgen_learning.evaluation.report import describe
from dexgen_learning.evaluation.rivals import Hold, LeakyReturn, LowPass, RateLimit, Raw, Shrink
from dexgen_learning.evaluation.run import evaluate_point, Run, shares, StopRule
from dexgen_learning.evaluation.situation import Situation
from dexgen_learning.evaluation.streams import (
    Alternating,
    CorruptedExpert,
    interpolation,
    Recorded,
    Stay,
    Walk,
)
import numpy as np
import pytest

N, J, DT = 3, 16, 0.1
HAND = load_hand('allegro_right')


def situation(raw, applied=0.0, grasp=0.0, absolute=False, fresh=False) -> Situation:
    full = [np.full((N, J), value, float) for value in (applied, grasp, raw)]
    history = np.zeros((N, 4, J))
    return Situation(
        full[0], full[1], full[2], np.zeros((N, 8, 3)), absolute, np.full(N, fresh), history,
        history, DT,
    )  # fmt: skip


def point(stream='walk', control='c', family='f', time=10.0, drops=5, gain=0.3, goals=10) -> Point:
    moved = np.tile([gain, 1.0, 1.0], (20, 3, 3, 1))
    return Point(
        stream, control, family, float('nan'), np.full(20, time), np.full(20, drops),
        np.full(20, goals / 20), np.zeros(20), np.zeros((20, 2)), moved,
    )  # fmt: skip


def test_raw_and_hold_are_the_ends():
    given = situation(0.2, applied=0.1, grasp=0.05)
    assert (Raw().wanted(given) == 0.2).all()
    assert (Hold().wanted(given) == 0.05).all()


@pytest.mark.parametrize(('absolute', 'expected'), [(False, 0.1 + 0.3 * 0.1), (True, 0.3 * 0.2)])
def test_shrinking_starts_at_the_target_or_at_the_grasp(absolute, expected):
    given = situation(0.2, applied=0.1, absolute=absolute)
    np.testing.assert_allclose(Shrink(0.3).wanted(given), expected)


def test_a_low_pass_reaches_a_constant_command_with_its_time():
    control = LowPass(time=0.5)
    given = situation(1.0, absolute=True)
    wanted = [control.wanted(given)[0, 0] for _ in range(50)]
    assert wanted[4] == pytest.approx(1.0 - np.exp(-1.0))
    assert wanted[-1] == pytest.approx(1.0, abs=1e-3)
    again = control.wanted(situation(1.0, absolute=True, fresh=True))
    assert again[0, 0] == pytest.approx(wanted[0])


def test_a_rate_limit_limits():
    given = situation(1.0, applied=0.5)
    np.testing.assert_allclose(RateLimit(0.2).wanted(given), 0.52)


def test_a_leak_returns_to_the_grasp():
    control = LeakyReturn(1.0)
    control.wanted(situation(1.0, absolute=True))
    for _ in range(100):
        wanted = control.wanted(situation(1.0, applied=9.0, absolute=True))
    np.testing.assert_allclose(wanted, 0.0, atol=1e-3)
    relative = LeakyReturn(1.0).wanted(situation(0.5, applied=0.5, grasp=0.1))
    np.testing.assert_allclose(relative, 0.5 - 0.4 * (1.0 - np.exp(-0.1)))


def test_following_measures_gain_and_correlation():
    random = np.random.default_rng(0)
    following = Following((2, 5), [0, 0, 1, 1])
    commanded = np.cumsum(random.normal(size=(400, 2, 4, 3)), axis=0)
    share = np.array([0.4, 0.4, 0.9, 0.9])[:, None]
    touching = np.tile([True, False], (2, 1))
    for step in commanded:
        following.note(step, share * step, touching, np.zeros(2, bool))
    for window in (0, 1):
        _, touched, free = (
            FollowingFigures.of(following.sums.sum(axis=0)[window, part]) for part in range(3)
        )
        assert touched.gain == pytest.approx(0.4)
        assert touched.correlation == pytest.approx(1.0)
        assert free.gain == pytest.approx(0.9)


def test_following_does_not_look_across_the_end_of_an_episode():
    following = Following((2,), [0] * 8)
    for index in range(20):
        commanded = np.full((1, 8, 3), float(index))
        measured = commanded if index < 10 else commanded + 1e6
        touching = np.ones((1, 1), bool)
        following.note(commanded, measured, touching, np.array([index == 10]))
    ec, cc, _ = following.sums[0, 0, 0]
    assert ec / cc == pytest.approx(1.0)


def test_intervals_hold_the_mean_and_shrink_with_time():
    random = np.random.default_rng(0)
    widths = []
    for environments in (30, 3000):
        drops = random.poisson(5.0, environments)
        holding = HoldingTime(np.full(environments, 50.0), drops)
        low, high = holding.interval()
        assert low < holding.mean < high
        widths.append(high - low)
    assert widths[1] < 0.3 * widths[0]


def test_the_interval_of_a_rate_is_wider_where_few_hands_make_the_events():
    time, random = np.full(200, 2.0), np.random.default_rng(0)
    covered = 0
    for seed in range(100):
        low, high = rate_interval(random.poisson(6.0, 200), time, seed=seed)
        covered += low < 3.0 < high
    assert covered >= 90
    few = np.where(np.arange(200) < 10, 120, 0)
    clumped = rate_interval(few, time)
    assert clumped[1] - clumped[0] > 3.0 * (high - low)
    assert clumped[0] < 3.0 < clumped[1]


def test_without_a_drop_the_bound_is_given():
    holding = HoldingTime(np.full(10, 30.0), np.zeros(10, int))
    assert holding.mean == pytest.approx(300.0 / 2.996)


def test_the_bound_of_a_ratio_is_above_one_where_it_is_sure():
    random = np.random.default_rng(0)
    long = HoldingTime(np.full(200, 50.0), random.poisson(2.0, 200))
    short = HoldingTime(np.full(200, 50.0), random.poisson(6.0, 200))
    assert ratio_low95(long, short) > 2.0
    assert ratio_low95(short, short) < 1.0


def test_levels_compare_curves_at_equal_following():
    ends = [point(family='hold', gain=0.0, drops=1), point(family='raw', gain=0.9, drops=50)]
    rivals = [*ends, point(family='shrink', gain=0.3, drops=10)]
    ours = [point(gain=0.2, drops=2), point(gain=0.5, drops=4)]
    row = compare_at_level(ours, rivals, 0.3, 1.0)
    assert row['best_control'] == 'shrink'
    assert row['best_control_s'] == pytest.approx(1.0)
    assert 1.0 < row['ratio_low95'] <= row['ratio'] + 0.1
    assert row['dexgen_s'] == pytest.approx(5.0 ** (2 / 3) * 2.5 ** (1 / 3), rel=1e-6)
    beyond = compare_at_level(ours, rivals, 0.6, 1.0)
    assert beyond['dexgen_s'] is None
    assert beyond['ratio'] is None


def test_the_best_family_counts_at_a_level():
    ends = [point(family='hold', gain=0.0, drops=1), point(family='raw', gain=0.9, drops=50)]
    rivals = [
        *ends,
        point(family='shrink', gain=0.3, drops=10),
        point(family='rate limit', gain=0.3, drops=5),
    ]
    assert best_at_level(rivals, 0.3, 1.0, 0).family == 'rate limit'


def test_the_best_control_of_a_cell_is_at_equal_time_or_equal_goals():
    rivals = [
        point(control='a', drops=1, goals=4),
        point(control='b', drops=10, goals=40),
        point(control='c', drops=20, goals=80),
    ]
    row = best_control(rivals, point(drops=5, goals=30))
    assert row['best_control_goals_per_min'] == pytest.approx(rivals[0].goals_per_minute)
    assert row['best_control_s'] == pytest.approx(1.0)
    assert best_control(rivals, point(drops=0, goals=500))['best_control_s'] is None


def test_the_shipped_protocol_has_enough_settings_of_every_rival():
    protocol = load_protocol()
    assert len(protocol.digest) == 64
    rivals = protocol.rivals()
    names = [rival.name for rival in rivals]
    assert len(set(names)) == len(names)
    kinds = [type(rival).__name__ for rival in rivals]
    for kind in ('Shrink', 'LowPass', 'RateLimit', 'LeakyReturn'):
        assert kinds.count(kind) >= 8
    for name in (*protocol.content['cells'], COMMANDS, 'stay', 'clean'):
        assert protocol.stream(name, interpolation, HAND).name == name
    assert len(protocol.content['rivals']['partial_noising']) >= 8
    assert len(protocol.content['held_out_objects']) == 5
    slippery = protocol.randomization('friction-0.6').friction
    assert slippery.high == pytest.approx(0.6 * protocol.randomization().friction.high)
    late = protocol.randomization('delay-100ms')
    assert (late.least_action_delay, late.action_delay) == (0.1, 0.1)
    small = protocol.randomization('size-0.9').object_scale
    assert small.high == pytest.approx(0.9 * protocol.randomization().object_scale.high)
    sizes = [protocol.size(name).rule.hours for name in ('quick', 'medium', 'full')]
    assert sizes == sorted(set(sizes))
    with pytest.raises(ValueError, match="size is 'huge'; allowed: full, medium, quick"):
        protocol.size('huge')


class StillSimulation:
    """Just the target of a simulation."""

    def __init__(self, n, joints):
        self.target = np.zeros((n, joints))


class StillTask:
    """A task that only has what walks and corruption look at."""

    def __init__(self, n=400):
        self.hand = load_hand('allegro_right')
        self.env = type('Environment', (), {'sim': StillSimulation(n, 16), 'dt': DT})()
        self.env.sim.target[:] = 0.5 * (self.hand.lower + self.hand.upper)


def test_walks_are_slow_and_of_the_stated_size():
    task, walk = StillTask(), Walk(0.05, 0.5, seed=1)
    steps = [walk.command(task, np.zeros(400, bool)).raw for _ in range(300)]
    offsets = np.stack(steps)[100:] - task.env.sim.target
    assert offsets.std() == pytest.approx(0.05, rel=0.05)
    power = (np.abs(np.fft.rfft(offsets, axis=0)) ** 2).mean(axis=(1, 2))
    frequency = np.fft.rfftfreq(len(offsets), DT)
    assert power[frequency > 1.0].sum() < 0.1 * power.sum()


def test_noise_is_added_to_the_action_and_clipped():
    task = StillTask()
    stream = CorruptedExpert('n', lambda task: task.env.sim.target + 0.1, noise=1.5, seed=1)
    command = stream.command(task, np.zeros(400, bool))
    action = (command.raw - task.env.sim.target) / 0.2
    assert np.abs(action).max() <= 1.0 + 1e-9
    assert (np.abs(action) > 0.999).mean() > 0.2
    assert not command.absolute


def test_slowing_keeps_the_direction():
    task = StillTask()
    stream = CorruptedExpert('s', lambda task: task.env.sim.target + 0.1, slow=1.0, seed=1)
    action = (stream.command(task, np.zeros(400, bool)).raw - task.env.sim.target) / 0.2
    assert (action >= 0.0).all()
    assert action.mean() == pytest.approx(0.25, rel=0.05)


def test_a_clip_moves_the_grasp_by_what_the_hand_moved_since_the_episode_began():
    task = StillTask()
    stream = Recorded(Clip(np.arange(5.0)[:, None] * np.full(16, 0.01), 5.0), seed=3)
    grasp = task.env.sim.target
    first = stream.command(task, np.ones(400, bool)).raw
    np.testing.assert_allclose(first, grasp)
    fresh = np.zeros(400, bool)
    second = stream.command(task, fresh).raw - grasp
    assert np.abs(second).max() == pytest.approx(0.005, rel=1e-6)
    assert second.min() < 0.0 < second.max()
    later = np.stack([stream.command(task, fresh).raw - grasp for _ in range(100)])
    assert np.abs(later).max() <= 0.04 + 1e-9


def test_the_shipped_clip_is_twenty_seconds_of_the_hand():
    clip = shipped_clip(HAND)
    assert len(clip.joints) / clip.rate >= 20.0
    assert (clip.joints >= HAND.lower - 1e-6).all() and (clip.joints <= HAND.upper + 1e-6).all()
    assert np.ptp(clip.joints, axis=0).min() > 0.2
    with pytest.raises(FileNotFoundError, match='retarget_clip'):
        shipped_clip(load_hand('allegro_left'))


def test_streams_take_turns_over_the_environments():
    task = StillTask()
    both = Alternating('both', (Stay(), Walk(0.1, 0.5)))
    for _ in range(20):
        raw = both.command(task, np.zeros(400, bool)).raw
    moved = np.abs(raw - task.env.sim.target).max(axis=1) > 0.0
    assert (moved == (np.arange(400) % 2 == 1)).all()


def test_a_cell_has_the_rows_of_the_protocol():
    rivals = [point(family='raw', drops=20), point(family='hold', drops=1), point(drops=10)]
    row = cell_row(rivals, point(family='dexgen', drops=2), point(goals=50))
    assert row['ratio'] == pytest.approx(10.0)
    assert row['expert_goals_per_min'] == pytest.approx(60.0 * 50 / 200.0)
    assert cell_row(rivals, None, None)['dexgen_s'] is None


@pytest.fixture(scope='module')
def cube_task():
    from dexgen_learning.grasps.grasp_set import GraspSet
    from dexgen_learning.paths import find_grasps
    from dexgen_learning.tasks.anygrasp import AnygraspTask

    grasps = GraspSet.load(find_grasps('allegro_right', 'cube'))
    return AnygraspTask(HAND, [load_object('cube')], [grasps], 8, seed=1)


def test_a_point_of_a_real_task(cube_task):
    rule = StopRule(drops=10, hours=0.005, warm_up=0.3)
    found = evaluate_point(cube_task, CorruptedExpert('noise', interpolation, 1.5), Raw(), rule)
    assert found.drops.sum() >= 3
    assert found.clamped_share > 0.0
    assert found.rms_jerk > 0.0
    assert 'noise' in describe(found)
    half = found.take(np.arange(4), 'half')
    assert half.stream == 'half' and len(half.time) == 4


def test_controls_side_by_side_have_environments_of_their_own(cube_task):
    rule = StopRule(drops=1000, hours=8 * 3.0 / 3600.0, warm_up=1.0)
    stream = Walk(0.3, 0.5, seed=2)
    raw, hold = Run(cube_task, stream, [Raw(), Hold()]).points(rule)
    assert (raw.control, hold.control) == ('raw', 'hold')
    assert raw.following[1.0].gain > 0.5 > 0.2 > abs(hold.following[1.0].gain)
    with pytest.raises(ValueError, match='8 environments of each object for 3 controls'):
        shares(cube_task, 3)


def test_touching_fingers_are_those_whose_links_the_grasp_lists(cube_task):
    task = cube_task
    touch = Touch(task.env)
    task.reset(np.arange(task.n))
    task.env.step(task.env.sim.target)
    listed = (task.book.contacts[task.start_row][:, None] >> np.arange(17)) & 1
    links = np.array([name.split('_')[0] for name in HAND.link_names])
    expected = np.stack([listed[:, links == f].any(axis=1) for f in HAND.fingers], axis=-1)
    assert (touch.fingers() == expected).mean() > 0.8
