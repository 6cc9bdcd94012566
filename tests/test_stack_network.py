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


def wait_page(stack, observer) -> str:
    """Wait until the viewer has said where its page is; the line."""
    observer.wait(
        topics.STACK_STATE, lambda _: 'live page: ' in stack.output(), timeout=120.0, since=0.0
    )
    [line] = [line for line in stack.output().splitlines() if 'live page: ' in line]
    return line


def test_by_default_every_socket_is_bound_to_this_machine(start_stack, observe):
    stack = start_stack('viewer:=web', f'port:={free_port()}', 'object:=none')
    observer = observe(topics.STACK_STATE, topics.KEYPOINT_COMMAND)
    wait_page(stack, observer)
    observer.wait(topics.KEYPOINT_COMMAND, timeout=60.0, since=0.0)
    assert spoken_to(stack) == {'127.0.0.1'}


def test_opened_to_the_subnet_the_page_asks_for_a_token(start_stack, observe):
    port = free_port()
    stack = start_stack('viewer:=web', f'port:={port}', 'object:=none', 'network:=subnet')
    line = wait_page(stack, observe(topics.STACK_STATE))
    assert '0.0.0.0' in spoken_to(stack)

    def page(path: str = ''):
        return urllib.request.urlopen(f'http://127.0.0.1:{port}/{path}', timeout=20.0)

    with pytest.raises(urllib.error.HTTPError, match='401'):
        page()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    token = line.rpartition('/?token=')[2].split()[0]
    assert opener.open(f'http://127.0.0.1:{port}/?token={token}', timeout=20.0).status == 200
