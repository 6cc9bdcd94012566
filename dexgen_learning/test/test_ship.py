"""What ships: weights, strength, evaluation, card."""

import json

from dexgen_controller.checkpoint import load_checkpoint, random_checkpoint, save_checkpoint
from dexgen_controller.model_config import TINY
from dexgen_description import load_hand
from dexgen_learning.training import ship as shipping
from dexgen_learning.training.joined import joined
from dexgen_learning.training.ship import Ship, ship
import numpy as np
import pytest

CELL = {'dexgen_s': 20.0, 'raw_s': 2.0, 'hold_s': 25.0, 'dexgen_goals_per_min': 1.5,
        'expert_goals_per_min': 4.0}
LEVEL = {'dexgen_s': 9.0, 'best_control': 'shrink', 'best_control_s': 7.0}
RESULT = {'cells': {'noise-0.75': CELL}, 'at_following': {'0.3': LEVEL, '0.6': LEVEL | {
    'dexgen_s': None}}, 'guidance': 0.3, 'evaluation_hash': 'abc', 'seed': 20, 'drops': 1234,
    'refusal_share': 0.955, 'held_out_share': None,
    'details': {'points': [], 'config': {'size': 'medium'}}}


@pytest.fixture
def trained(tmp_path):
    pytest.importorskip('torch')
    made = random_checkpoint(TINY, load_hand('allegro_right'))
    return save_checkpoint(made, tmp_path / 'trained', '# Card\n\n## Limits\n\nIt cannot see.\n')


def test_a_checkpoint_ships_with_its_evaluation(trained, tmp_path):
    file = tmp_path / 'evaluation.json'
    file.write_text(json.dumps(RESULT))
    folder = ship(Ship(str(trained), (str(file),), folder=str(tmp_path / 'shipped')))
    before, after = load_checkpoint(trained), load_checkpoint(folder)
    assert folder.name == 'allegro_right' and after.guidance == 0.3
    assert after.facts['evaluation']['cells'] == RESULT['cells']
    assert 'details' not in after.facts['evaluation']
    for name, array in before.weights.items():
        np.testing.assert_array_equal(array, after.weights[name])
    card = (folder / 'README.md').read_text()
    assert 'noise-0.75: 20.0 s between drops, 2.0 s raw' in card
    assert 'at following 0.3: 9.0 s between drops; the best rival' in card
    assert 'at following 0.6: not reached; the best rival without a model 7.0 s' in card
    assert 'Protocol abc, size medium, guidance 0.3, seed 20, 1,234 drops.' in card
    assert 'refusal: 96 %' in card and 'held out' not in card
    assert card.rstrip().endswith('It cannot see.')


def test_a_strength_is_needed_and_a_large_model_does_not_ship(trained, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match='--guidance'):
        ship(Ship(str(trained), folder=str(tmp_path)))
    monkeypatch.setattr(shipping, 'LIMIT', 1000)
    with pytest.raises(ValueError, match='train a smaller'):
        ship(Ship(str(trained), guidance=1.0, folder=str(tmp_path)))


def test_parts_that_were_run_apart_are_joined(trained, tmp_path):
    files = []
    empty = {'cells': {}, 'at_following': {'0.1': {'dexgen_s': None}}, 'refusal_share': None}
    rest = {key: RESULT[key] for key in ('at_following', 'refusal_share')}
    common = {key: RESULT[key] for key in ('evaluation_hash', 'seed', 'guidance')}
    for size, own in (('full', {'cells': RESULT['cells']}), ('medium', rest)):
        part = common | empty | own | {'drops': 100, 'details': {'config': {'size': size}}}
        files.append(tmp_path / f'{size}.json')
        files[-1].write_text(json.dumps(part))
    folder = ship(Ship(str(trained), tuple(map(str, files)), folder=str(tmp_path / 'shipped')))
    kept = load_checkpoint(folder).facts['evaluation']
    assert {key: kept[key] for key in rest} == rest and kept['cells'] == RESULT['cells']
    assert kept['drops'] == 200
    said = 'size full (cells) and medium (at following, refusal), guidance 0.3'
    assert said in (folder / 'README.md').read_text()


def test_parts_of_different_evaluations_are_not_joined():
    other = RESULT | {'seed': 21}
    with pytest.raises(ValueError, match='seed'):
        joined([RESULT, other])
    with pytest.raises(ValueError, match="two evaluations have measured .*'cells'"):
        joined([RESULT, RESULT])
