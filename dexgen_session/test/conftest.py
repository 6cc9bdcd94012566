"""Fixtures of this package's tests: the live peer and programs that end with the test."""

from collections.abc import Callable, Iterator
from pathlib import Path
import resource
import signal
import subprocess
import sys

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from session_peer import Peer, Program, Spinning


@pytest.fixture(scope='module')
def peer() -> Iterator[Peer]:
    """Return the peer, spinning on its own thread."""
    with Spinning(Peer) as node:
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


@pytest.fixture
def tiny_disk(tmp_path) -> Iterator[Path]:
    """Return the folder of a file system of 2 MiB."""
    folder = tmp_path / 'disk'
    folder.mkdir()
    mount = ['mount', '-t', 'tmpfs', '-o', 'size=2m', 'none', str(folder)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip('mounting a small file system needs more rights than this user has')
    yield folder
    subprocess.run(['umount', str(folder)], check=True)


@pytest.fixture
def limit_files() -> Iterator[Callable[[int | None], None]]:
    """Limit the size [bytes] of every file that this process writes; None: no limit."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def limit(size: int | None) -> None:
        soft = before[0] if size is None else size
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, before[1]))

    yield limit
    limit(None)
    signal.signal(signal.SIGXFSZ, handler)
