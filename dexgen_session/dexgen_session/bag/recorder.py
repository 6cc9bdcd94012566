"""What the recorder does, without ROS: bags on demand, and the black box on an incident."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
import re

from dexgen_session.bag.black_box import BlackBox
from dexgen_session.bag.mcap_file import Channel, DiskError, Sample
from dexgen_session.bag.writer import BagWriter, configuration_text

CONTRACT_FILE, CONFIGURATION_FILE = 'contract.yaml', 'configuration.yaml'
"""Names of the files that stand beside a bag."""
CHUNK_PERIOD = int(1e9)
"""Time between two flushes [ns]: what a killed process can lose."""
AFTERMATH = int(2e9)
"""How long a black box follows what happens after an incident [ns]."""
ANNOTATION_TOPIC = '/annotations'


class RecorderError(ValueError):
    """An action that the recorder cannot take now."""


@dataclass(frozen=True)
class RecorderSettings:
    """Where and how to record.

    Attributes:
      directory: folder of the bags.
      split_size: size from which a new file begins [bytes]; 0: never.
      split_time: time after which a new file begins [ns]; 0: never.
      black_box: time that the black box covers [s]; 0: none.
    """

    directory: Path
    split_size: int = 1 << 30
    split_time: int = 0
    black_box: float = 30.0


class Recorder:
    """Takes samples; writes them to the bag in progress and keeps the black box.

    Args:
      settings: where and how.
      channels: topics by resolved name.
      contract: text of the recording contract.
      configuration: resolved configuration of the session.
    """

    def __init__(
        self,
        settings: RecorderSettings,
        channels: Mapping[str, Channel],
        contract: str,
        configuration: Mapping[str, object],
    ):
        self._settings = settings
        self._channels = dict(channels)
        self._contract = contract
        self._configuration = dict(configuration)
        self._bag: BagWriter | None = None
        self._paused = False
        self._file_start = 0
        self._flushed = 0
        self._latest: dict[str, list[Sample]] = {}
        latched = {topic: c.keep for topic, c in channels.items() if c.keep}
        self._latched = latched
        self._black_box = BlackBox(latched, settings.black_box) if settings.black_box else None
        self._incident: BagWriter | None = None
        self._incident_end = 0
        self.failure = ''

    @property
    def bag(self) -> Path | None:
        """Folder of the bag in progress."""
        return self._bag.folder if self._bag else None

    @property
    def paused(self) -> bool:
        """Whether the bag in progress is paused."""
        return self._paused

    @property
    def message_count(self) -> int:
        """Messages in the bag in progress."""
        return self._bag.message_count if self._bag else 0

    def configure(self, node: str, parameters: Mapping[str, object]) -> None:
        """Note a node's parameters in the bag's configuration."""
        self._configuration[node] = dict(parameters)
        if self._bag is not None:
            text = configuration_text(self._configuration)
            self._guarded(lambda: self._bag.put_document(CONFIGURATION_FILE, text))

    def _documents(self) -> dict[str, str]:
        return {
            CONTRACT_FILE: self._contract,
            CONFIGURATION_FILE: configuration_text(self._configuration),
        }

    def put(self, sample: Sample) -> None:
        """Take one message; times in [ns]."""
        if sample.topic in self._latched:
            kept = self._latest.setdefault(sample.topic, [])
            kept.append(sample)
            del kept[: -self._latched[sample.topic]]
        if self._black_box is not None:
            self._black_box.put(sample)
        if self._incident is not None:
            self._write_incident(sample)
        if self._bag is None:
            return
        if self._paused:
            self._bag.remember(sample)
        else:
            self._guarded(lambda: self._bag.write(sample))

    def tick(self, now: int) -> None:
        """Flush and split where it is time; end a black box whose aftermath is over."""
        if self._incident is not None and now >= self._incident_end:
            self._end_incident()
        if self._bag is None:
            return
        if now - self._flushed >= CHUNK_PERIOD:
            self._flushed = now
            self._guarded(self._bag.flush)
        settings = self._settings
        if self._bag is not None and (
            (settings.split_size and self._bag.size >= settings.split_size)
            or (settings.split_time and now - self._file_start >= settings.split_time)
        ):
            self._split(now)

    def start(self, label: str, now: int) -> Path:
        """Begin a bag named after `label`, or after the time [ns] where it is empty.

        Raises:
          RecorderError: a bag is in progress, or the disk refuses.
        """
        if self._bag is not None:
            raise RecorderError(f"already recording to '{self._bag.folder}'; stop it first")
        try:
            self._bag = BagWriter(self._folder(label, now), self._channels, self._documents())
        except DiskError as error:
            raise RecorderError(str(error)) from error
        self._paused, self._file_start, self._flushed, self.failure = False, now, now, ''
        for samples in self._latest.values():
            for sample in samples:
                if self._bag is not None:
                    self._guarded(
                        lambda sample=sample: self._bag.write(sample._replace(received=now))
                    )
        return self._running().folder

    def stop(self) -> Path:
        """End the bag in progress.

        Raises:
          RecorderError: there is none, or the disk refused its end.
        """
        bag = self._running()
        try:
            bag.close()
        except DiskError as error:
            self.failure = str(error)
            raise RecorderError(str(error)) from error
        finally:
            self._bag = None
        return bag.folder

    def pause(self) -> Path:
        """Write nothing until `resume`."""
        bag = self._running()
        self._guarded(bag.flush)
        self._paused = self._bag is not None
        return self._running().folder

    def resume(self) -> Path:
        """Go on after `pause`."""
        bag = self._running()
        if not self._paused:
            raise RecorderError(f"'{bag.folder}' is not paused")
        self._paused = False
        return bag.folder

    def split(self, now: int) -> Path:
        """Go on in a new file of the same bag."""
        self._running()
        self._split(now)
        return self._running().folder

    def annotate(self, serialized: bytes, now: int) -> Path:
        """Write a label, a serialized std_msgs/String, into the bag in progress."""
        bag = self._running()
        if ANNOTATION_TOPIC not in self._channels:
            raise RecorderError(
                f'the recording contract has no topic {ANNOTATION_TOPIC}; add it to annotate'
            )
        self._guarded(lambda: bag.write(Sample(ANNOTATION_TOPIC, serialized, now, now)))
        self._guarded(self._running().flush)
        return self._running().folder

    def incident(self, reason: str, now: int) -> Path | None:
        """Write the black box because of `reason`; None where one is being written already.

        Raises:
          RecorderError: the disk refuses.
        """
        if self._black_box is None or self._incident is not None:
            return None
        try:
            writer = BagWriter(
                self._folder(f'black_box_{_stamp(now)}_{reason}', now),
                self._channels,
                self._documents(),
            )
            for sample in self._black_box.content():
                writer.write(sample)
            writer.flush()
        except DiskError as error:
            self.failure = str(error)
            raise RecorderError(str(error)) from error
        self._incident, self._incident_end = writer, now + AFTERMATH
        return writer.folder

    def close(self) -> None:
        """End whatever is in progress."""
        if self._incident is not None:
            self._end_incident()
        if self._bag is not None:
            try:
                self.stop()
            except RecorderError as error:
                self.failure = str(error)

    def _running(self) -> BagWriter:
        if self._bag is None:
            raise RecorderError(self.failure or 'not recording; start a bag first')
        return self._bag

    def _folder(self, label: str, now: int) -> Path:
        name = re.sub(r'[^\w.-]+', '_', label).strip('._') or _stamp(now)
        return self._settings.directory / name

    def _split(self, now: int) -> None:
        self._file_start = now
        self._guarded(lambda: self._bag.split(now))

    def _guarded(self, action) -> None:
        """Do what may fill the disk; a bag that fails is over and its reason kept."""
        try:
            action()
        except DiskError as error:
            self.failure, self._bag = str(error), None

    def _write_incident(self, sample: Sample) -> None:
        try:
            self._incident.write(sample)
        except DiskError as error:
            self.failure, self._incident = str(error), None

    def _end_incident(self) -> None:
        writer, self._incident = self._incident, None
        try:
            writer.close()
        except DiskError as error:
            self.failure = str(error)


def _stamp(now: int) -> str:
    return datetime.fromtimestamp(1e-9 * now).strftime('%Y-%m-%d_%H-%M-%S')
