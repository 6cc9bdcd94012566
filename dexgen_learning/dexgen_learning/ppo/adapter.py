"""The school's task as rsl_rl's vector environment; torch is imported when it is built."""

from dataclasses import asdict

import numpy as np

from dexgen_learning.ppo.team import Part, Team
from dexgen_learning.tasks.anygrasp import AnygraspConfig


def vector_environment(team: Part | Team, config: AnygraspConfig, device: str = 'cpu'):
    """An rsl_rl VecEnv around environments of this task, tensors on a torch device."""
    from rsl_rl.env import VecEnv
    from tensordict import TensorDict
    import torch

    dt = 1.0 / config.environment.simulation.control_rate

    class SchoolEnvironment(VecEnv):
        """Numbers to tensors; drops are terminal, time limits are not."""

        def __init__(self) -> None:
            self.num_envs, self.num_actions = team.n, team.joints
            self.max_episode_length = round(config.episode_s / dt)
            self.device, self.cfg = torch.device(device), asdict(config)

        @property
        def episode_length_buf(self) -> torch.Tensor:
            return self._sent((team.times() / dt).round()).long()

        @episode_length_buf.setter
        def episode_length_buf(self, value: torch.Tensor) -> None:
            team.set_times(value.cpu().numpy() * dt)

        def _sent(self, values: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(values).to(self.device)

        def _seen(self, actor: np.ndarray, critic: np.ndarray) -> TensorDict:
            return TensorDict({'actor': self._sent(actor), 'critic': self._sent(critic)},
                              batch_size=[team.n])

        def get_observations(self) -> TensorDict:
            return self._seen(*team.observe())

        def step(self, actions: torch.Tensor):
            outcome = team.step(actions.detach().double().cpu().numpy())
            minutes = team.n * dt / 60.0
            extras = {
                'time_outs': self._sent(outcome.timeout).float(),
                'log': {'/goals_per_min': float(outcome.success.sum() / minutes),
                        '/drops_per_min': float(outcome.dropped.sum() / minutes),
                        '/goal_distance': float(outcome.distance.mean()),
                        '/failures': float(outcome.failures.sum())}}
            done = self._sent(outcome.dropped | outcome.timeout)
            reward = self._sent(outcome.reward).float()
            return self._seen(outcome.actor, outcome.critic), reward, done.long(), extras

    return SchoolEnvironment()
