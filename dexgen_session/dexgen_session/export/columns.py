"""Columns of the frames, and how their numbers come out of messages: by name, without decoding."""

from dataclasses import dataclass

import numpy as np

from dexgen_session.bag.decoder import BagDecoder
from dexgen_session.bag.layout import Layout
from dexgen_session.bag.mcap_file import Sample

KNOWN = 64
"""Layouts of a stream that are remembered: its messages seldom have more shapes than a few."""


@dataclass(frozen=True)
class Column:
    """A column of the frames: name, names of its numbers."""

    name: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Origin:
    """Where a column comes from.

    Attributes:
      column: its name.
      topic: of the messages.
      fields: float64 fields; several give as many numbers for each name.
      names: field with the names of the numbers; empty: there is one number for each field.
      labels: of the fields, in the names of the column; none for joints.
    """

    column: str
    topic: str
    fields: tuple[str, ...]
    names: str = ''
    labels: tuple[str, ...] = ()


POSE = tuple(f'pose.{part}' for part in (
    'position.x', 'position.y', 'position.z',
    'orientation.w', 'orientation.x', 'orientation.y', 'orientation.z',
))  # fmt: skip
POINTS = ('keypoints.x', 'keypoints.y', 'keypoints.z')
ORIGINS = (
    Origin('observation.state', '/joint_states', ('position',), 'name'),
    Origin('observation.velocity', '/joint_states', ('velocity',), 'name'),
    Origin('action', '/joint_target', ('positions',), 'joint_names'),
    Origin('observation.applied_target', '/applied_target', ('positions',), 'joint_names'),
    Origin(
        'observation.keypoint_command', '/keypoint_command', POINTS, 'keypoint_names',
        ('x', 'y', 'z'),
    ),
    Origin(
        'observation.object', '/object_state', POSE,
        labels=('x', 'y', 'z', 'qw', 'qx', 'qy', 'qz'),
    ),
    Origin('observation.guidance', '/controller_state', ('guidance',), labels=('guidance',)),
)  # fmt: skip
"""Columns in their order; those of joints have the joints of `/joint_states`."""


class Stream:
    """The columns that come from one topic.

    Args:
      decoder: of the bag.
      first: the topic's first message; it names the keypoints of a column of keypoints.
      joints: the joints of `/joint_states`, which name the numbers of a column of joints.

    Attributes:
      columns: in the order of `ORIGINS`.
    """

    def __init__(self, decoder: BagDecoder, first: Sample, joints: tuple[str, ...]):
        self._decoder = decoder
        self._origins = [origin for origin in ORIGINS if origin.topic == first.topic]
        fields = {name for o in self._origins for name in (*o.fields, o.names) if name}
        self._wanted = {name.split('.')[0] for name in fields}
        self._layouts: list[tuple[Layout, list[_Places]]] = []
        self._names = [self._names_of(o, first, joints) for o in self._origins]
        self.columns = [
            Column(origin.column, self._labels(origin, names))
            for origin, names in zip(self._origins, self._names, strict=True)
        ]
        self._last: tuple[Sample | None, dict[str, np.ndarray]] = None, {}

    def values(self, sample: Sample) -> dict[str, np.ndarray]:
        """The numbers of a message by column, float32; NaN where it lacks a name.

        Raises:
          ValueError: its bytes are not those of its type.
        """
        last, values = self._last
        if sample is not last:
            layout, places = self._layout(sample)
            words = layout.words(sample.raw)
            values = {
                column.name: place.taken(words)
                for column, place in zip(self.columns, places, strict=True)
            }
            self._last = sample, values
        return values

    def _layout(self, sample: Sample) -> tuple[Layout, list['_Places']]:
        for known in self._layouts:
            if known[0].fits(sample.raw):
                return known
        layout = self._decoder.layout(sample, self._wanted)
        places = [
            _Places(_found(layout, origin, names))
            for origin, names in zip(self._origins, self._names, strict=True)
        ]
        self._layouts = [(layout, places), *self._layouts[: KNOWN - 1]]
        return self._layouts[0]

    def _names_of(
        self, origin: Origin, first: Sample, joints: tuple[str, ...]
    ) -> tuple[str, ...]:
        if not origin.names:
            return ()
        if not origin.labels:
            return joints
        return tuple(self._decoder.layout(first, self._wanted).texts.get(origin.names, ()))

    @staticmethod
    def _labels(origin: Origin, names: tuple[str, ...]) -> tuple[str, ...]:
        if names and origin.labels:
            return tuple(f'{name}.{label}' for name in names for label in origin.labels)
        return names or origin.labels


def joint_names(decoder: BagDecoder, first: Sample) -> tuple[str, ...]:
    """Names in a JointState."""
    return tuple(decoder.layout(first, ('name',)).texts.get('name', ()))


class _Places:
    """Where a column's numbers lie among the words of a message; -1 for one that is missing."""

    def __init__(self, found: list[int]):
        self._found = np.array(found, dtype=int)
        self._missing = np.flatnonzero(self._found < 0)

    def taken(self, words: np.ndarray) -> np.ndarray:
        """The numbers as float32; NaN where one is missing."""
        values = words.take(self._found).astype(np.float32)
        if len(self._missing):
            values[self._missing] = np.nan
        return values


def _found(layout: Layout, origin: Origin, names: tuple[str, ...]) -> list[int]:
    """Indices of a column's numbers among a message's words; -1 where it lacks one."""
    if not origin.names:
        return [layout.places.get(field, [-1])[0] for field in origin.fields]
    order = {name: place for place, name in enumerate(layout.texts.get(origin.names, ()))}
    found = []
    for name in names:
        for field in origin.fields:
            numbers, place = layout.places.get(field, []), order.get(name, -1)
            found.append(numbers[place] if 0 <= place < len(numbers) else -1)
    return found
