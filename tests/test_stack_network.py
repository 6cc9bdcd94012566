"""What the stack opens to others: nothing, unless it is asked to; then the page has a token."""

import os
from pathlib import Path
import urllib.error
import urllib.request

from dexgen_node import topics
import pytest
from witness import free_port

pytestmark = pytest.mark.stack


def sockets(pid: int) -> list[tuple[str, str, int]]:
    """Return protocol, address and port of every socket on which a process can be spoken to."""
    inodes = set()
    for entry in Path(f'/proc/{pid}/fd').iterdir():
        try:
            target = os.readlink(entry)
        except OSError:
            continue
        if target.startswith('socket:['):
            inodes.add(target[8:-1])
    found = []
    for protocol, state in (('udp', '07'), ('udp6', '07'), ('tcp', '0A'), ('tcp6', '0A')):
        for line in Path(f'/proc/{pid}/net/{protocol}').read_text().splitlines()[1:]:
            words = line.split()
            host, _, port = words[1].partition(':')
            if words[9] in inodes and words[3] == state:
                address = '.'.join(map(str, bytes.fromhex(host)[::-1]))
                found.append((protocol, address, int(port, 16)))
    return found


def spoken_to(stack) -> set[str]:
    """Return the addresses on which the stack listens: DDS' own ports, and every TCP port."""
    first = 7400 + 250 * stack.domain
    return {
        address
        for pid in stack.pids('')
        for protocol, address, port in sockets(pid)
        if protocol.startswith('tcp') or first <= port < first + 250
    }


def test_by_default_every_socket_is_bound_to_this_machine(start_stack, observe):
    stack = start_stack('viewer:=web', f'port:={free_port()}', 'object:=none')
    observer = observe(topics.JOINT_STATES, topics.KEYPOINT_COMMAND)
    observer.wait(topics.JOINT_STATES, timeout=60.0, since=0.0)
    observer.wait(topics.KEYPOINT_COMMAND, timeout=60.0, since=0.0)
    assert spoken_to(stack) == {'127.0.0.1'}


def test_opened_to_the_subnet_the_page_asks_for_a_token(start_stack, observe):
    port = free_port()
    stack = start_stack('viewer:=web', f'port:={port}', 'object:=none', 'network:=subnet')
    observe(topics.JOINT_STATES).wait(topics.JOINT_STATES, timeout=60.0, since=0.0)
    assert '0.0.0.0' in spoken_to(stack)

    def page(path: str = ''):
        return urllib.request.urlopen(f'http://127.0.0.1:{port}/{path}', timeout=20.0)

    with pytest.raises(urllib.error.HTTPError, match='401'):
        page()
    [line] = [line for line in stack.output().splitlines() if '/?token=' in line]
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    token = line.rpartition('/?token=')[2].split()[0]
    assert opener.open(f'http://127.0.0.1:{port}/?token={token}', timeout=20.0).status == 200
