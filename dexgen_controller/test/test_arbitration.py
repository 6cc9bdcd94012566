"""Who takes which share of a command: loaded fingers keep the grasp, free ones go."""

from dataclasses import replace

from dexgen_controller.arbitration import Arbitration, ArbitrationConfig
from dexgen_controller.checkpoint import HandLayout
from dexgen_controller.model_config import ModelConfig
from dexgen_controller.observation import stack_steps
from dexgen_controller.touch import TouchFilter
from dexgen_description import Kinematics, load_hand
import numpy as np
import pytest

HAND = load_hand('allegro_right')
KINEMATICS = Kinematics(HAND)
LAYOUT, MODEL = HandLayout.of(HAND), ModelConfig()
THUMB, INDEX = HAND.fingers.index('thumb'), HAND.fingers.index('index')
FINGER = np.array([HAND.fingers.index(name.split('_')[0]) for name in HAND.keypoint_names])
ASKED = np.array([0.0, 0.0, 0.006])
STILL = ArbitrationConfig(creep=1e9, trusted=0.0, give=0.0)
"""Anchors that stay where they are, fingers that do not give way; no command is trusted."""
FREEDOM = 9.0 / (9.0 + STILL.free**2)
"""Share of its command that a free finger takes at guidance 3."""
OWN = 3.0 / (3.0 + STILL.together)
"""Share of theirs that loaded fingers take there together."""


class Grip:
    """A hand whose thumb and index press, for one hand; the others touch nothing."""

    def __init__(self, config=None):
        self.presses = np.zeros((1, 4))
        self.presses[0, [THUMB, INDEX]] = 1.0
        self.arbitration = Arbitration(LAYOUT, MODEL, 1, lambda features: self.presses, config)
        self.targets = np.broadcast_to(HAND.pregrasp, (1, 4, 16)).copy()
        self.reference = KINEMATICS.keypoints(self.targets[:, -1])

    def share(self, asked, guidance=3.0, reference=None, steps=1):
        """Displacement (K, 3) that is followed when keypoints are asked to move (K, 3) or (3,)."""
        state = stack_steps(KINEMATICS, self.targets, self.targets)
        reference = self.reference if reference is None else reference
        for _ in range(steps):
            found = self.arbitration.share(state, self.reference + asked, reference, guidance)
        return found[0] - self.reference[0]


def of(finger, moves):
    """Displacements of a finger's keypoints."""
    return moves[finger == FINGER]


def test_free_fingers_go_where_they_are_asked():
    moves = Grip(STILL).share(np.tile(10 * ASKED, (8, 1)))
    for finger in set(range(4)) - {THUMB, INDEX}:
        np.testing.assert_allclose(of(finger, moves), np.tile(10 * ASKED * FREEDOM, (2, 1)))


def test_only_strong_commands_take_loaded_fingers_past_the_model():
    weak, strong = (Grip(STILL), 3.0), (Grip(STILL), 1e4)
    shares = []
    for grip, guidance in (weak, strong):
        grip.share(np.tile(ASKED, (8, 1)), guidance=guidance, steps=40)
        shares.append(grip.arbitration.free(guidance)[0])
    loaded = [THUMB, INDEX]
    free = sorted(set(range(4)) - set(loaded))
    assert shares[0][loaded].max() < 1e-4 and shares[1][loaded].min() > 0.9
    for share, least in zip(shares, (0.99 * FREEDOM, 0.99), strict=True):
        assert share[free].min() > least


def test_free_fingers_take_less_of_what_trembles():
    grip = Grip(STILL)
    for step in range(41):
        grip.share(np.tile((1.0 - 2.0 * (step % 2)) * ASKED, (8, 1)))
    free = sorted(set(range(4)) - {THUMB, INDEX})
    share = grip.arbitration.free(3.0)[0, free]
    np.testing.assert_allclose(share, (1.0 - STILL.calm) * FREEDOM, rtol=1e-6)


def test_loaded_fingers_move_together_by_a_share():
    moves = Grip(STILL).share(np.tile(ASKED, (8, 1)), guidance=STILL.together, steps=40)
    np.testing.assert_allclose(of(THUMB, moves), np.tile(0.5 * ASKED, (2, 1)), atol=1e-12)
    np.testing.assert_allclose(of(INDEX, moves), of(THUMB, moves), atol=1e-12)


def test_a_fresh_hand_knows_nothing_of_absurd_commands():
    grip = Grip()
    with np.errstate(all='ignore'):
        grip.share(np.full((8, 3), 1e200), steps=3)
        grip.share(np.full((8, 3), 1e200), reference=np.full((1, 8, 3), np.inf))
        grip.arbitration.reset(np.ones(1, bool))
        moves = grip.share(np.tile(ASKED, (8, 1)), steps=20)
    np.testing.assert_allclose(moves, Grip().share(np.tile(ASKED, (8, 1)), steps=20))


def test_loaded_fingers_give_way_for_as_long_as_they_are_asked():
    config = replace(STILL, give=0.5, leak=1e9)
    grip = Grip(config)
    given = config.give * FREEDOM * (1.0 - OWN)
    for scale, wanted in ((1.0, given), (0.0, 0.0), (10.0, given * config.slack / 0.06)):
        moves = grip.share(scale * np.tile(ASKED, (8, 1)), steps=40)
        together = OWN * min(scale, STILL.reach / (1.0 - OWN) / 0.006)
        wanted = np.tile((scale * wanted + together) * ASKED, (2, 1))
        np.testing.assert_allclose(of(THUMB, moves), wanted, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(of(INDEX, moves), wanted, rtol=1e-6, atol=1e-9)


def test_what_is_given_is_carried_past_the_model():
    grip = Grip(replace(STILL, give=0.5, leak=1e9))
    carried = np.zeros((8, 3))
    for _ in range(40):
        moves = grip.share(np.tile(ASKED, (8, 1)), reference=grip.reference + carried)
        carried = carried + grip.arbitration.carried[0]
    np.testing.assert_allclose(of(THUMB, carried), of(THUMB, moves) / (1.0 + OWN / (
        0.5 * FREEDOM * (1.0 - OWN))), rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize('alone', [False, True])
def test_fingers_do_not_give_way_by_what_lets_go(alone):
    grip = Grip(replace(STILL, give=0.5, leak=1e9))
    grip.presses[0, INDEX] = 0.0 if alone else 1.0
    tips = grip.reference[0, HAND.tip_indices]
    apart = tips[THUMB] - tips[INDEX]
    asked = np.zeros((8, 3))
    asked[FINGER == THUMB] = 0.01 * apart / np.linalg.norm(apart)
    went = np.zeros((8, 3))
    for _ in range(40):
        grip.share(asked)
        went = went + grip.arbitration.carried[0]
    gone = of(THUMB, went) - (0.0 if alone else of(INDEX, went))
    assert np.abs(gone @ apart).max() / np.linalg.norm(apart) < 0.02 * 0.01


def test_fingers_do_not_give_way_where_the_grasp_is_meant_to_open_by_far():
    tips = Grip().reference[0, HAND.tip_indices]
    apart = (tips[INDEX] - tips[THUMB]) / np.linalg.norm(tips[INDEX] - tips[THUMB])
    given = []
    for far in (0.03, 0.1):
        grip, asked, went = Grip(replace(STILL, give=0.5)), np.tile(ASKED, (8, 1)), 0.0
        asked[FINGER == INDEX] += far * apart
        for _ in range(40):
            grip.share(asked)
            went = went + of(THUMB, grip.arbitration.carried[0])
        given.append(np.abs(went).max())
    assert given[0] > 1e-3 and given[1] < 1e-9


def test_anchors_wait_for_what_is_meant_but_not_trusted():
    paces = []
    for lingering in (0.0, 0.7):
        grip = Grip(replace(STILL, creep=0.3, lingering=lingering))
        grip.share(np.tile(5.0 * ASKED, (8, 1)), steps=40)
        paces.append(grip.arbitration.pace[0])
    assert paces[1] == pytest.approx(0.3 * paces[0]) and paces[0] > 0.0


def test_letting_go_is_refused():
    grip = Grip(STILL)
    tips = grip.reference[0, HAND.tip_indices]
    apart = tips[INDEX] - tips[THUMB]
    apart *= 0.008 / np.linalg.norm(apart)
    asked = np.zeros((8, 3))
    asked[FINGER == INDEX], asked[FINGER == THUMB] = apart, -apart
    moves = grip.share(asked)
    assert np.linalg.norm(moves[[HAND.tip_indices[f] for f in (THUMB, INDEX)]]) < 0.1 * 0.008


def followed(grip, command, steps):
    """How far (8, 3) a hand comes that is carried along; `command` of how far it has come."""
    reference = grip.reference
    for _ in range(steps):
        asked = command(reference - grip.reference)
        grip.share(asked, reference=reference)
        reference = reference + grip.arbitration.carried
    return (reference - grip.reference)[0]


def turned(grip, angle, shift):
    """Displacements (8, 3) of a rigid motion: a turn about the loaded tips' middle, a shift."""
    points = grip.reference[0]
    center = points[[HAND.tip_indices[f] for f in (THUMB, INDEX)]].mean(axis=0)
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    return (points - center) @ turn.T + center + shift - points


@pytest.mark.parametrize(('angle', 'shift'), [(0.0, ASKED), (0.0, 10.0 * ASKED), (1.5, ASKED)])
def test_loaded_fingers_are_carried_to_any_rigid_motion(angle, shift):
    asked = turned(Grip(), angle, shift)
    moves = followed(Grip(ArbitrationConfig(leak=1e9)), lambda moved: asked, 90)
    for finger in (THUMB, INDEX):
        np.testing.assert_allclose(of(finger, moves), of(finger, asked), atol=5e-4)


@pytest.mark.parametrize(('far', 'share'), [(0.005, 1.0), (0.03, 0.0)])
def test_a_finger_alone_with_the_palm_is_not_carried_far(far, share):
    grip = Grip(ArbitrationConfig(leak=1e9, intent=1e-3))
    grip.presses[0, INDEX] = 0.0
    went = followed(grip, lambda moved: np.tile([0.0, 0.0, far], (8, 1)), 60)
    gone = np.linalg.norm(of(THUMB, went), axis=-1)
    np.testing.assert_allclose(gone, share * far, atol=5e-4)


def test_closing_counts_less_than_opening():
    tips = Grip().reference[0, HAND.tip_indices]
    apart = (tips[INDEX] - tips[THUMB]) / np.linalg.norm(tips[INDEX] - tips[THUMB])
    paces = []
    for sign in (1.0, -1.0):
        grip, asked = Grip(ArbitrationConfig(intent=1e-3)), np.zeros((8, 3))
        asked[FINGER == INDEX] = 0.015 * sign * apart
        grip.share(asked)
        paces.append(grip.arbitration.pace[0])
    assert 0.0 < paces[0] < 0.7 * paces[1]


def test_a_command_that_goes_before_the_hand_leads_it():
    """In each step it goes share x (1 - exp(-dt / creep)) of what is asked, once that settled."""
    config = replace(STILL, creep=0.3, lingering=0.0, leak=1e9)
    early, late = (followed(Grip(config), lambda moved: moved[0] + ASKED, n) for n in (40, 60))
    share = (1.0 - OWN) * FREEDOM
    rate = share * (1.0 - np.exp(-0.1 / config.creep))
    gone = np.tile(20 * rate * ASKED, (2, 1))
    np.testing.assert_allclose(of(THUMB, late - early), gone, rtol=1e-3)


def test_fingers_that_are_asked_apart_are_not_carried():
    tips = Grip().reference[0, HAND.tip_indices]
    apart = tips[INDEX] - tips[THUMB]
    apart /= np.linalg.norm(apart)
    asked = np.zeros((8, 3))
    asked[FINGER == INDEX], asked[FINGER == THUMB] = 0.011 * apart, -0.011 * apart
    together = np.tile(0.02 * apart, (8, 1))
    late = followed(Grip(), lambda moved: moved[0] + asked, 50)
    opened = followed(Grip(ArbitrationConfig(intent=1e-3)), lambda moved: moved[0] + asked, 50)
    led = followed(Grip(ArbitrationConfig(intent=1e-3)), lambda moved: moved[0] + together, 50)
    assert np.linalg.norm(of(THUMB, opened), axis=-1).max() < 0.001
    assert np.linalg.norm(of(THUMB, late), axis=-1).max() < 0.003
    assert np.linalg.norm(of(THUMB, led), axis=-1).min() > 0.05


def test_trembling_about_the_anchor_does_not_move_it():
    grip = Grip()
    for step in range(101):
        moves = grip.share(np.tile((1.0 - 2.0 * (step % 2)) * ASKED, (8, 1)))
    assert np.linalg.norm(of(THUMB, moves), axis=-1).max() < 0.5 * np.linalg.norm(ASKED)


def test_trembling_lessens_the_share():
    grip, steady = Grip(STILL), Grip(STILL)
    for step in range(41):
        moves = grip.share(np.tile((1.0 - 2.0 * (step % 2)) * ASKED, (8, 1)))
    np.testing.assert_allclose(of(THUMB, moves), np.tile(OWN**2 * ASKED, (2, 1)), rtol=1e-6)
    meant = steady.share(np.tile(ASKED, (8, 1)), steps=40)
    np.testing.assert_allclose(of(THUMB, meant), np.tile(OWN * ASKED, (2, 1)), rtol=1e-6)


def test_what_is_trusted_is_followed_nearly_whole_and_what_runs_ahead_is_not():
    config = ArbitrationConfig(creep=1e9)
    near = Grip(config).share(np.tile(ASKED, (8, 1)), steps=200)
    far = Grip(config).share(np.tile(5.0 * ASKED, (8, 1)), steps=200)
    assert np.linalg.norm(of(THUMB, near), axis=-1).min() > 0.9 * 0.006
    assert np.linalg.norm(of(THUMB, far), axis=-1).max() < 0.25 * 0.03


def test_what_opens_the_remembered_grasp_step_by_step_is_not_trusted():
    """Each step is small; what they add up to counts."""
    tips = Grip().reference[0, HAND.tip_indices]
    apart = (tips[INDEX] - tips[THUMB]) / np.linalg.norm(tips[INDEX] - tips[THUMB])
    opens, moves = np.zeros((8, 3)), np.tile(0.0005 * apart, (8, 1))
    opens[FINGER == INDEX] = 0.0005 * apart
    trusted = []
    for step in (opens, moves):
        grip = Grip()
        for count in range(100):
            grip.share(count * step, reference=grip.reference + max(count - 10, 0) * step)
        trusted.append(grip.arbitration.trust.now[0])
    assert trusted[0] == 0.0 and trusted[1] > 0.9


def test_guidance_is_the_share_of_everyone():
    assert not Grip().share(np.tile(ASKED, (8, 1)), guidance=0.0).any()
    np.testing.assert_allclose(
        Grip(STILL).share(np.tile(10 * ASKED, (8, 1)), guidance=1e9), np.tile(10 * ASKED, (8, 1)),
        rtol=1e-6, atol=1e-12,
    )  # fmt: skip


def test_a_load_is_remembered_and_then_forgotten():
    grip = Grip()
    grip.share(np.zeros((8, 3)))
    grip.presses[:] = 0.0
    for _ in range(2):
        grip.share(np.zeros((8, 3)))
    assert grip.arbitration.loaded[0, THUMB] == pytest.approx(np.exp(-0.4))
    for _ in range(50):
        grip.share(np.zeros((8, 3)))
    assert grip.arbitration.loaded.max() < 1e-3
    grip.presses[:] = 1.0
    grip.share(np.zeros((8, 3)))
    assert (grip.arbitration.loaded == 1.0).all()


def test_a_reset_forgets_the_load_at_once():
    grip = Grip()
    grip.share(np.zeros((8, 3)))
    grip.presses[:] = 0.0
    grip.arbitration.reset()
    grip.share(np.zeros((8, 3)))
    assert not grip.arbitration.loaded.any()


@pytest.mark.parametrize(('guidance', 'half'), [(0.0, 0.425), (30.0, 0.55)])
def test_a_doubtful_finger_counts_in_part_and_stronger_guidance_doubts_more(guidance, half):
    """At guidance 30 the share of a command that is not yet known to be steady is 0.25."""
    grip = Grip()
    grip.presses[0, THUMB] = half
    grip.share(np.zeros((8, 3)), guidance=guidance)
    np.testing.assert_allclose(grip.arbitration.loaded[0, [THUMB, INDEX]], [0.5, 1.0])


def test_what_the_network_sees_is_the_newest_step():
    seen = []
    arbitration = Arbitration(LAYOUT, MODEL, 1, lambda f: seen.append(f) or np.zeros((1, 4)))
    positions = HAND.pregrasp + 0.01 * np.arange(4)[:, None]
    targets = np.broadcast_to(HAND.pregrasp + 0.1, (1, 4, 16))
    state = stack_steps(KINEMATICS, positions[None], targets)
    arbitration.share(state, np.zeros((1, 8, 3)), np.zeros((1, 8, 3)), 1.0)
    fresh = np.ones(1, bool)
    wanted = TouchFilter(16, MODEL.rate, 1).step(positions[None, -1], targets[:, -1], fresh)
    np.testing.assert_allclose(seen[0], wanted, atol=1e-6)


def test_a_hand_without_tips_is_named():
    layout = HandLayout('stump', LAYOUT.joint_names, ('index_pip',), ('index',))
    with pytest.raises(ValueError, match='index_tip'):
        Arbitration(layout, MODEL, 1, lambda features: np.zeros((1, 1)))


def test_a_history_of_one_step_shows_no_noise_and_the_network_alone_tells():
    model = replace(MODEL, history=1)
    presses = np.array([[1.0, 0.0, 0.0, 0.0]])
    arbitration = Arbitration(LAYOUT, model, 1, lambda features: presses)
    targets = np.broadcast_to(HAND.pregrasp, (1, 1, 16))
    state = stack_steps(KINEMATICS, targets - 0.1, targets)
    reference = KINEMATICS.keypoints(targets[:, -1])
    for _ in range(5):
        found = arbitration.share(state, reference + ASKED, reference, 3.0)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(arbitration.loaded, presses)
