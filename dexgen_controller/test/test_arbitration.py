"""Who takes which share of a command: loaded fingers keep the grasp, free ones go."""

from dexgen_controller.arbitration import Arbitration, ArbitrationConfig
from dexgen_controller.checkpoint import HandLayout
from dexgen_controller.model_config import ModelConfig
from dexgen_controller.observation import stack_steps
from dexgen_description import Kinematics, load_hand
import numpy as np
import pytest

HAND = load_hand('allegro_right')
KINEMATICS = Kinematics(HAND)
LAYOUT, MODEL = HandLayout.of(HAND), ModelConfig()
THUMB, INDEX = HAND.fingers.index('thumb'), HAND.fingers.index('index')
FINGER = np.array([HAND.fingers.index(name.split('_')[0]) for name in HAND.keypoint_names])
ASKED = np.array([0.0, 0.0, 0.006])


class Grip:
    """A hand whose thumb and index press, for one hand; the others touch nothing."""

    def __init__(self, bend=0.1, noise=0.0, config=None):
        self.arbitration = Arbitration(LAYOUT, MODEL, 1, config)
        self.targets = np.broadcast_to(HAND.pregrasp, (1, 4, 16)).copy()
        self.reference = KINEMATICS.keypoints(self.targets[:, -1])
        self._random, self._noise = np.random.default_rng(0), noise
        self.bend = np.zeros(16)
        for finger in (THUMB, INDEX):
            self.bend[HAND.joint_indices(HAND.fingers[finger])] = bend

    def share(self, asked, guidance=3.0, reference=None):
        """Displacement (K, 3) that is followed when keypoints are asked to move (K, 3) or (3,)."""
        noise = self._noise * self._random.standard_normal(self.targets.shape)
        state = stack_steps(KINEMATICS, self.targets - self.bend + noise, self.targets)
        reference = self.reference if reference is None else reference
        found = self.arbitration.share(state, self.reference + asked, reference, guidance)
        return found[0] - self.reference[0]


def of(finger, moves):
    """Displacements of a finger's keypoints."""
    return moves[finger == FINGER]


def test_free_fingers_go_where_they_are_asked():
    moves = Grip().share(np.tile(10 * ASKED, (8, 1)))
    for finger in set(range(4)) - {THUMB, INDEX}:
        np.testing.assert_allclose(of(finger, moves), np.tile(10 * ASKED * 3.0 / 3.2, (2, 1)))


def test_loaded_fingers_move_together_by_a_share():
    moves = Grip().share(np.tile(ASKED, (8, 1)), guidance=10.0)
    np.testing.assert_allclose(of(THUMB, moves), np.tile(0.5 * ASKED, (2, 1)), atol=1e-12)
    np.testing.assert_allclose(of(INDEX, moves), of(THUMB, moves), atol=1e-12)


def test_letting_go_is_refused():
    grip = Grip()
    tips = grip.reference[0, HAND.tip_indices]
    apart = tips[INDEX] - tips[THUMB]
    apart *= 0.008 / np.linalg.norm(apart)
    asked = np.zeros((8, 3))
    asked[FINGER == INDEX], asked[FINGER == THUMB] = apart, -apart
    moves = grip.share(asked)
    assert np.linalg.norm(moves[[HAND.tip_indices[f] for f in (THUMB, INDEX)]]) < 0.1 * 0.008


def test_a_steady_command_does_not_creep():
    grip = Grip(config=ArbitrationConfig(leak=1e9))
    asked = np.tile(5 * ASKED, (8, 1))
    first, reference = grip.share(asked), grip.reference
    for _ in range(100):
        moves = grip.share(asked, reference=reference)
        reference = grip.reference + moves
    np.testing.assert_allclose(of(THUMB, moves), of(THUMB, first), atol=1e-6)


def test_guidance_is_the_share_of_everyone():
    assert not Grip().share(np.tile(ASKED, (8, 1)), guidance=0.0).any()
    np.testing.assert_allclose(
        Grip().share(np.tile(10 * ASKED, (8, 1)), guidance=1e9), np.tile(10 * ASKED, (8, 1)),
        rtol=1e-6,
    )  # fmt: skip


def test_a_load_is_remembered_and_then_forgotten():
    grip = Grip()
    grip.share(np.zeros((8, 3)))
    grip.bend[:] = 0.0
    for _ in range(10):
        grip.share(np.zeros((8, 3)))
    assert grip.arbitration.loaded[0, THUMB] == 1.0
    for _ in range(600):
        grip.share(np.zeros((8, 3)))
    assert not grip.arbitration.loaded.any()
    grip.arbitration.reset()
    grip.bend[:] = 0.1
    grip.share(np.zeros((8, 3)))
    assert grip.arbitration.loaded.all()


def test_noise_of_the_sensors_is_no_load():
    grip = Grip(bend=0.1, noise=0.025)
    free = []
    for _ in range(100):
        grip.share(np.zeros((8, 3)))
        free.append(grip.arbitration.loaded[0])
    share = np.mean(free[20:], axis=0)
    assert share[THUMB] == share[INDEX] == 1.0
    assert max(share[f] for f in set(range(4)) - {THUMB, INDEX}) < 0.2


def test_a_hand_without_tips_is_named():
    layout = HandLayout('stump', LAYOUT.joint_names, ('index_pip',), ('index',))
    with pytest.raises(ValueError, match='index_tip'):
        Arbitration(layout, MODEL, 1)
