"""A light process manager, for where ROS 2's launch is not installed."""

import asyncio
from collections.abc import Callable, Sequence
import contextlib
from functools import partial
import os
import signal
import time

from dexgen.child import Child
from dexgen.commands import Command
from dexgen.log import Log
from dexgen.restarts import describe_exit, END, EndTiming, RestartCount, RestartPolicy

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ProcessManager:
    """Runs processes until it is told to stop or one of them cannot be kept alive.

    Args:
      commands: what runs.
      policy: how a process that died is treated.
      log: where its lines go.
      timing: how the end escalates.
      clock: steady time [s].
    """

    def __init__(
        self,
        commands: Sequence[Command],
        policy: RestartPolicy,
        log: Log,
        timing: EndTiming = END,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._commands = commands
        self._policy = policy
        self._log = log
        self._timing = timing
        self._clock = clock
        self._stop = asyncio.Event()
        self._children: set[Child] = set()
        self._reason = ''

    async def run(self) -> str:
        """Run until the end.

        Returns:
          Why the run had to end, naming the process; empty when it was asked to end.
        """
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self._on_signal, number)
        keepers = [asyncio.create_task(self._keep(command)) for command in self._commands]
        for keeper in keepers:
            keeper.add_done_callback(lambda _: self._on_kept(keepers))
        try:
            await self._stop.wait()
            await self._end(keepers)
            for keeper in keepers:
                if keeper.done():
                    keeper.result()
        finally:
            self._signal(signal.SIGKILL)
            for number in STOP_SIGNALS:
                loop.remove_signal_handler(number)
        return self._reason

    def stop(self, reason: str = '') -> None:
        """End the run in an orderly way; the first reason counts."""
        if not self._stop.is_set():
            self._reason = reason
            self._stop.set()

    def _on_signal(self, number: int) -> None:
        name, again = signal.Signals(number).name, self._stop.is_set()
        self.stop()
        self._log.say(f'{name} again: killing what still runs' if again else f'{name}: ending')
        if again:
            self._signal(signal.SIGKILL)

    def _on_kept(self, keepers: Sequence[asyncio.Task]) -> None:
        """Nothing is left to be kept, or a keeper itself failed."""
        done = [keeper for keeper in keepers if keeper.done()]
        if len(done) == len(keepers) or any(keeper.exception() for keeper in done):
            self.stop()

    async def _keep(self, command: Command) -> None:
        """Start one process, and again when it dies, until the run ends."""
        count = RestartCount(self._policy)
        words = command.words
        while not self._stop.is_set():
            start = self._clock()
            try:
                status = await self._run_once(command, words)
            except OSError as error:
                self.stop(f'{command.name} cannot be started: {error}')
                return
            if self._stop.is_set():
                return
            what = f'{command.name} {describe_exit(status)}'
            if command.at_end != 'restart' and status == 0:
                self._log.say(what)
                if command.at_end == 'end':
                    self.stop()
                return
            delay = count.delay(self._clock() - start, status)
            if delay is None:
                self.stop(count.last_words(what))
                return
            self._log.say(
                f'{what}; restart {count.used} of {self._policy.restarts} in {delay:g} s', bad=True
            )
            words = command.restart_words
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stop.wait(), delay)

    async def _run_once(self, command: Command, words: tuple[str, ...]) -> int:
        """Run the process to its end; its exit status."""
        colour = {'RCUTILS_COLORIZED_OUTPUT': '1'} if self._log.coloured else {}
        variables = {**os.environ, **colour, **command.environment}
        child = Child(
            command.name, words, variables, command.nice, partial(self._log.line, command.name)
        )
        self._children.add(child)
        try:
            return await child.wait()
        finally:
            self._children.discard(child)

    async def _end(self, keepers: Sequence[asyncio.Task]) -> None:
        """Ask every process to end, more firmly as time goes by."""
        start = self._clock()
        # Not SIGINT: a node that is still importing would print where it was interrupted.
        steps = (
            (signal.SIGTERM, self._timing.kill),
            (signal.SIGKILL, self._timing.give_up),
        )
        for number, until in steps:
            if number != signal.SIGTERM:
                names = ', '.join(sorted(child.name for child in self._children))
                self._log.say(f'{names} still running: {signal.Signals(number).name}', bad=True)
            self._signal(number)
            left = max(0.0, until - (self._clock() - start))
            _, running = await asyncio.wait(keepers, timeout=left)
            if not running:
                return
        self._log.say('a process cannot be killed (it waits for a device); left behind', bad=True)

    def _signal(self, number: int) -> None:
        for child in self._children:
            child.signal(number)
