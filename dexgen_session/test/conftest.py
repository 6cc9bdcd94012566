"""Fixtures of this package's tests: the live peer and programs that end with the test."""

from collections.abc import Callable, Iterator
from pathlib import Path
import signal
import sys

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from session_peer import Peer, Program, SpinningPeer


@pytest.fixture(scope='module')
def peer() -> Iterator[Peer]:
    """Return the peer, spinning on its own thread."""
    with SpinningPeer() as node:
        yield node


@pytest.fixture
def program(tmp_path) -> Iterator[Callable[..., Program]]:
    """Start programs of this package; they end with the test."""
    started = []

    def start(module: str, *arguments: str) -> Program:
        started.append(Program(module, *arguments, log=tmp_path / f'log{len(started)}.txt'))
        return started[-1]

    yield start
    for one in started:
        one.end(signal.SIGKILL)
