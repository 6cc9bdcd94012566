"""What only watches gives way: its threads, those started later, not those of the middleware."""

import json
import os
import subprocess
import sys

from dexgen_session.priority import NICENESS

PROGRAM = """
import ctypes, json, os, sys, threading
from dexgen_session.priority import lower_priority

done = threading.Event()
named = threading.Event()

def middleware():
    name = ctypes.create_string_buffer(b'dds.shm.7410')
    ctypes.CDLL(None).prctl(15, name, 0, 0, 0)  # PR_SET_NAME
    named.set()
    done.wait()

threads = [threading.Thread(target=done.wait) for _ in range(3)]
threads.append(threading.Thread(target=middleware))
for thread in threads:
    thread.start()
named.wait()
os.nice(int(sys.argv[1]))
lower_priority()
threads.append(threading.Thread(target=done.wait))
threads[-1].start()
about = {}
for task in os.listdir('/proc/self/task'):
    is_middleware = open(f'/proc/self/task/{task}/comm').read().startswith('dds.')
    about.setdefault(is_middleware, set()).add(os.getpriority(os.PRIO_PROCESS, int(task)))
print(json.dumps([sorted(about[False]), sorted(about[True])]))
done.set()
"""


def niceness(more: int) -> list[list[int]]:
    """Niceness of a process's threads and of its middleware's; its first was nicer by `more`."""
    run = subprocess.run(
        [sys.executable, '-c', PROGRAM, str(more)], capture_output=True, text=True, check=True
    )
    return json.loads(run.stdout)


def test_every_thread_but_the_middlewares_gives_way():
    own = os.nice(0)
    assert niceness(0) == [[max(NICENESS, own)], [own]]


def test_who_gives_way_already_is_left_alone():
    own = os.nice(0)
    before = max(NICENESS, min(19, own + 15))
    assert niceness(15) == [sorted({max(NICENESS, own), before}), [own]]
