"""One child process in its own session, watched by the event loop without threads."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
import contextlib
import ctypes
import os
import signal
import subprocess

from dexgen.log import LineSplitter

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Child:
    """Starts a process and hands on its lines.

    Args:
      name: what it is called.
      words: its command line.
      environment: all its variables.
      nice: added to its niceness.
      on_line: called with each line that it writes, to stdout or stderr.

    Raises:
      OSError: it cannot be started.
    """

    def __init__(
        self,
        name: str,
        words: Sequence[str],
        environment: Mapping[str, str],
        nice: int,
        on_line: Callable[[str], None],
    ):
        self.name = name
        self._on_line = on_line
        self._splitter = LineSplitter()
        self._drained = asyncio.Event()
        self._process = subprocess.Popen(
            words,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_preparation(nice),
        )
        self._output = self._process.stdout.fileno()
        os.set_blocking(self._output, False)
        asyncio.get_running_loop().add_reader(self._output, self._read)

    def signal(self, number: int) -> None:
        """Send a signal to the process and to all that it started."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    async def wait(self) -> int:
        """Wait for its end, and end what it started itself; its exit status, negative a signal."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        handle = os.pidfd_open(self._process.pid)
        loop.add_reader(handle, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(handle)
            os.close(handle)
        # Not reaped yet, so its number is still its own: its successor shall find no camera or
        # port taken by a grandchild.
        self.signal(signal.SIGKILL)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._drained.wait(), 1.0)
        self._close()
        return self._process.wait()

    def _read(self) -> None:
        try:
            data = os.read(self._output, 65536)
        except BlockingIOError:
            return
        for line in self._splitter.feed(data) if data else self._splitter.end():
            self._on_line(line)
        if not data:
            self._close()

    def _close(self) -> None:
        if not self._process.stdout.closed:
            asyncio.get_running_loop().remove_reader(self._output)
            self._process.stdout.close()
            self._drained.set()


def _preparation(nice: int) -> Callable[[], None]:
    """What runs in the new process before its program."""
    parent = os.getpid()

    def prepare() -> None:
        # A manager in the background of a script ignores SIGINT, and its children would too.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        if nice:
            os.nice(nice)
        # However the manager dies, its processes are told.
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return prepare
