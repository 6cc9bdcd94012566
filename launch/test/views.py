"""What the shipped rviz configuration and Foxglove layout name: topics, types, fields, frames."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import NamedTuple

import yaml

FOLDER = Path(__file__).resolve().parent.parent
RVIZ = FOLDER / 'rviz' / 'teleop.rviz'
FOXGLOVE = FOLDER / 'foxglove' / 'teleop.json'
RVIZ_TYPES = {
    'rviz_default_plugins/RobotModel': ('Description Topic', 'std_msgs/msg/String'),
    'rviz_default_plugins/MarkerArray': ('Topic', 'visualization_msgs/msg/MarkerArray'),
}
WITHOUT_TOPICS = {'rviz_default_plugins/Grid', 'rviz_default_plugins/TF'}


class Named(NamedTuple):
    """A topic that a file names; type and durability where the file implies them."""

    topic: str
    type: str = ''
    field: str = ''
    latched: bool = False


def rviz_displays() -> list[dict]:
    """Displays of the rviz configuration."""
    return yaml.safe_load(RVIZ.read_text())['Visualization Manager']['Displays']


def rviz_topics() -> list[Named]:
    """Topics of the rviz configuration."""
    found = []
    for display in rviz_displays():
        if display['Class'] in WITHOUT_TOPICS:
            continue
        key, kind = RVIZ_TYPES[display['Class']]
        topic = display[key]
        latched = topic['Durability Policy'] == 'Transient Local'
        found.append(Named(topic['Value'], kind, latched=latched))
    return found


def rviz_frames() -> set[str]:
    """Frames of the rviz configuration."""
    manager = yaml.safe_load(RVIZ.read_text())['Visualization Manager']
    view = manager['Views']['Current']
    frames = {manager['Global Options']['Fixed Frame'], view['Target Frame']}
    for display in manager['Displays']:
        frames |= set(display.get('Frames', {})) - {'All Enabled'}
        if 'Reference Frame' in display:
            frames.add(display['Reference Frame'])
    return frames


def rviz_namespaces() -> set[str]:
    """Marker namespaces of the rviz configuration."""
    return {name for display in rviz_displays() for name in display.get('Namespaces', {})}


def panels() -> dict[str, dict]:
    """Panels of the Foxglove layout by their identifiers."""
    return json.loads(FOXGLOVE.read_text())['configById']


def foxglove_topics() -> list[Named]:
    """Topics of the Foxglove layout, with the message fields that are plotted."""
    found = []
    for name, panel in panels().items():
        found += [_message_path(path['value']) for path in panel.get('paths', ())]
        found += [Named(topic) for topic in panel.get('topics', ())]
        layers = panel.get('layers', {}).values()
        found += [Named(layer['topic'], 'std_msgs/msg/String') for layer in layers
                  if layer.get('sourceType') == 'topic']  # fmt: skip
        if 'topicPath' in panel:
            found.append(_message_path(panel['topicPath']))
        if 'topicToRender' in panel:
            kind = 'diagnostic_msgs/msg/DiagnosticArray'
            assert name.startswith('DiagnosticSummary!')
            found.append(Named(panel['topicToRender'], kind))
    return found


def _message_path(path: str) -> Named:
    topic, field = re.fullmatch(r'(/[\w/]+)(?:\.(\w+)(?:\[:\])?)?', path).groups()
    return Named(topic, field=field or '')


def foxglove_frames() -> set[str]:
    """Frames of the Foxglove layout."""
    frames = {panel['followTf'] for panel in panels().values() if 'followTf' in panel}
    for panel in panels().values():
        frames |= {
            layer['frameId']
            for layer in panel.get('layers', {}).values()
            if 'frameId' in layer
        }
    return frames


def foxglove_services() -> set[str]:
    """Services of the Foxglove layout."""
    return {panel['serviceName'] for panel in panels().values() if 'serviceName' in panel}


def laid_out(node: dict | str | None = None) -> Iterator[str]:
    """Identifiers of the panels in the layout's tree."""
    node = json.loads(FOXGLOVE.read_text())['layout'] if node is None else node
    if isinstance(node, str):
        yield node
    else:
        yield from laid_out(node['first'])
        yield from laid_out(node['second'])
