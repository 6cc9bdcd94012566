"""The process manager, with real child processes."""

import asyncio
from collections.abc import Callable
import errno
import io
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

from dexgen.commands import Command
from dexgen.log import Log
from dexgen.processes import ProcessManager
from dexgen.restarts import EndTiming, RestartPolicy
import pytest

FAST = RestartPolicy(first_delay=0.01, longest_delay=0.01)
SLEEPER = 'echo ready $$; exec sleep 60'
STUBBORN = 'trap "" INT TERM; echo ready $$; while :; do sleep 0.05; done'


class Terminal(io.StringIO):
    """Takes the log and calls a function with each line that contains a word."""

    def __init__(self, on: dict[str, Callable[[str], None]]):
        super().__init__()
        self._on = on

    def write(self, text: str) -> int:
        for word, react in self._on.items():
            if word in text:
                react(text)
        return super().write(text)


def shell(name: str, script: str, restarted: str | None = None, **options) -> Command:
    """A process that runs a shell script, and another one once it was restarted."""
    words = ('/bin/sh', '-c', script)
    return Command(name, words, ('/bin/sh', '-c', restarted) if restarted else words, **options)


def run(
    *commands: Command,
    on: dict[str, Callable[[ProcessManager, str], None]] | None = None,
    policy: RestartPolicy = FAST,
    **options,
) -> tuple[str, str]:
    """Run a manager to its end; why it ended, and its log."""

    async def go() -> str:
        manager = ProcessManager(commands, policy, log, **options)
        for word, react in (on or {}).items():
            reactions[word] = lambda text, react=react: react(manager, text)
        return await manager.run()

    reactions: dict[str, Callable[[str], None]] = {}
    terminal = Terminal(reactions)
    log = Log(terminal, [command.name for command in commands])
    return asyncio.run(go()), terminal.getvalue()


def stop(manager: ProcessManager, text: str) -> None:
    """Ask the manager to end."""
    manager.stop()


def alive(pid: int) -> bool:
    """Whether a process runs; one that waits to be reaped does not."""
    try:
        return Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] != 'Z'
    except OSError:
        return False


def ended(pid: int, within: float = 10.0) -> bool:
    """Whether a process ends: a signal that was sent takes effect when the system gets to it."""
    deadline = time.monotonic() + within
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not alive(pid)


def pids(log: str) -> list[int]:
    """Process ids that the children printed after `ready`."""
    return [int(line.split()[-1]) for line in log.splitlines() if ' ready ' in line]


def test_lines_carry_the_name_of_their_process():
    reason, log = run(
        shell('tracker', 'echo out; echo err >&2; echo ready; exec sleep 60'), on={'ready': stop}
    )
    assert reason == ''
    assert '[tracker] out\n[tracker] err\n' in log


def test_a_process_that_keeps_dying_ends_the_run_and_is_named():
    reason, log = run(shell('doomed', 'echo start; exit 7'), shell('other', SLEEPER))
    assert reason == 'doomed ended with exit status 7 (restarted 3 times)'
    assert log.count('[doomed] start') == 4
    assert 'restart 3 of 3' in log
    assert all(ended(pid) for pid in pids(log))


def test_a_killed_process_is_restarted_and_the_others_go_on():
    def kill(manager, text):
        os.kill(pids(text)[0], signal.SIGKILL)

    reason, log = run(
        shell('victim', SLEEPER, restarted='echo again; exec sleep 60'),
        shell('witness', 'echo here $$; exec sleep 60'),
        on={' ready ': kill, 'again': stop},
    )
    assert reason == ''
    assert 'victim was killed by SIGKILL; restart 1 of 3' in log
    assert log.count('[witness] here') == 1


def test_a_refused_configuration_is_not_tried_again():
    reason, log = run(shell('node', 'echo "error: no such hand"; exit 2'))
    assert reason == 'node ended with exit status 2'
    assert log.count('no such hand') == 1


def test_restarts_are_counted_anew_after_a_healthy_while():
    now = iter(range(0, 100000, 100))
    deaths = []

    def count(manager, text):
        deaths.append(text)
        if len(deaths) == 6:
            manager.stop()

    reason, _ = run(
        shell('node', 'echo start; exit 1'), on={'start': count}, clock=lambda: float(next(now))
    )
    assert reason == ''
    assert len(deaths) == 6


def test_the_end_is_asked_for_politely_first():
    script = 'trap "echo polite; exit 0" TERM; echo ready; while :; do sleep 0.01; done'
    _, log = run(
        shell('node', script), on={'ready': stop}, timing=EndTiming(60.0, 120.0, 180.0)
    )
    assert 'polite' in log


def test_what_does_not_listen_is_killed_with_its_children():
    script = f'({STUBBORN}) & {STUBBORN}'
    seen = []

    def stop_when_both_run(manager, text):
        seen.append(text)
        if len(seen) == 2:
            manager.stop()

    _, log = run(
        shell('node', script), on={' ready ': stop_when_both_run}, timing=EndTiming(0.1, 0.2, 20.0)
    )
    assert len(seen) == 2
    assert all(ended(pid) for pid in pids(log))


def test_children_of_a_dead_process_do_not_outlive_it():
    def kill_the_parent(manager, text):
        os.kill(os.getpgid(pids(text)[0]), signal.SIGKILL)

    script = '(echo ready $(exec sh -c "echo \\$PPID"); exec sleep 60) & exec sleep 60'
    reason, log = run(
        shell('node', script), on={' ready ': kill_the_parent}, policy=RestartPolicy(restarts=0)
    )
    assert reason == 'node was killed by SIGKILL'
    assert pids(log)
    assert all(ended(pid) for pid in pids(log))


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_run_in_an_orderly_way(number):
    def signal_oneself(manager, text):
        os.kill(os.getpid(), number)

    reason, log = run(shell('node', SLEEPER), on={' ready ': signal_oneself})
    assert reason == ''
    assert f'{number.name}: ending' in log


def test_a_second_ctrl_c_kills_at_once():
    def signal_oneself(manager, text):
        os.kill(os.getpid(), signal.SIGINT)

    reason, log = run(
        shell('node', STUBBORN),
        on={' ready ': signal_oneself, 'SIGINT: ending': signal_oneself},
        timing=EndTiming(1000.0, 2000.0, 3000.0),
    )
    assert reason == ''
    assert 'SIGINT again: killing' in log


def test_children_do_not_inherit_an_ignored_sigint():
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        reason, _ = run(shell('node', 'kill -INT $$; exit 0'), policy=RestartPolicy(restarts=0))
    finally:
        signal.signal(signal.SIGINT, former)
    assert reason == 'node was killed by SIGINT'


def test_low_priority_and_environment_reach_the_process():
    command = shell(
        'viewer', 'echo nice $(nice); echo $COLOUR', nice=7, environment={'COLOUR': 'mauve'},
        at_end='end',
    )  # fmt: skip
    _, log = run(command)
    assert f'nice {min(19, os.nice(0) + 7)}' in log
    assert '[viewer] mauve' in log


def test_a_process_that_may_end_is_not_restarted():
    def stop_later(manager, text):
        asyncio.get_running_loop().call_later(0.3, manager.stop)

    reason, log = run(
        shell('rviz', 'echo bye', at_end='leave'),
        shell('other', SLEEPER),
        on={'rviz ended': stop_later},
    )
    assert reason == ''
    assert log.count('bye') == 1


def test_the_run_ends_with_its_last_process():
    reason, _ = run(shell('a', 'exit 0', at_end='leave'), shell('b', 'exit 0', at_end='leave'))
    assert reason == ''


def test_what_cannot_be_started_ends_the_run_and_is_named():
    reason, _ = run(Command('ghost', ('/no/such/file',), ('/no/such/file',)))
    assert reason.startswith('ghost cannot be started')


@pytest.mark.parametrize('number', [errno.EPIPE, errno.EIO, errno.ENOSPC])
def test_a_log_that_cannot_be_written_does_not_stop_the_processes(number):
    class Closed(io.StringIO):
        def write(self, text):
            raise OSError(number, os.strerror(number))

    log = Log(Closed(), ['node'])
    command = shell('node', 'echo hello; exit 1', restarted='sleep 0.1', at_end='end')
    assert asyncio.run(_run(command, log)) == ''
    assert log.closed


async def _run(command: Command, log: Log) -> str:
    return await ProcessManager([command], FAST, log).run()


MANAGER = """
import asyncio, sys
from dexgen.commands import Command
from dexgen.log import Log
from dexgen.processes import ProcessManager
from dexgen.restarts import RestartPolicy
words = ('/bin/sh', '-c', sys.argv[1])
async def main():
    log = Log(sys.stdout, ['node'])
    await ProcessManager([Command('node', words, words)], RestartPolicy(), log).run()
asyncio.run(main())
"""


def test_processes_end_with_a_killed_manager():
    with subprocess.Popen(
        [sys.executable, '-c', MANAGER, SLEEPER], stdout=subprocess.PIPE, text=True
    ) as manager:
        pid = pids(manager.stdout.readline())[0]
        assert alive(pid)
        manager.kill()
    assert ended(pid, within=20.0)


def test_a_closed_terminal_ends_the_run():
    terminal, stdout = os.openpty()
    with subprocess.Popen(
        [sys.executable, '-c', MANAGER, SLEEPER], stdout=stdout, stderr=subprocess.DEVNULL
    ) as manager:
        try:
            with open(terminal) as screen:
                pid = pids(screen.readline())[0]
            manager.send_signal(signal.SIGHUP)
            manager.wait(20.0)
        finally:
            manager.kill()
            os.close(stdout)
    assert ended(pid)
