"""Makes a bag whole again: index of every file, and metadata.yaml."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dexgen_session.bag.mcap_file import Channel
from dexgen_session.bag.mcap_repair import Repair, repair_file, scan
from dexgen_session.bag.metadata import bag_metadata, FileFacts, write_metadata
from dexgen_session.bag.reader import bag_files
from dexgen_session.bag.writer import RESERVE_NAME


@dataclass(frozen=True)
class FileRepair:
    """What was done to one file."""

    name: str
    repair: Repair


def repair_bag(
    folder: Path, tell: Callable[[str], None] = lambda text: None
) -> tuple[FileRepair, ...]:
    """Repair the files of a bag in place and write its metadata.yaml anew.

    Raises:
      ValueError: there is no bag.
    """
    (folder / RESERVE_NAME).unlink(missing_ok=True)
    done, facts, channels = [], [], {}
    for file in bag_files(folder):
        tell(f'reading {file.name}')
        done.append(FileRepair(file.name, repair_file(file)))
        index = scan(file)
        counts: dict[str, int] = {}
        for number, channel in index.channels.items():
            counts[channel.topic] = index.counts.get(number, 0)
            schema = index.schemas.get(channel.schema_id)
            channels[channel.topic] = Channel(
                topic=channel.topic,
                type=schema.name if schema else '',
                schema='',
                hash=channel.metadata.get('topic_type_hash', ''),
                qos=channel.metadata.get('offered_qos_profiles', ''),
            )
        facts.append(FileFacts(file.name, index.start, index.end, counts))
    if folder.is_dir():
        write_metadata(folder, bag_metadata(facts, channels))
    return tuple(done)
