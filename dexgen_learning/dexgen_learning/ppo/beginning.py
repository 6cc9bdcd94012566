"""Begin a run with a trained policy: its actor goes on, its critic is learned anew first."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from dexgen_learning.ppo.network import PolicyNetwork

CRITIC_RATE = 1e-3
"""Learning rate of the critic while the actor waits for it."""


def put_actor(runner, network: PolicyNetwork) -> None:
    """Give the runner's actor the weights, normaliser and noise of a policy.

    The normaliser counts as the result of all that the policy was trained on, so that it hardly
    moves.

    Raises:
        ValueError: the policy has other layers, or another observation or action, than the actor.
    """
    import torch
    actor = runner.alg.get_policy()
    state = actor.state_dict()
    layers = sorted({int(k.split('.')[1]) for k in state if k.startswith('mlp.')})
    wanted = [tuple(state[f'mlp.{i}.weight'].shape) for i in layers]
    given = [weight.shape for weight in network.weights]
    if wanted != given:
        raise ValueError(f'the policy to begin with has layers {given}, this run {wanted} (out, '
                         'in); choose --config.ppo.hidden and --config.hand as it was trained')
    arrays = {'obs_normalizer._mean': network.mean[None],
              'obs_normalizer._std': network.scale[None] - actor.obs_normalizer.eps,
              'obs_normalizer._var': (network.scale[None] - actor.obs_normalizer.eps)**2,
              'obs_normalizer.count': np.array(_seen(network.config)),
              'distribution.log_std_param': np.log(network.std)}
    for i, weight, bias in zip(layers, network.weights, network.biases, strict=True):
        arrays |= {f'mlp.{i}.weight': weight, f'mlp.{i}.bias': bias}
    actor.load_state_dict(state | {name: torch.as_tensor(value, dtype=state[name].dtype)
                                   for name, value in arrays.items()})


def _seen(config: dict) -> int:
    """Observations that a policy was trained on."""
    ppo = config.get('ppo', {})
    return (config.get('iteration', 0) + 1) * ppo.get('environments', 1) * ppo.get('steps', 1)


@contextmanager
def critic_alone(algorithm) -> Iterator[None]:
    """While this lasts, PPO's updates leave the actor as it is.

    A critic that knows nothing yet would lead a trained actor astray.
    """
    schedule, rate = algorithm.schedule, algorithm.learning_rate
    algorithm.schedule = 'fixed'
    _set_rate(algorithm, CRITIC_RATE)
    algorithm.actor.requires_grad_(False)
    try:
        yield
    finally:
        algorithm.actor.requires_grad_(True)
        algorithm.schedule = schedule
        _set_rate(algorithm, rate)


def _set_rate(algorithm, rate: float) -> None:
    algorithm.learning_rate = rate
    for group in algorithm.optimizer.param_groups:
        group['lr'] = rate
