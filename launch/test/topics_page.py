"""Makes docs/topics.md out of the messages, the table of topics and a running stack.

`make docs` writes the page; a test beside this file makes it again and compares.
"""

import argparse
from collections.abc import Iterator
import os
from pathlib import Path
import subprocess
import sys
import tempfile

from dexgen.arguments import resolve
from dexgen.stack import TELEOP
from dexgen_session.bag.contract import load_contract
import rclpy
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from stack_graph import Graph, settled, TABLE, Topic

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / 'docs' / 'topics.md'
INTERFACES = ROOT / 'dexgen_msgs'
STACK = ('record:=true', 'viewer:=web')
"""The stack with as many nodes as can run without another program."""
WATCHES_ALL = 'recorder'
INTRODUCTION = f"""# Topics and messages

Made by `make docs` from `dexgen_msgs`, the table of topics (`dexgen_node/topics.py`), the
recording contract and a running stack (`{" ".join(STACK)}`); a test makes it again and
compares. Topics of real hands and cameras stand in [connect](connect.md) and
[tracking](tracking.md).

## Topics

Names are relative to the namespace of the stack unless they begin with a slash. *Recorded*: on the
recorder's contract; the recorder hears all of those and is not listed again.
"""
SERVICES = """## Services

Every node also has the parameter services of ROS 2; `controller` and `hand_bridge` also those of a
lifecycle node. In a replay there is `replay/pause` (std_srvs/SetBool) too.
"""
MEANINGS = {
    'joint_states': 'measured joints of the robot hand [rad, rad/s, N m]',
    'wrist_command': 'orientation that the wrist of a simulated hand turns to',
    'wrist_pose': "the operator's filtered wrist, frame `world`",
    'robot_description': 'URDF of the robot hand',
    'markers': 'object, operator, command and predicted motion, for rviz and Foxglove',
    '/tf': 'world to hand, the hand to its links, keypoints and the object',
    '/tf_static': 'world to the camera, for the eye only',
    '/diagnostics': 'each node once a second: rates, counters, warnings',
    'annotations': 'texts of the service recorder/record, in bags only',
    'camera/image/compressed': "the operator's camera, where a driver publishes it",
    'emergency_stop': 'any message stops the hand',
}
"""What topics of standard types carry; messages of our own say it themselves."""


def render(graph: Graph) -> str:
    """The page of a graph."""
    return '\n'.join([INTRODUCTION, *_topics(graph), *_services_part(graph), *_messages()])


def _topics(graph: Graph) -> Iterator[str]:
    yield '| topic | type | offered | from | to | recorded | content |'
    yield '|---|---|---|---|---|---|---|'
    recorded = {topic.name for topic in load_contract().topics}
    names = [*TABLE, *sorted(set(graph.topics) - set(TABLE))]
    for name in names:
        topic = graph.topics.get(name) or Topic(_table_type(name), (), ())
        ends = (topic.publishers, [n for n in topic.subscribers if n != WATCHES_ALL])
        cells = (
            f'`{name}`',
            topic.type.replace('/msg/', '/'),
            _offered(name),
            *(', '.join(each) or '-' for each in ends),
            'yes' if name in recorded else '-',
            meaning(name, topic.type),
        )
        yield f'| {" | ".join(cells)} |'
    yield ''


def _table_type(name: str) -> str:
    kind = TABLE[name].message_type
    return f'{kind.__module__.split(".")[0]}/msg/{kind.__name__}'


def _offered(name: str) -> str:
    if name not in TABLE:
        return '-'
    qos = TABLE[name].qos
    words = ['reliable' if qos.reliability == ReliabilityPolicy.RELIABLE else 'best effort']
    if qos.durability == DurabilityPolicy.TRANSIENT_LOCAL:
        words.append('latched')
    return f'{", ".join(words)}, depth {qos.depth}'


def meaning(name: str, kind: str) -> str:
    """What a topic carries, in a few words.

    Raises:
      KeyError: a topic of a standard type that MEANINGS does not explain.
    """
    package, _, message = kind.split('/')
    if package == INTERFACES.name:
        return first_sentence(INTERFACES / 'msg' / f'{message}.msg')
    return MEANINGS[name]


def first_sentence(file: Path) -> str:
    """The sentence that a message begins with."""
    comments = []
    for line in file.read_text().splitlines():
        if not line.startswith('#'):
            break
        comments.append(line.lstrip('# '))
    text = ' '.join(comments)
    ends = [place for place in (text.find('. '), text.find(' (')) if place > 0]
    return text[: min(ends, default=len(text))].rstrip('.')


def _services_part(graph: Graph) -> Iterator[str]:
    yield SERVICES
    yield '| service | type | node |'
    yield '|---|---|---|'
    for name, service in sorted(graph.services.items()):
        yield f'| `{name}` | {service.type.replace("/srv/", "/")} | {service.node} |'
    yield ''


def _messages() -> Iterator[str]:
    for title, folder in (('Messages', 'msg'), ('Service definitions', 'srv')):
        yield f'## {title}'
        yield ''
        for file in sorted((INTERFACES / folder).glob(f'*.{folder}')):
            yield f'### {INTERFACES.name}/{file.stem}'
            yield ''
            yield f'```\n{file.read_text().rstrip()}\n```'
            yield ''


def nodes() -> set[str]:
    """Names of the nodes of the stack."""
    values = resolve(TELEOP.arguments, dict(word.split(':=') for word in STACK))
    return {node.name for node in TELEOP.running(values)}


def main() -> int:
    """Start a stack, write the page, and end it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--domain', type=int, default=96, help='ROS domain of the stack')
    domain = parser.parse_args().domain
    environment = {**os.environ, 'ROS_DOMAIN_ID': str(domain)}
    rclpy.init(domain_id=domain)
    with tempfile.TemporaryDirectory() as folder, subprocess.Popen(
        ['dexgen', 'teleop', *STACK, f'directory:={folder}', 'port:=18096'],
        env=environment,
        stdout=subprocess.DEVNULL,
    ) as stack:
        try:
            graph = settled(rclpy.create_node('topics_page'), nodes())
            PAGE.write_text(render(graph))
        finally:
            stack.terminate()
    rclpy.shutdown()
    print(f'{PAGE.relative_to(ROOT)} is written')
    return 0


if __name__ == '__main__':
    sys.exit(main())
