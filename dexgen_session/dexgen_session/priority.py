"""What only watches gives way to what moves."""

from contextlib import suppress
import os

NICENESS = 10
"""Niceness of the viewer and the recorder once they are up."""


def lower_priority() -> None:
    """Raise the niceness of every thread of this process to NICENESS, unless it is there already.

    Threads that are started later inherit it.
    """
    for thread in map(int, os.listdir('/proc/self/task')):
        with suppress(ProcessLookupError):  # it has just ended
            if os.getpriority(os.PRIO_PROCESS, thread) < NICENESS:
                os.setpriority(os.PRIO_PROCESS, thread, NICENESS)
