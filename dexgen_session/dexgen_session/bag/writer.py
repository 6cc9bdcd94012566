"""A bag in the making: MCAP files, metadata.yaml, the contract and the resolved configuration."""

from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
import shutil

import yaml

from dexgen_session.bag.mcap_file import Channel, DiskError, McapFile, Sample
from dexgen_session.bag.mcap_repair import repair_file
from dexgen_session.bag.metadata import bag_metadata, FileFacts, write_metadata, write_whole
from dexgen_session.bag.records import DAMAGE

RESERVE_NAME = '.reserve'
RESERVE_SIZE = 1 << 20
"""Bytes held back for the index and metadata.yaml of a bag that fills its disk."""


class BagWriter:
    """Writes one bag. After a DiskError the bag is closed, complete up to the last chunk.

    Args:
      folder: folder of the bag, created here.
      channels: topics by name.
      documents: texts that stand beside the bag, by file name.

    Raises:
      DiskError: the folder exists or cannot be written; later calls: the disk fails.
    """

    def __init__(
        self, folder: Path, channels: Mapping[str, Channel], documents: Mapping[str, str]
    ):
        self.folder = folder
        self._channels = dict(channels)
        self._latched = {
            topic: deque(maxlen=channel.keep)
            for topic, channel in channels.items()
            if channel.keep
        }
        self._done: list[FileFacts] = []
        self._file: McapFile | None = None
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise DiskError(f"cannot create the bag '{folder}': {error.strerror}") from error
        try:
            for name, text in documents.items():
                (folder / name).write_text(text)
            (folder / RESERVE_NAME).write_bytes(bytes(RESERVE_SIZE))
            self._open()
        except (DiskError, OSError) as error:
            # A bag that never began must not keep its name from the next one.
            self._rescue()
            shutil.rmtree(folder, ignore_errors=True)
            raise DiskError(f"cannot create the bag '{folder}': {error}") from error

    @property
    def size(self) -> int:
        """Bytes of the present file."""
        return self._file.size if self._file else 0

    @property
    def message_count(self) -> int:
        """Messages in the bag."""
        done = sum(facts.message_count for facts in self._done)
        return done + (self._file.message_count if self._file else 0)

    @property
    def closed(self) -> bool:
        """Whether the bag is complete."""
        return self._file is None

    def write(self, sample: Sample) -> None:
        """Add a message."""
        if sample.topic in self._latched:
            self._latched[sample.topic].append(sample)
        self._attempt(lambda: self._file.write(sample))

    def remember(self, sample: Sample) -> None:
        """Keep a latched message for the start of the next file without writing it now."""
        if sample.topic in self._latched:
            self._latched[sample.topic].append(sample)

    def put_document(self, name: str, text: str) -> None:
        """Write a text beside the bag, or replace it."""
        self._attempt(lambda: write_whole(self.folder / name, text))

    def flush(self) -> None:
        """Make everything so far safe from the death of the process."""
        self._attempt(lambda: self._file.flush())

    def split(self, now: int) -> Path:
        """Go on in a new file, which starts with the latched messages as of `now` [ns]."""
        self._attempt(self._close_file)
        self._attempt(self._open)
        for samples in self._latched.values():
            for sample in samples:
                self._attempt(
                    lambda sample=sample: self._file.write(sample._replace(received=now))
                )
        return self._file.path

    def close(self) -> None:
        """Write index and metadata."""
        if self._file is not None:
            self._attempt(self._close_file)
            self._attempt(self._finish)

    def _attempt(self, action) -> None:
        try:
            action()
        except (DiskError, OSError) as error:
            self._rescue()
            raise DiskError(
                f"{error}; the bag '{self.folder}' is kept with {self.message_count} messages"
            ) from error

    def _open(self) -> None:
        number = len(self._done)
        self._file = McapFile(self.folder / f'{self.folder.name}_{number}.mcap', self._channels)
        self._describe()

    def _facts(self) -> FileFacts:
        file = self._file
        return FileFacts(file.path.name, file.start, file.end, dict(file.counts))

    def _describe(self) -> None:
        """Keep metadata.yaml as true as it can be while a file is open."""
        files = [*self._done, *([self._facts()] if self._file else [])]
        write_metadata(self.folder, bag_metadata(files, self._channels))

    def _close_file(self) -> None:
        self._file.close()
        self._done.append(self._facts())
        self._file = None

    def _finish(self) -> None:
        (self.folder / RESERVE_NAME).unlink(missing_ok=True)
        self._describe()

    def _rescue(self) -> None:
        """Close a bag whose disk fails: what was written stays and gets its index."""
        file, self._file = self._file, None
        with suppress(OSError):
            (self.folder / RESERVE_NAME).unlink(missing_ok=True)
        # A disk that is gone refuses all of this: `dexgen-bag repair` does it when it is back.
        with suppress(OSError, *DAMAGE):
            if file is not None:
                file.abandon()
                repair_file(file.path)
                self._done.append(file_facts(file.path))
            self._describe()


def file_facts(path: Path) -> FileFacts:
    """Facts of a whole file, from its index.

    Raises:
      ValueError: it is no MCAP file, or has no index.
    """
    from mcap.reader import make_reader

    with path.open('rb') as stream:
        summary = make_reader(stream).get_summary()
    if summary is None or summary.statistics is None:
        raise ValueError(f"'{path}' has no index; run dexgen-bag repair {path.parent}")
    counts = {
        channel.topic: summary.statistics.channel_message_counts.get(number, 0)
        for number, channel in summary.channels.items()
    }
    statistics = summary.statistics
    return FileFacts(path.name, statistics.message_start_time, statistics.message_end_time, counts)


def configuration_text(configuration: Mapping[str, object]) -> str:
    """The resolved configuration as YAML."""
    return yaml.safe_dump(dict(configuration), sort_keys=False)
