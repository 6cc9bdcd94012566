"""Where artefacts live: under $DEXGEN_CACHE, or the user's cache folder."""

import os
from pathlib import Path

SHIPPED = Path(__file__).parent / 'assets'
"""Small grasp sets and a policy that come with the package."""


def cache_folder() -> Path:
    """$DEXGEN_CACHE, else $XDG_CACHE_HOME/dexgen, else ~/.cache/dexgen."""
    own = os.environ.get('DEXGEN_CACHE')
    if own:
        return Path(own)
    base = os.environ.get('XDG_CACHE_HOME')
    return (Path(base) if base else Path.home() / '.cache') / 'dexgen'


def grasp_path(hand: str, object_name: str, folder: Path | None = None) -> Path:
    """Where the grasp set of a hand and an object is written; in the cache without `folder`.

    An object from a file goes by the file's name without ending.
    """
    folder = cache_folder() / 'grasps' if folder is None else Path(folder)
    return folder / hand / f'{Path(object_name).stem}.npz'


def find_grasps(hand: str, object_name: str, folder: Path | None = None) -> Path:
    """Where the grasp set is read: `folder`, else the cache, else what is shipped."""
    path = grasp_path(hand, object_name, folder)
    shipped = grasp_path(hand, object_name, SHIPPED / 'grasps')
    return path if path.exists() or folder is not None or not shipped.exists() else shipped


def run_path(name: str) -> Path:
    """The folder of a training run."""
    return cache_folder() / 'runs' / name


def data_path(name: str) -> Path:
    """The folder of a data set."""
    return cache_folder() / 'data' / name


def find_policy(hand: str, file: str = '') -> Path:
    """The policy `file`, or `shipped`; if empty, of the newest training run, else the shipped one.

    Raises:
        FileNotFoundError: `shipped`, and none ships for this hand.
    """
    if file:
        return policy_file(file, hand)
    runs = sorted((cache_folder() / 'runs').glob('*/policy.npz'), key=lambda p: p.stat().st_mtime)
    return runs[-1] if runs else SHIPPED / 'policies' / f'{hand}.npz'


def shipped_policy(hand: str) -> Path | None:
    """The policy that comes with the package, None where there is none."""
    path = SHIPPED / 'policies' / f'{hand}.npz'
    return path if path.is_file() else None


def policy_file(name: str, hand: str) -> Path:
    """The policy of a name: `shipped`, or a file.

    Raises:
        FileNotFoundError: `shipped`, and none ships for this hand.
    """
    if name != 'shipped':
        return Path(name)
    path = shipped_policy(hand)
    if path is None:
        raise FileNotFoundError(f'no policy ships for {hand}; train one with `dexgen-learn train`')
    return path
