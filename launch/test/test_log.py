"""Prefixed, coloured lines."""

import errno
import io

from dexgen.log import LineSplitter, Log


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_prefixes_are_aligned():
    stream = io.StringIO()
    log = Log(stream, ['viewer', 'hand_tracker'])
    log.line('viewer', 'a')
    log.line('hand_tracker', 'b')
    log.say('c')
    assert stream.getvalue() == '[viewer      ] a\n[hand_tracker] b\n[dexgen      ] c\n'


def test_a_terminal_gets_a_colour_for_each_process(monkeypatch):
    monkeypatch.delenv('NO_COLOR', raising=False)
    screen = Screen()
    log = Log(screen, ['viewer', 'bridge'])
    log.line('viewer', 'a')
    log.line('bridge', 'a')
    first, second = screen.getvalue().splitlines()
    assert first.startswith('\033[') and first.endswith('\033[0m a')
    assert first.partition('m')[0] != second.partition('m')[0]


def test_no_color_is_respected(monkeypatch):
    monkeypatch.setenv('NO_COLOR', '1')
    screen = Screen()
    Log(screen, ['viewer']).line('viewer', 'a')
    assert screen.getvalue() == '[viewer] a\n'


def test_lines_are_cut_wherever_the_bytes_are():
    text = 'one\r\ntwo\n\nthree µ\nrest'.encode()
    for size in range(1, len(text)):
        splitter = LineSplitter()
        lines = [
            line
            for start in range(0, len(text), size)
            for line in splitter.feed(text[start : start + size])
        ]
        assert lines + splitter.end() == ['one', 'two', '', 'three µ', 'rest']
        assert splitter.end() == []


def test_a_line_without_end_does_not_grow_for_ever():
    splitter = LineSplitter(longest=10)
    assert splitter.feed(b'x' * 25) == ['x' * 10, 'x' * 10]
    assert splitter.end() == ['x' * 5]


def test_bytes_that_are_no_text_are_shown_anyway():
    assert LineSplitter().feed(b'\xff\xfe\n') == ['\ufffd\ufffd']


def test_a_terminal_that_is_gone_stops_nothing():
    class Gone(io.StringIO):
        def write(self, text):
            raise OSError(errno.EIO, 'Input/output error')

    log = Log(Gone(), ['viewer'])
    log.line('viewer', 'a')
    log.say('b', bad=True)
    assert log.closed
