"""Frames at a fixed rate out of a bag: the newest message of each stream, held until the next."""

from collections.abc import Iterator
from dataclasses import dataclass
import json

import numpy as np

from dexgen_session.bag.decoder import BagDecoder
from dexgen_session.bag.mcap_file import Sample
from dexgen_session.bag.reader import BagReader
from dexgen_session.export.columns import joint_names, ORIGINS, Stream

RUNNING = 2
"""StackState.RUNNING: an episode lasts from one engage to the next change of state or session."""
SECOND = 1_000_000_000
NEVER = 1 << 63
"""Later than any time [ns]."""
REQUIRED = ('/joint_states', '/joint_target')
"""Streams without which there is no frame: the state and the action."""
IMAGES = '/camera/image/compressed'
"""The operator's camera by the shipped contract; else the first topic of compressed pictures."""
IMAGE_TYPE = 'sensor_msgs/msg/CompressedImage'


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
        topics = dict.fromkeys(origin.topic for origin in ORIGINS)
        self._held = [t for t in topics if t in bag.topics and bag.topics[t].count]
        self._images = image_topic(bag)
        first = self._first_samples()
        self.hand = self._decoder.decode(first['/stack_state']).hand
        joints = joint_names(self._decoder, first['/joint_states'])
        self._streams = {t: Stream(self._decoder, first[t], joints) for t in self._held}
        self.columns = tuple(c for stream in self._streams.values() for c in stream.columns)

    @property
    def has_images(self) -> bool:
        """Whether frames may have a picture."""
        return bool(self._images)

    def __iter__(self) -> Iterator[Frame]:
        newest: dict[str, Sample] = {}
        span, episodes, due = _Span(0, 0, ''), 0, NEVER
        for sample in self._samples():
            while due < sample.received:
                frame = self._frame(span, newest, episodes)
                due = span.due(self.rate)
                if frame is not None:
                    yield frame
            if sample.topic == '/stack_state':
                after = self._follow(span, self._decoder.decode(sample), sample.received)
                episodes += after is not span and span.frames > 0
                span, due = after, after.due(self.rate)
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
        values: dict[str, np.ndarray] = {}
        for topic, stream in self._streams.items():
            values.update(stream.values(newest[topic]))
        image = newest.get(self._images)
        picture = bytes(self._decoder.decode(image).data) if image else None
        if span.frames == 0:
            span.first = index
        span.frames += 1
        place = index - span.first
        return Frame(episode, place, place / self.rate, values, span.task, picture)

    def _first_samples(self) -> dict[str, Sample]:
        """The first message of each stream and of `/stack_state`."""
        wanted = {'/stack_state', *self._held}
        first: dict[str, Sample] = {}
        for sample in self.bag.samples(wanted):
            first.setdefault(sample.topic, sample)
            if len(first) == len(wanted):
                break
        return first

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
        """When the next frame is due [ns]; never outside a session."""
        return self.start + int(self.ticks * SECOND / rate) if self.session else NEVER
