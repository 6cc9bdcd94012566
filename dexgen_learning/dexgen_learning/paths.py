"""Where artefacts live: under $DEXGEN_CACHE, or the user's cache folder."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """$DEXGEN_CACHE, else $XDG_CACHE_HOME/dexgen, else ~/.cache/dexgen."""
    own = os.environ.get('DEXGEN_CACHE')
    if own:
        return Path(own)
    base = os.environ.get('XDG_CACHE_HOME')
    return (Path(base) if base else Path.home() / '.cache') / 'dexgen'


def grasp_path(hand: str, object_name: str, folder: Path | None = None) -> Path:
    """The grasp set of a hand and an object."""
    folder = cache_folder() / 'grasps' if folder is None else Path(folder)
    return folder / hand / f'{object_name}.npz'


def run_path(name: str) -> Path:
    """The folder of a training run."""
    return cache_folder() / 'runs' / name


def data_path(name: str) -> Path:
    """The folder of a data set."""
    return cache_folder() / 'data' / name
