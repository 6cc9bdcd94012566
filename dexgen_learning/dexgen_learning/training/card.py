"""The model card that is written beside a checkpoint."""

from collections.abc import Mapping

from dexgen_controller.checkpoint import Checkpoint


def model_card(checkpoint: Checkpoint, sections: Mapping[str, str]) -> str:
    """Markdown: what the checkpoint is, and further sections by their title."""
    config, hand, facts = checkpoint.config, checkpoint.hand, checkpoint.facts
    training = facts.get('training', {})
    lines = [
        f'# Controller for {hand.name}, configuration {config.name}',
        '',
        f'- {checkpoint.parameters:,} parameters; motions of {config.steps} steps and '
        f'{config.keypoints} keypoints at {config.rate:g} Hz; predicts {config.prediction}.',
        f'- Trained {training.get("steps_done", 0):,} steps of {training.get("batch", 0)} '
        f'samples, seed {training.get("seed", 0)}.',
        f'- Data: {facts.get("data", "not said")}.',
        '',
    ]
    for title, text in sections.items():
        lines += [f'## {title}', '', text, '']
    return '\n'.join(lines)
