"""PPO on the task: trains, resumes, exports a network that runs without torch."""

from dataclasses import replace
import subprocess
import sys

from dexgen_learning.evaluate_policy import evaluate, EvaluateConfig, held_out_shares
from dexgen_learning.paths import SHIPPED
from dexgen_learning.ppo.config import CPU, PAPER, PpoConfig, runner_config
from dexgen_learning.ppo.network import PolicyNetwork
from dexgen_learning.ppo.team import Part
from dexgen_learning.ppo.training import (
    build_task,
    build_team,
    latest_checkpoint,
    resolved,
    TrainConfig,
)
from dexgen_learning.tasks.anygrasp import AnygraspConfig
from dexgen_learning.tasks.reward import RewardWeights, STYLES
import numpy as np
import pytest

SMALL = TrainConfig(objects=('cube',), iterations=2, save_every=1,
                    ppo=PpoConfig(environments=8, steps=3, hidden=(32, 16), mini_batches=1))
GRASPS = SHIPPED / 'grasps'


def test_the_papers_settings():
    assert PAPER.environments == 8192 and PAPER.hidden == (1024, 512, 512, 256, 256)
    assert PAPER.learning_rate == 5e-4
    assert (PAPER.clip, PAPER.gamma, PAPER.lam) == (0.2, 0.99, 0.95)
    config = runner_config(CPU, 0, 10)
    assert config['obs_groups'] == {'actor': ['actor'], 'critic': ['actor', 'critic']}


def test_style_and_device_are_written_out():
    slow = resolved(replace(SMALL, style='slow'))
    assert slow.task.weights == STYLES['slow'] and slow.ppo == SMALL.ppo
    own = replace(SMALL, style='slow', task=AnygraspConfig(weights=RewardWeights(drop=-3.0)))
    assert resolved(own).task.weights.drop == -3.0
    gpu = resolved(TrainConfig(device='cuda'))
    assert gpu.ppo == PAPER and gpu.task.environment.simulation.device == 'cuda'
    assert resolved(replace(SMALL, device='cuda')).ppo == SMALL.ppo
    assert resolved(resolved(gpu)) == gpu


def test_the_core_needs_no_torch():
    code = ('import sys; import dexgen_learning.cli, dexgen_learning.evaluate_policy; '
            'assert "torch" not in sys.modules')
    subprocess.run([sys.executable, '-c', code], check=True)


def test_a_run_trains_resumes_and_exports(tmp_path):
    torch = pytest.importorskip('torch')
    pytest.importorskip('rsl_rl')
    from dexgen_learning.ppo.training import train
    policy = train(SMALL, tmp_path, GRASPS)
    assert latest_checkpoint(tmp_path).name == 'model_1.pt'
    first = PolicyNetwork.load(policy, 'allegro_right')
    train(replace(SMALL, iterations=3), tmp_path, GRASPS)
    assert latest_checkpoint(tmp_path).name == 'model_2.pt'
    saved = torch.load(tmp_path / 'model_1.pt', weights_only=False)['actor_state_dict']
    np.testing.assert_allclose(first.weights[0], saved['mlp.0.weight'].numpy())
    observation = build_task(SMALL, GRASPS).actor_observation()
    layers = torch.nn.Sequential(
        torch.nn.Linear(observation.shape[1], 32), torch.nn.ELU(), torch.nn.Linear(32, 16),
        torch.nn.ELU(), torch.nn.Linear(16, 16))
    layers.load_state_dict({k.removeprefix('mlp.'): v for k, v in saved.items()
                            if k.startswith('mlp.')})
    normal = (torch.from_numpy(observation) - saved['obs_normalizer._mean']) / (
        saved['obs_normalizer._std'] + 1e-2)
    np.testing.assert_allclose(first.act(observation), layers(normal).detach().numpy(), atol=1e-4)


@pytest.mark.parametrize('processes', [1, 2])
def test_resuming_is_exact(tmp_path, processes):
    torch = pytest.importorskip('torch')
    pytest.importorskip('rsl_rl')
    from dexgen_learning.ppo.training import train
    small = replace(SMALL, processes=processes)
    whole, parts = tmp_path / 'whole', tmp_path / 'parts'
    train(replace(small, iterations=4), whole, GRASPS)
    train(replace(small, iterations=2), parts, GRASPS)
    train(replace(small, iterations=4), parts, GRASPS)
    a, b = (torch.load(f / 'model_3.pt', weights_only=False)['actor_state_dict']
            for f in (whole, parts))
    for name in a:
        assert torch.equal(a[name], b[name]), name


def test_a_run_begins_with_a_policy_whose_critic_learns_first(tmp_path):
    torch = pytest.importorskip('torch')
    pytest.importorskip('rsl_rl')
    from dexgen_learning.ppo.training import train
    first = PolicyNetwork.load(train(SMALL, tmp_path / 'first', GRASPS))
    later = replace(SMALL, start=str(tmp_path / 'first' / 'policy.npz'), critic_first=2, seed=3)
    waiting = PolicyNetwork.load(train(later, tmp_path / 'later', GRASPS))
    for a, b in zip(first.weights, waiting.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(first.std, waiting.std, rtol=1e-6)
    kept = torch.load(tmp_path / 'later' / 'model_1.pt', weights_only=False)
    assert kept['actor_state_dict']['obs_normalizer.count'] == 2 * SMALL.ppo.steps * 8 * 2
    gone_on = PolicyNetwork.load(train(replace(later, iterations=3), tmp_path / 'later', GRASPS))
    assert not np.array_equal(first.weights[0], gone_on.weights[0])
    wider = replace(later, ppo=replace(SMALL.ppo, hidden=(64, 16)))
    with pytest.raises(ValueError, match=r'begin with has layers .*--config.ppo.hidden'):
        train(wider, tmp_path / 'wider', GRASPS)
    with pytest.raises(FileNotFoundError, match='no policy at nowhere.npz'):
        train(replace(later, start='nowhere.npz'), tmp_path / 'none', GRASPS)


def test_a_run_goes_on_with_as_many_processes(tmp_path):
    pytest.importorskip('rsl_rl')
    from dexgen_learning.ppo.training import train
    train(replace(SMALL, iterations=1), tmp_path, GRASPS)
    with pytest.raises(ValueError, match='saved with 1 processes.*--config.processes 1'):
        train(replace(SMALL, processes=2), tmp_path, GRASPS)
    with pytest.raises(ValueError, match='physics on cuda runs in one process, not in 2'):
        train(replace(SMALL, processes=2, device='cuda'), tmp_path, GRASPS)


def test_processes_step_as_one_task_does_alone():
    team = build_team(replace(SMALL, processes=2), GRASPS)
    alone = [Part(build_task(replace(SMALL, processes=2), GRASPS, i)) for i in range(2)]
    assert team.n == 8 and team.joints == 16
    action = np.random.default_rng(0).normal(size=(8, 16))
    for _ in range(3):
        together = team.step(action)
        apart = [part.step(action[4 * i:4 * i + 4]) for i, part in enumerate(alone)]
        for name, value in together._asdict().items():
            parts = np.concatenate([getattr(p, name) for p in apart])
            np.testing.assert_array_equal(value, parts, name)
    assert not np.array_equal(together.actor[:4], together.actor[4:])
    team.close()


def test_a_part_that_dies_or_fails_is_named():
    team = build_team(replace(SMALL, processes=2), GRASPS)
    team._processes[1].kill()
    with pytest.raises(RuntimeError, match='part 1 of the environments ended'):
        team.observe()
    team.close()
    with pytest.raises(RuntimeError, match="part 0 of the environments failed.*'nothing'"):
        build_team(replace(SMALL, processes=2, hand='nothing'), GRASPS)


def test_policies_of_another_hand_and_torn_files_are_refused(tmp_path):
    network = PolicyNetwork((np.zeros((2, 3)),), (np.zeros(2),), np.zeros(3), np.ones(3),
                            np.ones(2), {'hand': 'allegro_right'})
    network.save(tmp_path / 'a.npz')
    assert PolicyNetwork.load(tmp_path / 'a.npz').act(np.zeros((5, 3))).shape == (5, 2)
    with pytest.raises(ValueError, match='trained for the hand allegro_right, not allegro_left'):
        PolicyNetwork.load(tmp_path / 'a.npz', 'allegro_left')
    (tmp_path / 'b.npz').write_bytes(b'nothing')
    with pytest.raises(ValueError, match='not a readable policy'):
        PolicyNetwork.load(tmp_path / 'b.npz')
    with pytest.raises(FileNotFoundError, match='dexgen-learn train'):
        PolicyNetwork.load(tmp_path / 'c.npz')


def test_a_policy_is_compared_with_its_rivals(tmp_path):
    pytest.importorskip('rsl_rl')
    from dexgen_learning.ppo.training import train
    policy = train(replace(SMALL, iterations=1), tmp_path, GRASPS)
    config = EvaluateConfig(policy=str(policy), per_object=4, warm_up=0.2, seconds=1.0,
                            rates=(0.2, 0.5), held_out=('sphere', 'cube'), workers=1)
    result = evaluate(config)
    assert result['objects'] == ('cube',) and result['held_out_objects'] == ('sphere',)
    assert set(result['interpolation_by_rate']) == {'0.2', '0.5'}
    for name in ('policy', 'interpolation', 'hold', 'servo'):
        assert result[name]['seconds'] == pytest.approx(4.0)
        assert result[name]['s_between_drops'] > 0.0
        assert result['held_out'][name]['seconds'] == pytest.approx(4.0)
    assert result['hold']['goals'] == 0


def test_what_is_kept_on_held_out_objects():
    trained, away = ({'policy': {'goals_per_min': goals}, 'goals_ratio': lead, 'time_ratio': 2.0}
                     for goals, lead in ((8.0, 2.0), (2.0, 1.6)))
    shares = held_out_shares(trained, away)
    assert shares['held_out_share'] == 0.25
    assert shares['held_out_goals_ratio_share'] == 0.8
    assert shares['held_out_time_ratio_share'] == 1.0
