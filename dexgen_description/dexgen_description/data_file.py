"""Reading data files: every fault names the file, the key, the value and what is allowed."""
from collections.abc import Iterable
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np
import yaml

_MISSING = object()
_LOADER = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)  # libyaml where it is there


class DataFileError(ValueError):
    """A data file says something that cannot be used."""


class Node:
    """One mapping of a data file, which knows its file and where in it it stands.

    Every key that is read is remembered; `finish` refuses the keys that nobody asked for, so a
    misspelt key is an error and not a silent default.
    """

    def __init__(self, value: Any, file: str, path: str = ''):
        """Wrap the mapping `value` found at `path` (dotted) in `file`."""
        self.file, self.path = file, path
        if not isinstance(value, dict):
            raise self.error('', value, 'a mapping of keys to values')
        self._value = value
        self._read: set[str] = set()

    def error(self, key: str, value: Any, allowed: str) -> DataFileError:
        """The one form in which faults are reported."""
        where = '.'.join(part for part in (self.path, key) if part) or 'top level'
        return DataFileError(f'{self.file}: {where}: {value!r} is not allowed; allowed: {allowed}')

    def raw(self, key: str, allowed: str, default: Any = _MISSING) -> Any:
        """The value as YAML gives it; without a default the key must be there."""
        self._read.add(key)
        if key in self._value:
            return self._value[key]
        if default is not _MISSING:
            return default
        raise self.error(key, 'a missing key', allowed)

    def text(self, key: str, choices: Iterable[str] = (), default: Any = _MISSING) -> str:
        """A string, one of `choices` if any are given."""
        choices = tuple(choices)
        allowed = 'one of ' + ', '.join(choices) if choices else 'a text'
        value = self.raw(key, allowed, default)
        if not isinstance(value, str) or (choices and value not in choices):
            raise self.error(key, value, allowed)
        return value

    def number(self, key: str, low: float = -np.inf, high: float = np.inf,
               default: Any = _MISSING) -> float:
        """A finite number in [low, high]."""
        allowed = f'a number from {low:g} to {high:g}'
        value = self.raw(key, allowed, default)
        if isinstance(value, bool) or not isinstance(value, int | float) \
                or not low <= value <= high or not np.isfinite(value):
            raise self.error(key, value, allowed)
        return float(value)

    def vector(self, key: str, length: int | None, low: float = -np.inf,
               default: Any = _MISSING) -> np.ndarray:
        """A list of `length` finite numbers (any number if None), each at least `low`."""
        count = 'one or more' if length is None else str(length)
        allowed = f'a list of {count} finite numbers' + (
            f' of at least {low:g}' if np.isfinite(low) else '')
        value = self.raw(key, allowed, default)
        good = isinstance(value, list | tuple | np.ndarray) and len(value) > 0 and all(
            isinstance(x, int | float) and not isinstance(x, bool) and np.isfinite(x) and x >= low
            for x in value)
        if not good or (length is not None and len(value) != length):
            raise self.error(key, value, allowed)
        return np.array(value, dtype=float)

    def texts(self, key: str, choices: Iterable[str] = (), default: Any = _MISSING
              ) -> tuple[str, ...]:
        """A list of one or more strings, each one of `choices` if any are given."""
        choices = tuple(choices)
        allowed = 'a list of ' + ('names from ' + ', '.join(choices) if choices else 'names')
        value = self.raw(key, allowed, default)
        if not isinstance(value, list | tuple) or not all(
                isinstance(x, str) and (not choices or x in choices) for x in value):
            raise self.error(key, value, allowed)
        return tuple(value)

    def child(self, key: str, default: Any = _MISSING) -> 'Node':
        """The mapping under `key`."""
        return Node(self.raw(key, 'a mapping of keys to values', default), self.file,
                    '.'.join(part for part in (self.path, key) if part))

    def children(self, key: str, default: Any = _MISSING) -> list['Node']:
        """The list of mappings under `key`; each is named by its own `name` or its index."""
        allowed = 'a list of mappings'
        value = self.raw(key, allowed, default)
        if not isinstance(value, list | tuple):
            raise self.error(key, value, allowed)
        nodes = []
        for index, item in enumerate(value):
            label = item.get('name', index) if isinstance(item, dict) else index
            nodes.append(Node(item, self.file, '.'.join(
                part for part in (self.path, f'{key}[{label}]') if part)))
        return nodes

    def finish(self) -> None:
        """Refuse keys that were never read."""
        for key in self._value:
            if key not in self._read:
                raise self.error(str(key), self._value[key],
                                 'only the keys ' + ', '.join(sorted(self._read)))


def shipped_names(folder: str) -> tuple[str, ...]:
    """Names (without ending, sorted) of the data files that the package ships in `folder`."""
    files = resources.files('dexgen_description').joinpath(folder).iterdir()
    return tuple(sorted(f.name[:-5] for f in files if f.name.endswith('.yaml')))


def shipped_file(folder: str, name: str) -> Traversable:
    """The shipped data file `folder`/`name`.yaml."""
    return resources.files('dexgen_description').joinpath(folder, f'{name}.yaml')


def read(file: Traversable | Path) -> Node:
    """Parse a data file.

    Raises:
        DataFileError: unreadable, no YAML, or no mapping; names the file.
    """
    try:
        value = yaml.load(file.read_text(encoding='utf-8'), _LOADER)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = ' '.join(str(error).split())
        raise DataFileError(f'{file}: cannot be read: {reason}; allowed: a YAML file') from error
    return Node(value, str(file))
