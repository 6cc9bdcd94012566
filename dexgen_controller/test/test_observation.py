"""The observation stack: its layout, its batches, its gaps."""

from dexgen_controller.observation import (
    ObservationHistory,
    Proprioception,
    stack_steps,
    step_size,
)
from dexgen_description import Kinematics, load_hand
import numpy as np
import pytest

HAND = load_hand('allegro_right')
KINEMATICS = Kinematics(HAND)
PERIOD = 0.1


def postures(count: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.uniform(HAND.lower, HAND.upper, (count, len(HAND.joint_names)))


def filled(spacing: float = PERIOD, steps: int = 4) -> ObservationHistory:
    history = ObservationHistory(PERIOD)
    for index, (position, target) in enumerate(
        zip(postures(steps), postures(steps, 1), strict=True)
    ):
        history.push(1.0 + index * spacing, Proprioception(position, target))
    return history


def test_the_stack_has_the_stated_layout():
    positions, targets = postures(4), postures(4, 1)
    steps = stack_steps(KINEMATICS, positions, targets).reshape(4, step_size(HAND))
    assert step_size(HAND) == 60
    np.testing.assert_allclose(
        steps[:, :12], KINEMATICS.fingertips(positions).reshape(4, 12), atol=1e-6
    )
    np.testing.assert_allclose(steps[:, 12:28], positions, atol=1e-6)
    np.testing.assert_allclose(steps[:, 28:44], targets, atol=1e-6)
    np.testing.assert_allclose(steps[:, 44:], targets - positions, atol=1e-6)


def test_tick_by_tick_and_in_a_batch_the_bytes_are_the_same():
    positions, targets = postures(40), postures(40, 1)
    history = ObservationHistory(PERIOD)
    stacks = []
    for index in range(40):
        history.push(index * PERIOD, Proprioception(positions[index], targets[index]))
        if index >= 3:
            stacks.append(history.stack(KINEMATICS))
    windows = np.arange(37)[:, None] + np.arange(4)
    batch = stack_steps(KINEMATICS, positions[windows], targets[windows])
    assert np.stack(stacks).tobytes() == batch.tobytes()


def test_a_full_fresh_history_is_complete():
    history = filled()
    assert history.complete(1.3 + 0.5 * PERIOD)


def test_an_old_newest_step_is_not_complete():
    assert not filled().complete(1.3 + PERIOD)


def test_a_gap_starts_the_history_anew():
    history = filled()
    history.push(1.6, Proprioception(postures(1)[0], postures(1)[0]))
    assert not history.complete(1.6)
    with pytest.raises(ValueError, match='1 of 4 steps'):
        history.stack(KINEMATICS)


def test_a_repeated_measurement_is_no_new_step():
    history = filled()
    before = history.stack(KINEMATICS)
    history.push(1.3, Proprioception(postures(1, 9)[0], postures(1, 9)[0]))
    assert history.stack(KINEMATICS).tobytes() == before.tobytes()
    assert history.gap(1.4) == pytest.approx(0.1)
