"""The stack as it starts by default: with the checkpoint that ships, where one does."""

from dexgen_controller.checkpoint import random_checkpoint, save_checkpoint, shipped_checkpoint
from dexgen_controller.model_config import model_config
from dexgen_description import load_hand
from dexgen_node import topics
import pytest

pytestmark = pytest.mark.stack


def planned(observer):
    """The first state of a controller that plans in mode dexgen."""
    return observer.wait(
        topics.CONTROLLER_STATE, lambda s: s.mode == 'dexgen' and len(s.predicted) > 0, 90.0
    ).message


def test_a_checkpoint_moves_the_hand(start_stack, observe, tmp_path):
    pytest.importorskip('torch')
    made = random_checkpoint(model_config('tiny'), load_hand('allegro_right'))
    folder = save_checkpoint(made, tmp_path / 'controller')
    start_stack('viewer:=none', 'object:=none', f'controller:={folder}')
    state = planned(observe(topics.CONTROLLER_STATE))
    assert (state.control_rate, state.guidance) == (10.0, 1.0)
    assert len(state.predicted) == 2 * len(state.keypoint_names)


@pytest.mark.parametrize('hand', ['allegro_right', 'allegro_left'])
def test_the_shipped_checkpoint_is_the_default(start_stack, observe, hand):
    assert shipped_checkpoint(hand) is not None
    start_stack('viewer:=none', 'object:=cube', 'controller:=auto', f'hand:={hand}')
    assert planned(observe(topics.CONTROLLER_STATE)).control_rate > 0.0
