"""A node's process ends cleanly on a signal, even while a thread publishes."""

import signal
import subprocess
import sys

import pytest

NODE = """
import threading, sys
from dexgen_node.run import run_node
from rclpy.node import Node
from std_msgs.msg import Empty

class Busy(Node):
    def __init__(self):
        super().__init__('busy')
        self.publisher = self.create_publisher(Empty, 'beat', 1)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.beat)
        self.thread.start()
        self.once = self.create_timer(0.01, self.up)

    def up(self):
        self.once.cancel()
        print('up', flush=True)

    def beat(self):
        while not self.ended.wait(0.001):
            self.publisher.publish(Empty())

    def close(self):
        self.ended.set()
        self.thread.join()
        print('closed', flush=True)

class Failing(Busy):
    def up(self):
        raise KeyError('a bug')

class Resumed(Failing):
    def abandon(self):
        self.close()
        print('abandoned', flush=True)

def refuse():
    raise ValueError("object 'teapot' is unknown")

def unreadable():
    open('/')

run_node({'busy': Busy, 'failing': Failing, 'resumed': Resumed, 'refuse': refuse,
          'unreadable': unreadable}[sys.argv[1]])
"""


@pytest.fixture
def start():
    """Start the program above; it is killed with the test."""
    processes = []

    def run(what: str) -> subprocess.Popen:
        processes.append(subprocess.Popen(
            [sys.executable, '-c', NODE, what], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        return processes[-1]

    yield run
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.stack
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_the_node_before_its_publishers_go(start, number):
    process = start('busy')
    assert process.stdout.readline() == 'up\n'
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (out, err, process.returncode) == ('closed\n', '', 0)


@pytest.mark.stack
@pytest.mark.parametrize(
    ('what', 'said'), [('failing', 'closed\n'), ('resumed', 'closed\nabandoned\n')]
)
def test_an_error_abandons_the_node_or_closes_it(start, what, said):
    process = start(what)
    out, err = process.communicate(timeout=20)
    assert out == said and process.returncode == 1
    assert err.rstrip().endswith("KeyError: 'a bug'")


@pytest.mark.stack
def test_what_cannot_be_read_is_one_line(start):
    process = start('unreadable')
    err = process.communicate(timeout=20)[1]
    assert err.strip() == "error: [Errno 21] Is a directory: '/'" and process.returncode == 2


@pytest.mark.stack
def test_a_users_error_is_one_line(start):
    out, err = start('refuse').communicate(timeout=20)
    assert err.strip() == "error: object 'teapot' is unknown"
