import threading

from dexgen_teleop.sources.capture import Capture
from dexgen_teleop.sources.source import Frame, Source, SourceLostError
import pytest


class Plan(Source):
    """Reads what it is told to, when it is told to."""

    name = 'plan'

    def __init__(self, items):
        self._items = iter(items)
        self.ready = threading.Semaphore(0)
        self.opened = self.closed = 0

    def open(self):
        self.opened += 1
        if self.opened == 2:
            raise FileNotFoundError('not yet back')

    def read(self):
        self.ready.acquire(timeout=5.0)
        item = next(self._items)
        if isinstance(item, Exception):
            raise item
        return item

    def close(self):
        self.closed += 1


@pytest.fixture
def start():
    captures = []

    def started(items, release):
        source = Plan(items)
        source.open()
        capture = Capture(source, retry=0.001)
        captures.append(capture)
        capture.start()
        source.ready.release(release)
        return source, capture

    yield started
    for capture in captures:
        capture.source.ready.release(100)
        capture.stop()


def test_the_newest_frame_wins(start):
    _, capture = start([Frame(0.1 * i, i) for i in range(5)] + [None], 6)
    capture._thread.join(5.0)
    assert capture.newest(1.0).sequence == 4
    assert (capture.captured, capture.dropped) == (5, 4)
    assert capture.newest(0.0) is None and capture.over


def test_a_frame_is_handed_out_once(start):
    source, capture = start([Frame(0.0, 0), Frame(0.1, 1), None], 1)
    assert capture.newest(5.0).sequence == 0
    assert capture.newest(0.01) is None and not capture.over
    source.ready.release(1)
    assert capture.newest(5.0).sequence == 1
    assert capture.dropped == 0


def test_a_lost_camera_is_opened_again_until_it_is_back(start):
    lost = SourceLostError('unplugged')
    source, capture = start([Frame(0.0, 0), lost, Frame(1.0, 1), None], 1)
    assert capture.newest(5.0).sequence == 0
    source.ready.release(2)
    assert capture.newest(5.0).sequence == 1
    assert source.opened == 3 and source.closed == 1 and capture.state == 'running'


def test_an_error_ends_the_capture_and_is_kept(start):
    _, capture = start([ValueError('torn file')], 1)
    assert capture.newest(5.0) is None
    assert capture.over and str(capture.error) == 'torn file'
    assert capture.state == 'failed: torn file'
