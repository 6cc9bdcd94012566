"""metadata.yaml, by which `ros2 bag`, rosbags and Foxglove know a bag."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import os
from pathlib import Path

import yaml

from dexgen_session.bag.mcap_file import Channel

FILE_NAME = 'metadata.yaml'
VERSION = 9
"""rosbag2's metadata version, as of Jazzy."""
NEVER = {'sec': 9223372036, 'nsec': 854775807}
"""rosbag2's infinite duration."""


@dataclass(frozen=True)
class FileFacts:
    """One file of a bag: times in [ns] since the epoch, message count by topic."""

    name: str
    start: int
    end: int
    counts: Mapping[str, int]

    @property
    def message_count(self) -> int:
        """Messages in the file."""
        return sum(self.counts.values())


def offered_qos(reliable: bool, latched: bool, depth: int = 1) -> str:
    """One offered QoS profile in the form that rosbag2 stores."""
    return yaml.safe_dump(
        [
            {
                'history': 'keep_last',
                'depth': depth,
                'reliability': 'reliable' if reliable else 'best_effort',
                'durability': 'transient_local' if latched else 'volatile',
                'deadline': dict(NEVER),
                'lifespan': dict(NEVER),
                'liveliness': 'automatic',
                'liveliness_lease_duration': dict(NEVER),
                'avoid_ros_namespace_conventions': False,
            }
        ],
        sort_keys=False,
    )


def qos_profiles(text: str) -> list[dict]:
    """Profiles out of rosbag2's YAML text; none where a damaged bag has none that can be read."""
    try:
        profiles = yaml.safe_load(text)
    except yaml.YAMLError:
        return []
    return profiles if isinstance(profiles, list) else []


def bag_metadata(files: Sequence[FileFacts], channels: Mapping[str, Channel]) -> dict:
    """Content of metadata.yaml for the files of a bag and its channels by topic."""
    filled = [facts for facts in files if facts.message_count]
    start = min((facts.start for facts in filled), default=0)
    end = max((facts.end for facts in filled), default=start)
    counts = {topic: sum(facts.counts.get(topic, 0) for facts in files) for topic in channels}
    return {
        'rosbag2_bagfile_information': {
            'version': VERSION,
            'storage_identifier': 'mcap',
            'relative_file_paths': [facts.name for facts in files],
            'duration': {'nanoseconds': end - start},
            'starting_time': {'nanoseconds_since_epoch': start},
            'message_count': sum(counts.values()),
            'topics_with_message_count': [
                {'topic_metadata': _topic(channel), 'message_count': counts[topic]}
                for topic, channel in channels.items()
                if counts[topic]
            ],
            'compression_format': '',
            'compression_mode': '',
            'files': [
                {
                    'path': facts.name,
                    'starting_time': {'nanoseconds_since_epoch': facts.start},
                    'duration': {'nanoseconds': facts.end - facts.start},
                    'message_count': facts.message_count,
                }
                for facts in files
            ],
            'custom_data': None,
            'ros_distro': os.environ.get('ROS_DISTRO', 'jazzy'),
        }
    }


def _topic(channel: Channel) -> dict:
    return {
        'name': channel.topic,
        'type': channel.type,
        'serialization_format': 'cdr',
        'offered_qos_profiles': qos_profiles(channel.qos),
        'type_description_hash': channel.hash,
    }


def write_metadata(folder: Path, content: dict) -> None:
    """Write metadata.yaml."""
    write_whole(folder / FILE_NAME, yaml.safe_dump(content, sort_keys=False))


def write_whole(path: Path, text: str) -> None:
    """Write a file in one step: a reader sees the old or the new one."""
    waiting = path.with_name(f'{path.name}.tmp')
    waiting.write_text(text)
    waiting.replace(path)
