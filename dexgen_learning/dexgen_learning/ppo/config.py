"""Settings of PPO: the paper's for a GPU, and one that learns on two processor cores."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PpoConfig:
    """PPO; names as in the literature.

    Args:
        environments: simulations side by side, over all objects.
        steps: control steps of each environment per iteration.
        hidden: widths of actor and critic.
        learning_rate: at the start; adapted to `desired_kl` if `adaptive`.
        adaptive: adapt the learning rate.
        desired_kl: where to.
        epochs: passes over an iteration's data.
        mini_batches: per pass.
        clip: of the probability ratio.
        gamma: discount per control step of 0.1 s.
        lam: of generalised advantage estimation.
        entropy: weight of the entropy bonus.
        initial_std: of the action at the start, in units of the residual.
        max_grad_norm: gradients are clipped to it.
    """

    environments: int = 192
    steps: int = 24
    hidden: tuple[int, ...] = (512, 256, 128)
    learning_rate: float = 3e-4
    adaptive: bool = True
    desired_kl: float = 0.01
    epochs: int = 5
    mini_batches: int = 4
    clip: float = 0.2
    gamma: float = 0.99
    lam: float = 0.95
    entropy: float = 0.0
    initial_std: float = 0.25
    max_grad_norm: float = 1.0


CPU = PpoConfig()
PAPER = PpoConfig(environments=8192, steps=8, hidden=(1024, 512, 512, 256, 256),
                  learning_rate=5e-4, adaptive=False, mini_batches=8)
"""The paper's: 8192 environments, batch 8192, learning rate 5e-4, MLP 1024-512-512-256-256."""


def runner_config(config: PpoConfig, seed: int, save_interval: int) -> dict:
    """The dictionary that rsl_rl's OnPolicyRunner takes."""
    network = {'class_name': 'MLPModel', 'hidden_dims': list(config.hidden), 'activation': 'elu',
               'obs_normalization': True}
    return {
        'seed': seed,
        'num_steps_per_env': config.steps,
        'save_interval': save_interval,
        'obs_groups': {'actor': ['actor'], 'critic': ['actor', 'critic']},
        'actor': {**network, 'distribution_cfg': {
            'class_name': 'GaussianDistribution', 'init_std': config.initial_std,
            'std_range': (0.05, 1.0), 'std_type': 'log'}},
        'critic': dict(network),
        'algorithm': {
            'class_name': 'PPO', 'learning_rate': config.learning_rate,
            'schedule': 'adaptive' if config.adaptive else 'fixed',
            'desired_kl': config.desired_kl, 'num_learning_epochs': config.epochs,
            'num_mini_batches': config.mini_batches, 'clip_param': config.clip,
            'gamma': config.gamma, 'lam': config.lam, 'entropy_coef': config.entropy,
            'value_loss_coef': 1.0, 'use_clipped_value_loss': True,
            'max_grad_norm': config.max_grad_norm, 'optimizer': 'adam', 'rnd_cfg': None,
            'symmetry_cfg': None,
        },
        'multi_gpu': None,
        'logger': 'tensorboard',
        'check_for_nan': True,
    }
