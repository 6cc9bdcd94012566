"""Message definitions as a bag stores them: a type with all types it is made of, and its hash."""

import json
from pathlib import Path
import re

from ament_index_python.packages import get_package_share_directory

FIELD_TYPE = re.compile(r'^\s*([A-Za-z][\w/]*)(?:<=\d+)?(?:\[[^\]]*\])?\s+\w+\s*(?:=|#|$|[^\s=])')
PRIMITIVES = frozenset(
    ('bool', 'byte', 'char', 'string', 'wstring', 'float32', 'float64', 'int8', 'uint8', 'int16',
     'uint16', 'int32', 'uint32', 'int64', 'uint64')
)  # fmt: skip
SEPARATOR = '=' * 80


def _definition_file(type_name: str, suffix: str) -> Path:
    package, kind, name = type_name.split('/')
    return Path(get_package_share_directory(package)) / kind / f'{name}{suffix}'


def parts_of(type_name: str, text: str) -> list[str]:
    """Full names of the message types that a definition's fields use, in their order."""
    package = type_name.split('/')[0]
    found = []
    for line in text.splitlines():
        match = FIELD_TYPE.match(line)
        if not match or match[1] in PRIMITIVES:
            continue
        pieces = match[1].split('/')
        full = f'{pieces[0]}/msg/{pieces[-1]}' if len(pieces) > 1 else f'{package}/msg/{pieces[0]}'
        if full not in found:
            found.append(full)
    return found


def schema_text(type_name: str) -> str:
    """Definition of a message type followed by those of its parts (encoding `ros2msg`).

    Raises:
      LookupError: its package is not installed.
    """
    text = _definition_file(type_name, '.msg').read_text()
    sections, waiting, known = [text], parts_of(type_name, text), {type_name}
    while waiting:
        part = waiting.pop(0)
        if part in known:
            continue
        known.add(part)
        text = _definition_file(part, '.msg').read_text()
        package, _, name = part.split('/')
        sections.append(f'MSG: {package}/{name}\n{text}')
        waiting += parts_of(part, text)
    return f'\n{SEPARATOR}\n'.join(section.rstrip('\n') for section in sections) + '\n'


def type_hash(type_name: str) -> str:
    """REP-2011 hash of a message type; empty where the installation does not tell it."""
    path = _definition_file(type_name, '.json')
    if not path.is_file():
        return ''
    hashes = json.loads(path.read_text()).get('type_hashes', [])
    return next((h['hash_string'] for h in hashes if h['type_name'] == type_name), '')
