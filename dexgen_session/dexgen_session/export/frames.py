"""Frames at a fixed rate out of a bag: the newest message of each stream, held until the next."""

from collections.abc import Iterator
from dataclasses import dataclass
import json

import numpy as np

from dexgen_session.bag.decoder import BagDecoder
from dexgen_session.bag.mcap_file import Sample
from dexgen_session.bag.reader import BagReader

RUNNING = 2
"""StackState.RUNNING: an episode lasts from one engage to the next change of state or session."""
SECOND = 1_000_000_000
REQUIRED = ('/joint_states', '/joint_target')
"""Streams without which there is no frame: the state and the action."""
OPTIONAL = ('/applied_target', '/keypoint_command', '/object_state', '/controller_state')
IMAGES = '/camera/image/compressed'
"""The operator's camera by the shipped contract; else the first topic of compressed pictures."""
IMAGE_TYPE = 'sensor_msgs/msg/CompressedImage'


@dataclass(frozen=True)
class Column:
    """A column of the frames: name, names of its numbers."""

    name: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Frame:
    """One row.

    Attributes:
      episode: its number, from 0; index: frame in the episode; time: from its start [s].
      values: float32 arrays by column.
      task: what was done: the last annotation of the episode, or the object in the hand.
      image: encoded picture of the operator's camera, where the bag has any.
    """

    episode: int
    index: int
    time: float
    values: dict[str, np.ndarray]
    task: str
    image: bytes | None = None


class FrameSource:
    """Frames of the engage spans of a bag.

    Args:
      bag: the bag.
      rate: frames per second [Hz].

    Attributes:
      columns: of every frame.
      hand: name of the hand, as the stack said.

    Raises:
      ValueError: a required topic is missing, or the bag is never RUNNING with all of them.
    """

    def __init__(self, bag: BagReader, rate: float):
        bag.require(('/stack_state', *REQUIRED))
        self.bag, self.rate = bag, rate
        self._decoder = BagDecoder(bag)
        self._cache: dict[str, tuple[Sample, object]] = {}
        self._held = [t for t in (*REQUIRED, *OPTIONAL) if t in bag.topics and bag.topics[t].count]
        self._images = image_topic(bag)
        self.columns, self.hand = self._layout()

    @property
    def has_images(self) -> bool:
        """Whether frames may have a picture."""
        return bool(self._images)

    def __iter__(self) -> Iterator[Frame]:
        newest: dict[str, Sample] = {}
        span, episodes = _Span(0, 0, ''), 0
        for sample in self._samples():
            while span.session and span.due(self.rate) < sample.received:
                frame = self._frame(span, newest, episodes)
                if frame is not None:
                    yield frame
            if sample.topic == '/stack_state':
                after = self._follow(span, self._decoder.decode(sample), sample.received)
                episodes += after is not span and span.frames > 0
                span = after
            elif sample.topic == '/annotations':
                span.task = self._decoder.decode(sample).data
            else:
                newest[sample.topic] = sample

    def _samples(self) -> Iterator[Sample]:
        topics = {'/stack_state', '/annotations', *self._held}
        return self.bag.samples(topics | ({self._images} if self._images else set()))

    @staticmethod
    def _follow(span: '_Span', state, now: int) -> '_Span':
        session = state.session_id or 1 if state.state == RUNNING else 0
        if session == span.session:
            return span
        task = f'{state.object} in the hand' if state.object else 'free hand'
        return _Span(session, now, task)

    def _frame(self, span: '_Span', newest: dict[str, Sample], episode: int) -> Frame | None:
        index = span.ticks
        span.ticks += 1
        if any(topic not in newest for topic in self._held):
            return None
        values = self._values({topic: self._decoded(newest[topic]) for topic in self._held})
        image = newest.get(self._images)
        picture = bytes(self._decoder.decode(image).data) if image else None
        if span.frames == 0:
            span.first = index
        span.frames += 1
        place = index - span.first
        return Frame(episode, place, place / self.rate, values, span.task, picture)

    def _decoded(self, sample: Sample):
        """The message of a sample that may be looked at several times."""
        known = self._cache.get(sample.topic)
        if known is None or known[0] is not sample:
            known = self._cache[sample.topic] = (sample, self._decoder.decode(sample))
        return known[1]

    def _layout(self) -> tuple[tuple[Column, ...], str]:
        """Columns and hand, from the first message of each stream."""
        first: dict[str, object] = {}
        for sample in self.bag.samples({'/stack_state', *self._held}):
            if sample.topic not in first:
                first[sample.topic] = self._decoder.decode(sample)
                if len(first) == len(self._held) + 1:
                    break
        joints = tuple(first['/joint_states'].name)
        self._order = {name: _Order(joints) for name in ('state', 'action', 'applied')}
        columns = [
            Column('observation.state', joints),
            Column('observation.velocity', joints),
            Column('action', joints),
        ]
        if '/applied_target' in first:
            columns.append(Column('observation.applied_target', joints))
        if '/keypoint_command' in first:
            keypoints = tuple(first['/keypoint_command'].keypoint_names)
            self._order['command'] = _Order(keypoints)
            columns.append(Column('observation.keypoint_command', _axes(keypoints)))
        if '/object_state' in first:
            columns.append(Column('observation.object', ('x', 'y', 'z', 'qw', 'qx', 'qy', 'qz')))
        if '/controller_state' in first:
            columns.append(Column('observation.guidance', ('guidance',)))
        return tuple(columns), first['/stack_state'].hand

    def _values(self, messages: dict[str, object]) -> dict[str, np.ndarray]:
        state, target = messages['/joint_states'], messages['/joint_target']
        values = {
            'observation.state': self._order['state'](state.name, state.position),
            'observation.velocity': self._order['state'](state.name, state.velocity),
            'action': self._order['action'](target.joint_names, target.positions),
        }
        if '/applied_target' in messages:
            applied = messages['/applied_target']
            values['observation.applied_target'] = self._order['applied'](
                applied.joint_names, applied.positions
            )
        if '/keypoint_command' in messages:
            command = messages['/keypoint_command']
            points = [(p.x, p.y, p.z) for p in command.keypoints]
            values['observation.keypoint_command'] = self._order['command'](
                command.keypoint_names, points
            ).ravel()
        if '/object_state' in messages:
            pose = messages['/object_state'].pose
            p, q = pose.position, pose.orientation
            values['observation.object'] = np.array(
                [p.x, p.y, p.z, q.w, q.x, q.y, q.z], dtype=np.float32
            )
        if '/controller_state' in messages:
            guidance = messages['/controller_state'].guidance
            values['observation.guidance'] = np.array([guidance], dtype=np.float32)
        return values

    def description(self) -> dict[str, object]:
        """What the frames are, for the formats that have no place of their own for it."""
        return {
            'bag': str(self.bag.path),
            'hand': self.hand,
            'rate': self.rate,
            'columns': {column.name: list(column.names) for column in self.columns},
            'units': 'rad, rad/s, m; quaternions w x y z',
        }

    def description_json(self) -> str:
        """The description as JSON."""
        return json.dumps(self.description(), indent=2) + '\n'


def image_topic(bag: BagReader) -> str:
    """Topic of the operator's camera; empty where the bag has no compressed colour pictures."""
    found = [
        topic
        for topic, facts in sorted(bag.topics.items())
        if facts.type == IMAGE_TYPE and facts.count and 'depth' not in topic.lower()
    ]
    return IMAGES if IMAGES in found else next(iter(found), '')


@dataclass
class _Span:
    """One engage span in progress: its session (0: none), start [ns], task."""

    session: int
    start: int
    task: str
    ticks: int = 0
    frames: int = 0
    first: int = 0

    def due(self, rate: float) -> int:
        """When the next frame is due [ns]."""
        return self.start + int(self.ticks * SECOND / rate)


def _axes(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f'{name}.{axis}' for name in names for axis in 'xyz')


class _Order:
    """Puts values into the order of names; where they come from is looked up once."""

    def __init__(self, names: tuple[str, ...]):
        self._names = names
        self._given: list[str] | None = None
        self._places = np.zeros(0, dtype=int)

    def __call__(self, given: list[str], values) -> np.ndarray:
        """Values (N, ...) of the given names as (len(names), ...); NaN where one is missing."""
        if given != self._given:
            places = {name: i for i, name in enumerate(given)}
            self._places = np.array([places.get(name, -1) for name in self._names])
            self._given = given
        table = np.asarray(values, dtype=np.float32)
        if len(table) == len(given) and self._places.min(initial=0) >= 0:
            return table[self._places]
        rows = np.full((len(self._names), *table.shape[1:]), np.nan, dtype=np.float32)
        known = (self._places >= 0) & (self._places < len(table))
        rows[known] = table[self._places[known]]
        return rows
