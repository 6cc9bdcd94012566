"""A hand behind topics: matched by name, silent hands fail, nothing is sent outside a session."""

from dexgen_description import load_hand
from dexgen_sim_bridge.backend import BackendError
from dexgen_sim_bridge.preset import load_preset
from dexgen_sim_bridge.topic_backend import TAIL, TopicBackend
import numpy as np
import pytest

HAND, LEAP = load_hand('allegro_right'), load_hand('leap_right')
POSITIONS = np.linspace(0.0, 1.5, 16)


class Connected:
    """A backend with what it sent."""

    def __init__(self, name='allegro_v5', hand=HAND):
        self.sent = []
        self.preset = load_preset(name, hand)
        self.backend = TopicBackend(hand, self.preset, self.sent.append)

    def hear(self, now, positions=POSITIONS, names=None, velocities=(), efforts=()):
        names = self.preset.joints.peer_names if names is None else names
        self.backend.hear(names, positions, velocities, efforts, now)


def test_nothing_is_measured_before_the_first_message():
    hand = Connected()
    assert hand.backend.measure(0.0) is None
    assert hand.backend.step(POSITIONS, False, 0.0) is None
    assert 'allegroHand_0/joint_states' in hand.backend.waiting


def test_joints_are_matched_by_name_in_any_order_among_others():
    hand = Connected()
    order = np.random.default_rng(1).permutation(16)
    names = ['elbow', *(hand.preset.joints.peer_names[i] for i in order)]
    hand.hear(1.0, np.append(9.0, POSITIONS[order]), names, np.append(9.0, 2 * POSITIONS[order]))
    measured = hand.backend.measure(1.0)
    assert measured.positions == pytest.approx(POSITIONS)
    assert measured.velocities == pytest.approx(2 * POSITIONS)
    assert not measured.efforts.any()


def test_velocities_that_are_not_told_come_from_the_positions():
    hand = Connected()
    hand.hear(1.0)
    hand.hear(1.1, POSITIONS + 0.05)
    assert hand.backend.measure(1.1).velocities == pytest.approx(np.full(16, 0.5))


def test_a_silent_hand_fails_and_comes_back():
    hand = Connected()
    hand.hear(1.0)
    hand.backend.measure(1.5)
    with pytest.raises(BackendError, match='no message on') as raised:
        hand.backend.step(POSITIONS, True, 1.501)
    assert raised.value.reason == 'SILENT_HAND'
    hand.hear(5.0)
    assert hand.backend.reset(5.1).time == 5.0


def test_another_robots_joints_do_not_break_the_silence():
    hand = Connected()
    hand.hear(1.0)
    hand.hear(1.4, [0.0], ['elbow'])
    hand.hear(1.4, POSITIONS, HAND.joint_names)
    with pytest.raises(BackendError, match='no message'):
        hand.backend.measure(1.6)


@pytest.mark.parametrize('joint', range(16))
@pytest.mark.parametrize('bad', [np.nan, np.inf])
def test_a_value_that_is_not_finite_fails_at_each_joint(joint, bad):
    hand = Connected()
    positions = POSITIONS.copy()
    positions[joint] = bad
    hand.hear(1.0, positions)
    with pytest.raises(BackendError) as raised:
        hand.backend.measure(1.0)
    assert raised.value.reason == 'NOT_FINITE'
    hand.hear(1.1)
    assert hand.backend.measure(1.1) is not None


@pytest.mark.parametrize('joint', range(16))
@pytest.mark.parametrize('bad', [-1e308, -7.0, 7.0, 1e308])
def test_a_joint_where_it_cannot_be_fails_and_is_named(joint, bad):
    hand = Connected()
    positions = POSITIONS.copy()
    positions[joint] = bad
    hand.hear(1.0, positions)
    with pytest.raises(BackendError, match=HAND.joint_names[joint]) as raised:
        hand.backend.measure(1.0)
    assert raised.value.reason == 'OUT_OF_RANGE'
    hand.hear(1.1, POSITIONS, velocities=np.full(16, np.inf), efforts=np.full(16, np.nan))
    measured = hand.backend.measure(1.1)
    assert not measured.velocities.any() and not measured.efforts.any()


@pytest.mark.parametrize('joint', range(16))
def test_a_missing_joint_fails_and_is_named(joint):
    hand = Connected()
    names = [name for i, name in enumerate(hand.preset.joints.peer_names) if i != joint]
    hand.hear(1.0, np.delete(POSITIONS, joint), names)
    with pytest.raises(BackendError, match=f'missing joint_{joint}_0') as raised:
        hand.backend.measure(1.0)
    assert raised.value.reason == 'JOINT_NAMES'


def test_fewer_positions_than_names_fail():
    hand = Connected()
    hand.hear(1.0, POSITIONS[:7])
    with pytest.raises(BackendError, match='16 names and 7 positions'):
        hand.backend.measure(1.0)


def test_targets_go_out_at_the_presets_rate_and_only_in_a_session():
    hand, now = Connected(), 10.0

    def run(seconds, following):
        nonlocal now
        for _ in range(round(seconds / 0.005)):
            now += 0.005
            hand.hear(now)
            hand.backend.step(POSITIONS, following, now)
        return len(hand.sent)

    assert run(1.0, False) == 0
    assert run(1.0, True) == pytest.approx(100, abs=2)
    tail = run(TAIL, False) - run(0.0, False)
    assert tail == 0
    assert run(2.0, False) <= 102 + 100 * TAIL
    last = len(hand.sent)
    assert run(1.0, False) == last


def test_targets_go_out_in_the_peers_order_sign_and_zero():
    hand = Connected('leap', LEAP)
    hand.backend.step(POSITIONS, True, 1.0)
    assert hand.sent[0][0] == pytest.approx(POSITIONS[1] + 3.14159)
    assert hand.sent[0][1] == pytest.approx(POSITIONS[0] + 3.14159)


def test_a_hand_that_tells_nothing_is_assumed_at_its_last_target():
    hand = Connected('leap', LEAP)
    assert not hand.backend.measure(1.0).positions.any()
    hand.backend.step(POSITIONS, True, 1.0)
    assert np.array_equal(hand.backend.measure(99.0).positions, POSITIONS)
