"""What only watches gives way: every thread of it, those started later included."""

import os
import subprocess
import sys

from dexgen_session.priority import NICENESS

PROGRAM = """
import os, sys, threading
from dexgen_session.priority import lower_priority

done = threading.Event()
threads = [threading.Thread(target=done.wait) for _ in range(3)]
for thread in threads:
    thread.start()
os.nice(int(sys.argv[1]))
lower_priority()
threads.append(threading.Thread(target=done.wait))
threads[-1].start()
tasks = map(int, os.listdir('/proc/self/task'))
print(*sorted({os.getpriority(os.PRIO_PROCESS, task) for task in tasks}))
done.set()
"""


def niceness(more: int) -> list[int]:
    """Niceness of the threads of a process whose first thread was nicer before, by `more`."""
    run = subprocess.run(
        [sys.executable, '-c', PROGRAM, str(more)], capture_output=True, text=True, check=True
    )
    return [int(word) for word in run.stdout.split()]


def test_every_thread_gives_way():
    assert niceness(0) == [max(NICENESS, os.nice(0))]


def test_who_gives_way_already_is_left_alone():
    before = min(19, os.nice(0) + 15)
    assert niceness(15) == sorted({max(NICENESS, os.nice(0)), max(NICENESS, before)})
