"""Results of jobs on disk: an evaluation of hours that is stopped goes on where it was.

A result counts only for what made it: the protocol, the sizes, the checkpoint, the expert, and
the code itself. Change one of them and it is measured anew.
"""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
import hashlib
from importlib import resources
from pathlib import Path
import pickle
from typing import Any

from dexgen_learning.evaluation.laboratory import BLIND, Laboratory

PACKAGES = ('dexgen_description', 'dexgen_sim_bridge', 'dexgen_controller', 'dexgen_learning')
"""Whose code and data an evaluation hangs on."""
KINDS = ('.py', '.yaml', '.xml', '.stl', '.obj', '.npz')
CHUNK = 1 << 20


class Kept:
    """Results in a folder, a file for each job.

    Files are pickles: give a folder of your own, not one from the net.

    Args:
      folder: where; made if it is not there.
      laboratory: what measures.
    """

    def __init__(self, folder: Path, laboratory: Laboratory):
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._origin = origin(laboratory)

    def _file(self, job: Any) -> Path:
        name = hashlib.sha256(f'{self._origin} {described(job)}'.encode()).hexdigest()
        return self._folder / f'{name[:32]}.pickle'

    def __contains__(self, job: Any) -> bool:
        """Whether the job's result is known."""
        return self._file(job).is_file()

    def find(self, job: Any) -> Any:
        """The result of a job that is known."""
        return pickle.loads(self._file(job).read_bytes())

    def keep(self, job: Any, result: Any) -> None:
        """Write a result: the whole or nothing."""
        file = self._file(job)
        torn = file.with_suffix('.part')
        torn.write_bytes(pickle.dumps(result))
        torn.replace(file)


def described(job: Any) -> str:
    """A job in words that are the same in every process: its kind, and all that it is told."""
    told = ', '.join(f'{field.name}={_plain(getattr(job, field.name))}' for field in fields(job))
    return f'{type(job).__name__}({told})'


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        return f'({", ".join(map(_plain, value))})'
    # A control that is no dataclass has all its settings in its name.
    own = hasattr(value, 'name') and not is_dataclass(value)
    return f'{type(value).__name__} {value.name}' if own else repr(value)


def origin(laboratory: Laboratory) -> str:
    """What every result hangs on, as a digest."""
    config = laboratory.config
    told = [laboratory.protocol.digest, laboratory.protocol.content, config.size, laboratory.seed]
    digest = hashlib.sha256(repr([*told, config.grasps]).encode())
    if laboratory.checkpoint is not None:
        for name, array in sorted(laboratory.checkpoint.weights.items()):
            digest.update(name.encode() + array.tobytes())
        for group in (laboratory.checkpoint.normaliser, laboratory.checkpoint.spread):
            for name, array in vars(group).items():
                digest.update(name.encode() + array.tobytes())
    expert = laboratory.expert_name
    if expert in BLIND:
        digest.update(expert.encode())
    else:
        _read([Path(expert)], digest)
    if config.grasps:
        _read(sorted(Path(config.grasps).rglob('*.npz')), digest)
    for package in PACKAGES:
        root = Path(str(resources.files(package)))
        _read(sorted(file for file in root.rglob('*') if file.suffix in KINDS), digest)
    return digest.hexdigest()


def _read(files: Iterable[Path], digest) -> None:
    for file in files:
        digest.update(file.name.encode())
        with file.open('rb') as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
