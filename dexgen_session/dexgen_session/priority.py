"""What only watches gives way to what moves."""

import os

NICENESS = 10
"""Niceness of the viewer and the recorder."""


def lower_priority() -> None:
    """Raise this process's niceness to NICENESS, unless it is there already."""
    if os.getpriority(os.PRIO_PROCESS, 0) < NICENESS:
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
