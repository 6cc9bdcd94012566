"""The behaviour tests: what is commanded, and that holding and opening are told apart."""

from dexgen_description import Kinematics, load_hand, load_object
from dexgen_learning.bench_slow import share as shared
from dexgen_learning.evaluation.behaviours import (
    BehaviourJob,
    CalmScene,
    free_finger,
    FREE_REACH,
    magnetic,
    reaching,
)
from dexgen_learning.evaluation.laboratory import EvaluationConfig, Laboratory
from dexgen_learning.evaluation.rivals import Hold, Raw
from dexgen_learning.grasps.grasp_set import GraspSet
from dexgen_learning.paths import find_grasps
import numpy as np
import pytest

HAND = load_hand('allegro_right')
KINEMATICS = Kinematics(HAND)


@pytest.fixture(scope='module')
def grasps() -> GraspSet:
    path = find_grasps('allegro_right', 'cube')
    if not path.exists():
        pytest.skip('no grasp set of the cube is shipped or cached')
    return GraspSet.load(path).take(np.arange(60))


def test_a_finger_reaches_and_the_others_stay():
    targets = np.tile(HAND.pregrasp, (3, 1))
    move = np.array([[0.0, 0.0, -0.01], [-0.01, 0.0, 0.0], [0.01, 0.0, 0.0]])
    raw = reaching(KINEMATICS, targets, np.array([0, 1, 2]), move)
    before, after = KINEMATICS.fingertips(targets), KINEMATICS.fingertips(raw)
    moved = np.linalg.norm(after - before, axis=-1)
    for row, finger in enumerate((0, 1, 2)):
        others = np.delete(moved[row], finger)
        assert others.max() < 1e-9
        error = after[row, finger] - before[row, finger] - move[row]
        assert np.linalg.norm(error) < 0.004


def test_trials_move_the_right_fingers(grasps):
    scene = CalmScene(HAND, load_object('cube'), grasps, (1.0, 0.0, 0.0, 0.0))
    touching = scene.touching()
    assert 0.2 < touching.mean() < 0.9
    supporting = magnetic(scene, KINEMATICS)
    assert len(supporting.raw) == touching.sum()
    free = free_finger(scene, KINEMATICS)
    rows = np.arange(len(free.raw))
    far = KINEMATICS.fingertips(free.raw) - KINEMATICS.fingertips(free.start.target)
    assert (np.linalg.norm(far[rows, free.finger], axis=-1) >= FREE_REACH).all()


@pytest.fixture(scope='module')
def laboratory(grasps) -> Laboratory:
    made = Laboratory(EvaluationConfig(checkpoint='none', size='quick'))
    made.grasps = lambda name: grasps
    return made


def share(laboratory: Laboratory, name: str, control) -> float:
    good, trials = BehaviourJob(name, 'cube', 4, control).perform(laboratory)
    assert 0 < trials <= 4
    return good / trials


def test_holding_refuses_and_the_raw_command_does_not(laboratory):
    for name in ('magnetic', 'refusal'):
        assert share(laboratory, name, Raw()) == 0.0
        assert share(laboratory, name, Hold()) == 1.0


class Noting(Hold):
    """Holds still and notes how far it was asked to go."""

    def __init__(self):
        self.asked = []

    def wanted(self, situation):
        """What holding still wants."""
        self.asked.append(np.abs(situation.raw - situation.grasp).max())
        return super().wanted(situation)


def test_a_slow_command_grows_to_its_size(laboratory):
    slow, sudden = Noting(), Noting()
    for control, ramp in ((slow, 2.0), (sudden, 0.0)):
        BehaviourJob('refusal', 'cube', 4, control, ramp).perform(laboratory)
    assert len(slow.asked) == len(sudden.asked) + 20
    np.testing.assert_allclose(slow.asked[:21], np.linspace(0.0, 1.0, 21) * sudden.asked[0])
    assert slow.asked[-1] == sudden.asked[0] == sudden.asked[-1]


def test_shares_have_exact_intervals():
    assert shared(0, 0)['share'] is None
    assert shared(4, 4) == {'share': 1.0, 'ci95': [0.398, 1.0], 'trials': 4}
    assert shared(1, 2)['ci95'] == [0.013, 0.987]


def test_without_the_controller_an_open_hand_releases(laboratory):
    assert share(laboratory, 'release', Hold()) == 1.0


def test_a_free_finger_must_go_where_it_is_told(laboratory):
    raw, hold = (share(laboratory, 'free_finger', c) for c in (Raw(), Hold()))
    assert raw > hold == 0.0
