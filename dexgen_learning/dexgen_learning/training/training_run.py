"""A whole training run: from samples to a checkpoint with its card."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from dexgen_controller.checkpoint import save_checkpoint
from dexgen_controller.model_config import ModelConfig

from dexgen_learning.training.card import model_card
from dexgen_learning.training.processes import join_processes, leave_processes
from dexgen_learning.training.progress import Progress
from dexgen_learning.training.samples import SampleSource
from dexgen_learning.training.trainer import Trainer
from dexgen_learning.training.training_config import TrainingConfig

LIMITS = (
    'Zero-shot, without touch or vision. It is as stable as the data it was trained on, and knows '
    'no object, size or friction beyond them. It does not replace the safety gate.'
)


def train_controller(
    config: TrainingConfig,
    model: ModelConfig,
    hand,
    source: SampleSource,
    folder: Path,
    facts: dict,
    touch: Callable[[], tuple[dict, dict[str, float]]],
) -> Path:
    """Train, or go on training, and write the checkpoint.

    Run it under `torchrun` to train with many processes.

    Args:
      config: how to train.
      model: sizes of the networks.
      hand: hand that was recorded.
      source: samples.
      folder: of the run: its state, its TensorBoard events, and `checkpoint/`.
      facts: where the data come from, for the checkpoint; `data` is a sentence.
      touch: trains what tells which fingers press: its weights and figures.

    Returns:
      The checkpoint's folder.
    """
    process = join_processes(config.device)
    trainer = Trainer(model, config, source, Path(folder), process)
    if process.leads:
        progress = Progress(Path(folder) / 'events', config.steps, trainer.steps_done)
        trainer.train(progress)
        progress.close()
    else:
        trainer.train()
    checkpoint = Path(folder) / 'checkpoint'
    if process.leads:
        made = trainer.checkpoint(hand, facts)
        weights, figures = touch()
        made = replace(
            made, weights={**made.weights, **weights}, facts={**made.facts, 'touch': figures}
        )
        save_checkpoint(made, checkpoint, model_card(made, {'Limits': LIMITS}))
    leave_processes(process)
    return checkpoint
