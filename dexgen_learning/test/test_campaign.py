"""The evaluation as a whole, as small as it can be: its line, its files, its workers."""

from copy import deepcopy
from dataclasses import replace
import json

from dexgen_controller.checkpoint import random_checkpoint, save_checkpoint
from dexgen_controller.model_config import model_config
from dexgen_controller.sampling_config import SamplingConfig
from dexgen_description import load_hand
from dexgen_learning.evaluation import campaign as module
from dexgen_learning.evaluation.campaign import Campaign
from dexgen_learning.evaluation.jobs import StreamJob
from dexgen_learning.evaluation.kept import described, origin
from dexgen_learning.evaluation.laboratory import EvaluationConfig, Laboratory
from dexgen_learning.evaluation.protocol import COMMANDS, load_protocol, Protocol
from dexgen_learning.evaluation.tasks.manoeuvre import TASKS
from dexgen_learning.evaluation.written import write
import numpy as np
import pytest

CELL = {
    'raw_s', 'hold_s', 'best_control_s', 'dexgen_s', 'ratio', 'ratio_low95', 'raw_goals_per_min',
    'best_control_goals_per_min', 'dexgen_goals_per_min', 'expert_goals_per_min', 'clamped_share',
}  # fmt: skip
LEVEL = {'dexgen_s', 'best_control', 'best_control_s', 'ratio', 'ratio_low95'}
KEYS = {
    'cells', 'at_following', 'tasks', 'held_out_share', 'magnetic_share', 'refusal_share',
    'free_finger_share', 'release_share', 'guidance', 'evaluation_hash', 'seed', 'drops',
}  # fmt: skip


@pytest.fixture(scope='module')
def protocol() -> Protocol:
    """The shipped protocol with one setting of everything and next to no time."""
    shipped = load_protocol()
    content = deepcopy(shipped.content)
    content |= {
        'objects': ['cube'], 'held_out_objects': ['cuboid'], 'guidance': [0.0, 1.0],
        'conditions': {'size-0.9': {'object_scale': 0.9}}, 'other_action_scales': [0.4],
        'cells': {'noise-1.5': {'noise': 1.5}},
        'rivals': {name: values[:1] for name, values in content['rivals'].items()},
        'sizes': {'quick': {
            'drops': 99, 'hours': 8e-4, 'brief_hours': 1e-4, 'warm_up': 0.2, 'per_object': 2,
            'behaviours': 1, 'trials': 1, 'task_rivals': 8, 'action_scales': True,
        }},
    }  # fmt: skip
    return replace(shipped, content=content)


@pytest.fixture(scope='module')
def config(tmp_path_factory) -> EvaluationConfig:
    made = random_checkpoint(model_config('tiny'), load_hand('allegro_right'))
    folder = save_checkpoint(replace(made, facts={'guidance': 1.0}), tmp_path_factory.mktemp('c'))
    return EvaluationConfig(
        checkpoint=str(folder), policy='servo', size='quick', steps=2, workers=1
    )


@pytest.fixture(scope='module')
def campaign(config, protocol) -> Campaign:
    patch = pytest.MonkeyPatch()
    patch.setattr(module, 'TASKS', {'regrasp_ball': TASKS['regrasp_ball']})
    made = Campaign(config, protocol)
    made.run()
    yield made
    patch.undo()


def test_the_line_has_the_keys_of_the_protocol_and_no_others(campaign):
    result = json.loads(json.dumps(campaign.result()))
    assert set(result) == KEYS
    assert set(result['cells']['noise-1.5']) == CELL
    assert set(result['at_following']) == {'0.1', '0.3', '0.6'}
    assert set(result['at_following']['0.3']) == LEVEL
    assert set(result['tasks']['regrasp_ball']) == {'raw', 'best_control', 'dexgen'}
    assert result['guidance'] == 1.0
    assert result['held_out_share'] > 0.0
    assert result['release_share'] == 1.0
    assert result['drops'] > 0


def test_every_stream_has_every_control(campaign):
    for stream in (COMMANDS, 'noise-1.5'):
        families = {point.family for point in campaign.of_stream(stream)}
        assert families >= {
            'raw', 'hold', 'shrink', 'low-pass', 'rate limit', 'leaky return', 'dexgen',
            'partial noising', 'behaviour cloning', 'guidance 0, drawn',
        }  # fmt: skip
    streams = {point.stream for point in campaign.points}
    assert streams >= {
        'walk', 'clip', 'clean', 'stay', 'noise-1.5, scale 0.4', f'{COMMANDS}, size-0.9',
        f'{COMMANDS}, other objects',
    }  # fmt: skip


def test_result_tables_and_figures_are_written(campaign, tmp_path):
    path = tmp_path / 'deep' / 'evaluation.json'
    write(campaign, campaign.result(), path)
    details = json.loads(path.read_text())['details']
    assert len(details['points']) == len(campaign.points)
    assert details['tasks']['regrasp_ball']
    page = path.with_suffix('.md').read_text()
    assert '| walk | shrink 0.02 |' in page and 'regrasp_ball' in page
    for name in ('following', 'guidance'):
        assert path.with_suffix(f'.{name}.png').stat().st_size > 5000


def test_processes_give_what_one_gives(campaign, config, protocol):
    several = Campaign(replace(config, workers=2, parts=('commands',)), protocol)
    several.run()
    first = campaign.of_stream('walk')
    for one, other in zip(first, several.of_stream('walk'), strict=True):
        assert one.control == other.control
        np.testing.assert_array_equal(one.moved, other.moved)
        np.testing.assert_array_equal(one.drops, other.drops)


def test_a_stopped_evaluation_goes_on_and_parts_add_up(config, protocol, tmp_path, monkeypatch):
    kept = replace(config, kept=str(tmp_path / 'kept'))
    stopped = Campaign(replace(kept, parts=('cells', 'held_out')), protocol)
    stopped.run()
    assert set(stopped.result()['cells']['noise-1.5']) == CELL
    measured = []
    perform = StreamJob.perform

    def noted(job, laboratory):
        measured.append(job.stream)
        return perform(job, laboratory)

    monkeypatch.setattr(StreamJob, 'perform', noted)
    whole = Campaign(replace(kept, parts=('cells', 'held_out', 'commands')), protocol)
    result = whole.run()
    assert set(measured) == {COMMANDS, 'stay'}
    assert result['cells'] == stopped.result()['cells']
    assert result['held_out_share'] > 0.0
    np.testing.assert_array_equal(whole.of_stream('clean')[0].moved,
                                  stopped.of_stream('clean')[0].moved)


def test_results_are_kept_for_what_made_them_alone(config, protocol):
    first, again = (list(Campaign(config, protocol).plan()) for _ in range(2))
    names = [described(entry.job) for entry in first]
    assert names == [described(entry.job) for entry in again]
    assert len(set(names)) == len(names)
    made = origin(Laboratory(config, protocol))
    assert made == origin(Laboratory(config, protocol))
    other = replace(protocol, content=protocol.content | {'seed': 21})
    policy = replace(config, policy='interpolation')
    weights = Laboratory(config, protocol)
    weights.checkpoint.normaliser.target_scale[0] += 0.1
    for laboratory in (Laboratory(config, other), Laboratory(policy, protocol), weights):
        assert origin(laboratory) != made


def test_without_a_checkpoint_the_rivals_are_alone(protocol):
    config = EvaluationConfig(checkpoint='none', size='quick')
    assert Laboratory(config, protocol).guidance is None
    plan = list(Campaign(config, protocol).plan())
    assert {entry.part for entry in plan} == {'cells', 'sweeps', 'commands', 'tasks'}
    with pytest.raises(ValueError, match='allowed: cells, sweeps, commands'):
        Campaign(replace(config, parts=('dance',)), protocol)


def test_steps_and_precision_are_arguments(config, protocol):
    asked = Laboratory(replace(config, steps=3, precision='int8'), protocol).sampling
    assert asked == SamplingConfig(steps=3, precision='int8')
    assert Laboratory(replace(config, steps=0), protocol).sampling == SamplingConfig()


def test_what_has_no_grasps_is_left_out_and_said(protocol, tmp_path):
    config = EvaluationConfig(checkpoint='none', size='quick', grasps=str(tmp_path))
    campaign = Campaign(config, protocol)
    assert not [entry for entry in campaign.plan() if entry.part == 'tasks']
    assert 'dexgen-learn grasps' in campaign.left_out['regrasp_ball']
