"""Reads bags: whole ones by their index, torn ones up to their last whole chunk."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from mcap.reader import make_reader
import yaml

from dexgen_session.bag.chunks import ordered_samples
from dexgen_session.bag.mcap_file import Sample
from dexgen_session.bag.mcap_repair import FileIndex, MAGIC, scan
from dexgen_session.bag.metadata import FILE_NAME
from dexgen_session.bag.records import DAMAGE


@dataclass(frozen=True)
class TopicFacts:
    """A topic of a bag: type, definition, number of messages, offered quality of service."""

    type: str
    schema: str
    count: int
    reliable: bool = True
    latched: bool = False


class BagReader:
    """One bag, or one MCAP file.

    Args:
      path: folder of a bag, or a file.

    Attributes:
      files: MCAP files in their order.
      topics: facts by topic.
      start, end: first and last time of arrival [ns].
      torn: names of files that have no index.

    Raises:
      ValueError: there is no bag, or not one of MCAP files.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.files = tuple(bag_files(self.path))
        self.topics: dict[str, TopicFacts] = {}
        self.torn: list[str] = []
        self.start, self.end = 0, 0
        self._index: dict[Path, FileIndex] = {}
        for file in self.files:
            self._learn(file)

    @property
    def message_count(self) -> int:
        """Messages of all topics."""
        return sum(facts.count for facts in self.topics.values())

    def require(self, topics: Collection[str]) -> None:
        """Check that the bag has messages of topics.

        Raises:
          ValueError: one is not; the message lists those that are.
        """
        filled = sorted(topic for topic, facts in self.topics.items() if facts.count)
        missing = [topic for topic in topics if topic not in filled]
        if missing:
            raise ValueError(
                f"the bag '{self.path}' has no messages of {', '.join(missing)}; "
                f'it has {", ".join(filled) or "none"}'
            )

    def samples(
        self,
        topics: Collection[str] | None = None,
        start: int | None = None,
        end: int | None = None,
    ) -> Iterator[Sample]:
        """Messages by time of arrival.

        Args:
          topics: only these; None: all.
          start, end: only from `start` on and before `end` [ns].
        """
        for file, index in self._index.items():
            chosen = {
                number: channel.topic
                for number, channel in index.channels.items()
                if topics is None or channel.topic in topics
            }
            if index.chunks:
                yield from ordered_samples(file, index.chunks, chosen, start, end)
            elif index.messages and not index.whole:
                raise ValueError(
                    f"'{file}' is torn and has no chunks; run dexgen-bag repair {self.path}"
                )
            elif index.messages:
                yield from _unchunked_samples(file, topics, start, end)

    def _learn(self, file: Path) -> None:
        index = _summary(file)
        if index is None:
            index = scan(file)
            self.torn.append(file.name)
        self._index[file] = index
        if index.messages:
            self.start = min(self.start, index.start) if self.message_count else index.start
            self.end = max(self.end, index.end)
        for number, channel in index.channels.items():
            schema = index.schemas.get(channel.schema_id)
            known = self.topics.get(channel.topic)
            self.topics[channel.topic] = TopicFacts(
                schema.name if schema else '',
                schema.data.decode(errors='replace') if schema else '',
                index.counts.get(number, 0) + (known.count if known else 0),
                *_offered(channel.metadata.get('offered_qos_profiles', '')),
            )


def bag_files(path: Path) -> list[Path]:
    """MCAP files of a bag in their order.

    Raises:
      ValueError: no bag, or a bag of another storage.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise ValueError(f"no bag '{path}': no such folder or file")
    named = []
    described = path / FILE_NAME
    if described.is_file():
        try:
            content = yaml.safe_load(described.read_text())['rosbag2_bagfile_information']
            storage, named = content['storage_identifier'], content['relative_file_paths']
        except (KeyError, TypeError, yaml.YAMLError):
            storage = 'mcap'
        if storage != 'mcap':
            raise ValueError(
                f"the bag '{path}' is stored as {storage}; convert it to mcap first, "
                'for example with rosbags-convert'
            )
    found = sorted(path.glob('*.mcap'), key=_file_number)
    files = [path / name for name in named if (path / name).is_file()]
    files += [file for file in found if file not in files]
    files = [file for file in files if file.stat().st_size > len(MAGIC)]
    if not files:
        raise ValueError(f"no bag in '{path}': it holds no MCAP file with content")
    return files


def _offered(profiles: str) -> tuple[bool, bool]:
    """Whether profiles, rosbag2's YAML with names or numbers, are reliable and latched."""
    try:
        first = yaml.safe_load(profiles)[0]
        reliable, latched = first['reliability'], first['durability']
    except (yaml.YAMLError, TypeError, KeyError, IndexError):
        return True, False
    return reliable in ('reliable', 1), latched in ('transient_local', 1)


def _file_number(path: Path) -> tuple[int, str]:
    number = path.stem.rpartition('_')[2]
    return (int(number) if number.isdigit() else 0, path.name)


def _summary(file: Path) -> FileIndex | None:
    """Index of a whole file; None where it has none."""
    with file.open('rb') as stream:
        if stream.read(len(MAGIC)) != MAGIC:
            raise ValueError(f"'{file}' is no MCAP file: it does not begin with the format's mark")
        stream.seek(0)
        try:
            summary = make_reader(stream, validate_crcs=True).get_summary()
        except (*DAMAGE, OSError):
            return None
    if summary is None or summary.statistics is None:
        return None
    return FileIndex(
        schemas=summary.schemas,
        channels=summary.channels,
        chunks=summary.chunk_indexes,
        counts=summary.statistics.channel_message_counts,
        start=summary.statistics.message_start_time,
        end=summary.statistics.message_end_time,
        whole=True,
    )


def _unchunked_samples(file: Path, topics, start, end) -> Iterator[Sample]:
    """Messages of a file that another program wrote without chunks."""
    with file.open('rb') as stream:
        for _, channel, message in make_reader(stream).iter_messages(topics, start, end):
            yield Sample(
                channel.topic,
                message.data,
                message.log_time,
                message.publish_time,
                message.sequence,
            )
