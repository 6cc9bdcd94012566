"""The state of a training run on disk, whole or not at all."""

from collections.abc import Mapping
from pathlib import Path

import torch

STATE = 'run.pt'


def save_run(folder: Path, state: Mapping[str, object]) -> None:
    """Write the state; a crash while writing leaves the last one."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / (STATE + '.partial')
    torch.save(dict(state), partial)
    partial.replace(folder / STATE)


def load_run(folder: Path) -> dict | None:
    """The last state, None where there is none."""
    path = folder / STATE
    return torch.load(path, weights_only=True) if path.is_file() else None
