"""Put a trained checkpoint where it ships, with the evaluation that it passed."""

from dataclasses import dataclass, replace
import json
from pathlib import Path
import subprocess

from dexgen_controller.checkpoint import (
    CONFIG,
    load_checkpoint,
    save_checkpoint,
    SHIPPED,
    WEIGHTS,
)

from dexgen_learning.training.card import model_card
from dexgen_learning.training.joined import joined

LIMIT = 30_000_000
"""Largest size of what ships [bytes]."""
KEPT = ('cells', 'at_following', 'held_out_share', 'magnetic_share', 'refusal_share',
        'free_finger_share', 'release_share', 'evaluation_hash', 'seed', 'drops')
"""What of a result stands in the checkpoint; the whole is in docs/results.md."""


@dataclass(frozen=True)
class Ship:
    """Put a checkpoint where it ships, with its guidance strength and its evaluation.

    Args:
        checkpoint: folder of the trained checkpoint.
        evaluation: the JSON that `dexgen-learn evaluate --output` wrote, or several of parts that
            were run apart; none: not evaluated yet.
        guidance: the common strength; negative: that of the evaluation.
        folder: where checkpoints ship; empty for that of the installed package.
    """

    checkpoint: str
    evaluation: tuple[str, ...] = ()
    guidance: float = -1.0
    folder: str = ''


def ship(command: Ship) -> Path:
    """`dexgen-learn ship`; returns the folder of the shipped checkpoint.

    Raises:
      ValueError: no strength is given and no evaluation has one, the evaluations do not belong
        together, or the files are too large.
      FileNotFoundError: no checkpoint or no evaluation there.
    """
    checkpoint = load_checkpoint(command.checkpoint)
    parts = [json.loads(Path(file).read_text()) for file in command.evaluation]
    result = joined(parts) if parts else {}
    guidance = command.guidance if command.guidance >= 0.0 else result.get('guidance')
    if guidance is None:
        raise ValueError('which strength of guidance? pass --guidance, or --evaluation with one')
    facts = {**checkpoint.facts, 'guidance': float(guidance), 'commit': commit(),
             'evaluation': {key: result[key] for key in KEPT if key in result}}
    checkpoint = replace(checkpoint, facts=facts)
    base = Path(command.folder) if command.folder else SHIPPED
    folder = save_checkpoint(checkpoint, base / checkpoint.hand.name,
                             model_card(checkpoint, sections(command.checkpoint, result)))
    (folder / WEIGHTS).chmod(0o644)
    size = sum(file.stat().st_size for file in folder.iterdir())
    if size > LIMIT:
        raise ValueError(f'{folder} has {size} bytes; at most {LIMIT} may ship: train a smaller '
                         f'model, see `model` in its {CONFIG}')
    return folder


def sections(checkpoint: str, result: dict) -> dict[str, str]:
    """Sections of the model card: what was measured, and the limits that the training wrote."""
    old = Path(checkpoint) / 'README.md'
    limits = old.read_text().partition('## Limits')[2].strip() if old.is_file() else ''
    return {'Evaluation': '\n'.join(measured(result)) or 'Not evaluated yet.', 'Limits': limits}


def measured(result: dict) -> list[str]:
    """Lines of the card: size of the evaluation, cells, levels (those missed too), shares."""
    rows = []
    if result:
        size = result.get('details', {}).get('config', {}).get('size', 'not said')
        rows += [f'- Protocol {result["evaluation_hash"][:12]}, size {size}, guidance '
                 f'{result["guidance"]:g}, seed {result["seed"]}, {result["drops"]:,} drops.']
    rows += [f'- {name}: {row["dexgen_s"]:.1f} s between drops, {row["raw_s"]:.1f} s raw and '
             f'{row["hold_s"]:.1f} s held still; {row["dexgen_goals_per_min"]:.2f} goals a '
             f'minute, {row["expert_goals_per_min"]:.2f} by the expert as it is.'
             for name, row in result.get('cells', {}).items()]
    for level, row in result.get('at_following', {}).items():
        time, rival = row['dexgen_s'], row['best_control_s']
        own = f'{time:.1f} s between drops' if time else 'not reached'
        best = f'{rival:.1f} s ({row["best_control"]})' if rival else 'does not reach it'
        rows.append(f'- at following {level}: {own}; the best rival without a model {best}.')
    shares = {name.removesuffix('_share').replace('_', ' '): value
              for name, value in result.items() if name.endswith('_share') and value is not None}
    return rows + [f'- {name}: {100 * share:.0f} %.' for name, share in shares.items()]


def commit() -> str:
    """The commit of the working tree that this file lies in, empty outside of one."""
    here = Path(__file__).resolve().parent
    found = subprocess.run(['git', 'rev-parse', 'HEAD'], cwd=here, capture_output=True, text=True,
                           check=False)
    return found.stdout.strip()
