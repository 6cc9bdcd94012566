"""Shards on disk: flat records, a JSON entry with checksum beside each, one index over all.

A shard's entry is written last and atomically: a shard without entry was torn by a kill and is
made anew.
"""

from dataclasses import dataclass
import hashlib
import json
import os
from pathlib import Path

import numpy as np

from dexgen_learning.rollout.record import FORMAT

INDEX = 'index.json'


def shard_file(folder: Path, number: int) -> Path:
    """The records of a shard."""
    return Path(folder) / f'shard_{number:05d}.rows'


def entry_file(folder: Path, number: int) -> Path:
    """The JSON entry of a shard."""
    return Path(folder) / f'shard_{number:05d}.json'


def checksum(path: Path) -> str:
    """sha256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with Path(path).open('rb') as file:
        while block := file.read(1 << 22):
            digest.update(block)
    return digest.hexdigest()


def write_shard(folder: Path, number: int, rows: np.ndarray, info: dict) -> dict:
    """Write records and their entry; returns the entry."""
    path = shard_file(folder, number)
    partial = path.with_suffix(f'.partial{os.getpid()}')
    with partial.open('wb') as file:
        rows.tofile(file)
        file.flush()
        os.fsync(file.fileno())
    entry = {'shard': number, 'rows': len(rows), 'sha256': checksum(partial), **info}
    partial.replace(path)
    _write_json(entry_file(folder, number), entry)
    return entry


def present(folder: Path, number: int, row_bytes: int) -> dict | None:
    """The entry of a shard that is whole (by its size), else None."""
    entry = entry_file(folder, number)
    if not entry.exists() or not shard_file(folder, number).exists():
        return None
    value = json.loads(entry.read_text())
    size = shard_file(folder, number).stat().st_size
    return value if size == value['rows'] * row_bytes else None


def write_index(folder: Path, dtype: np.dtype, shards: list[dict], config: dict,
                names: dict) -> None:
    """Write the index over all shards; `names` says what the numbers in the rows mean."""
    fields = {name: {'type': dtype[name].base.str, 'shape': list(dtype[name].shape),
                     'offset': dtype.fields[name][1]} for name in dtype.names}
    _write_json(Path(folder) / INDEX, {
        'format': FORMAT, 'row_bytes': dtype.itemsize, 'fields': fields, **names,
        'rows': sum(s['rows'] for s in shards), 'shards': shards, 'config': config})


def _write_json(path: Path, value: dict) -> None:
    partial = path.with_suffix(f'.partial{os.getpid()}')
    partial.write_text(json.dumps(value, indent=1))
    partial.replace(path)


@dataclass(frozen=True)
class Index:
    """The index of a data set as read from disk.

    Args:
        folder: where it lies.
        dtype: of the rows.
        content: the whole JSON.
    """

    folder: Path
    dtype: np.dtype
    content: dict

    @staticmethod
    def read(folder: Path) -> 'Index':
        """Read and check the index.

        Raises:
            FileNotFoundError: no data set there, or a shard is missing.
            ValueError: another format, or a shard of the wrong size.
        """
        folder = Path(folder)
        path = folder / INDEX
        if not path.exists():
            raise FileNotFoundError(f'no data set at {folder} (no {INDEX}); make one with '
                                    '`dexgen-learn rollout`')
        content = json.loads(path.read_text())
        if content.get('format') != FORMAT:
            raise ValueError(f'{path} has the format {content.get("format")!r}, not {FORMAT!r}; '
                             'make the data set anew with `dexgen-learn rollout`')
        fields = content['fields']
        dtype = np.dtype({
            'names': list(fields), 'itemsize': content['row_bytes'],
            'formats': [(f['type'], tuple(f['shape'])) for f in fields.values()],
            'offsets': [f['offset'] for f in fields.values()]})
        for shard in content['shards']:
            file = shard_file(folder, shard['shard'])
            if not file.exists():
                raise FileNotFoundError(f'{file} is missing; run `dexgen-learn rollout` again '
                                        'on this folder: it makes what is missing')
            if file.stat().st_size != shard['rows'] * dtype.itemsize:
                raise ValueError(f'{file} has {file.stat().st_size} bytes, not '
                                 f'{shard["rows"] * dtype.itemsize}; delete it and run '
                                 '`dexgen-learn rollout` again on this folder')
        return Index(folder, dtype, content)

    def verify(self) -> None:
        """Compare every shard's checksum; raises ValueError for a corrupt one."""
        for shard in self.content['shards']:
            file = shard_file(self.folder, shard['shard'])
            found = checksum(file)
            if found != shard['sha256']:
                raise ValueError(f'{file} is corrupt (sha256 {found[:12]}…, the index says '
                                 f'{shard["sha256"][:12]}…); delete it and run '
                                 '`dexgen-learn rollout` again on this folder')
