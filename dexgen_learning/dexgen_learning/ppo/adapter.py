"""The school's task as rsl_rl's vector environment; torch is imported when it is built."""

from dataclasses import asdict

import numpy as np

from dexgen_learning.tasks.anygrasp import AnygraspTask


def vector_environment(task: AnygraspTask, device: str = 'cpu'):
    """An rsl_rl VecEnv around the task, tensors on a torch device."""
    from rsl_rl.env import VecEnv
    from tensordict import TensorDict
    import torch

    class SchoolEnvironment(VecEnv):
        """Numbers to tensors; drops are terminal, time limits are not."""

        def __init__(self) -> None:
            self.task = task
            self.num_envs, self.num_actions = task.n, task.env.joints
            self.max_episode_length = round(task.config.episode_s / task.env.dt)
            self.device, self.cfg = torch.device(device), asdict(task.config)

        @property
        def episode_length_buf(self) -> torch.Tensor:
            return self._sent((task.env.time / task.env.dt).round()).long()

        @episode_length_buf.setter
        def episode_length_buf(self, value: torch.Tensor) -> None:
            task.env.time[:] = value.cpu().numpy() * task.env.dt

        def _sent(self, values: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(values).to(self.device)

        def get_observations(self) -> TensorDict:
            return TensorDict({
                'actor': self._sent(task.actor_observation()),
                'critic': self._sent(task.critic_observation())}, batch_size=[task.n])

        def step(self, actions: torch.Tensor):
            outcome = task.step(actions.detach().double().cpu().numpy())
            minutes = task.n * task.env.dt / 60.0
            extras = {
                'time_outs': self._sent(outcome.timeout).float(),
                'log': {'/goals_per_min': float(outcome.success.sum() / minutes),
                        '/drops_per_min': float(outcome.dropped.sum() / minutes),
                        '/goal_distance': float(task.distance.mean()),
                        '/failures': float(task.env.failures)}}
            done = self._sent(outcome.dropped | outcome.timeout)
            reward = self._sent(outcome.reward).float()
            return self.get_observations(), reward, done.long(), extras

    return SchoolEnvironment()
