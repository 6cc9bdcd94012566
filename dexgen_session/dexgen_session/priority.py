"""What only watches gives way to what moves."""

from contextlib import suppress
import os
from pathlib import Path

NICENESS = 10
"""Niceness of the nodes that only watch, once they are up."""
MIDDLEWARE = 'dds.'
"""How the names of Fast DDS's threads begin."""


def lower_priority() -> None:
    """Raise the niceness of this process's threads to NICENESS, unless it is there already.

    Threads that are started later inherit it. Those of the middleware stay as they are: others may
    wait for what they hold.
    """
    for thread in Path('/proc/self/task').iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            number = int(thread.name)
            if (thread / 'comm').read_text().startswith(MIDDLEWARE):
                continue
            if os.getpriority(os.PRIO_PROCESS, number) < NICENESS:
                os.setpriority(os.PRIO_PROCESS, number, NICENESS)
