"""Messages that are almost right: a good one, of which a few fields are spoilt."""

from collections.abc import Iterator
import math
from random import Random

from rclpy.serialization import deserialize_message, serialize_message

FLOATS = (math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, -0.0, 0.0, 1.0, 1e6)
WORDS = ('', 'elbow', 'index_joint_0', 'é' * 3, '<b>', 'x' * 4000, 'NOT_RUNNING', 'allegro_left')
INTEGERS = {
    'boolean': (0, 1), 'octet': (0, 255), 'byte': (0, 255), 'uint8': (0, 255),
    'int8': (-128, 127), 'uint16': (0, 2**16 - 1), 'int16': (-(2**15), 2**15 - 1),
    'uint32': (0, 2**32 - 1), 'int32': (-(2**31), 2**31 - 1), 'uint64': (0, 2**64 - 1),
    'int64': (-(2**63), 2**63 - 1),
}  # fmt: skip
Path = tuple[str | int, ...]


def copy_of(message):
    """Return the message as it arrives over the wire."""
    return deserialize_message(serialize_message(message), type(message))


def leaves(message, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield every field of a message that holds no further ones: path and type."""
    for name, kind in message.get_fields_and_field_types().items():
        value = getattr(message, name)
        if hasattr(value, 'get_fields_and_field_types'):
            yield from leaves(value, (*path, name))
        elif '[' in kind or kind.startswith('sequence'):
            element = kind.removeprefix('sequence<').partition('[')[0].partition('>')[0]
            for index, item in enumerate(value):
                if hasattr(item, 'get_fields_and_field_types'):
                    yield from leaves(item, (*path, name, index))
                else:
                    yield (*path, name, index), element.partition(',')[0]
        else:
            yield (*path, name), kind


def put(message, path: Path, value) -> None:
    """Set the field at a path."""
    for step in path[:-1]:
        message = message[step] if isinstance(step, int) else getattr(message, step)
    if isinstance(path[-1], int):
        message[path[-1]] = value
    else:
        setattr(message, path[-1], value)


def floats(message) -> list[Path]:
    """Paths of all floats of a message."""
    return [path for path, kind in leaves(message) if kind in ('float', 'double')]


def value_of(kind: str, chance: Random):
    """Return a value of a type, most likely one that makes trouble."""
    if kind in ('double', 'float'):
        value = chance.choice((*FLOATS, chance.gauss(0.0, 1.0)))
        return value if kind == 'double' or not 3e38 < abs(value) < math.inf else 3e38
    if kind == 'boolean':
        return chance.random() < 0.5
    if kind in ('octet', 'byte'):
        return bytes([chance.randrange(256)])
    if kind in INTEGERS:
        low, high = INTEGERS[kind]
        return chance.choice((low, high, 0, 1, chance.randint(low, high)))
    return chance.choice(WORDS)


def reshape(message, chance: Random) -> None:
    """Shorten, lengthen, empty or shuffle one of the message's lists."""
    lists = [
        name
        for name, kind in message.get_fields_and_field_types().items()
        if kind.startswith('sequence') and len(getattr(message, name))
    ]
    if not lists:
        return
    name = chance.choice(lists)
    values = list(getattr(message, name))
    spoilt = chance.choice((
        values[:-1], [], values + values[:1], values * 3, chance.sample(values, len(values)),
        values[:1] * len(values),
    ))  # fmt: skip
    setattr(message, name, spoilt)


class Spoiler:
    """Makes copies of a good message with up to four faults, sometimes with none."""

    def __init__(self, good):
        self._type = type(good)
        self._raw = serialize_message(good)
        self._leaves = list(leaves(good))

    def __call__(self, chance: Random):
        """Return the next message, as it arrives over the wire."""
        message = deserialize_message(self._raw, self._type)
        faults = chance.choice((0, 1, 1, 1, 2, 4))
        for path, kind in chance.choices(self._leaves, k=faults if self._leaves else 0):
            put(message, path, value_of(kind, chance))
        if faults and chance.random() < 0.25:
            reshape(message, chance)
        return copy_of(message)
