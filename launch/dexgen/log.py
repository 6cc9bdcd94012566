"""Lines of several processes on one terminal, each with the coloured name of its process."""

import os
from typing import TextIO

COLOURS = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)
RED = 31
BOLD = 1


class Log:
    """Writes whole lines with a prefix.

    Args:
      stream: where they go; coloured where it is a terminal and NO_COLOR is not set.
      names: the processes, for the width and the colours of the prefix.
    """

    def __init__(self, stream: TextIO, names: list[str]):
        self.coloured = stream.isatty() and not os.environ.get('NO_COLOR')
        self.closed = False
        self._stream = stream
        self._width = max(map(len, [*names, 'dexgen']))
        self._colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}

    def line(self, name: str, text: str) -> None:
        """Write one line of a process."""
        prefix = self._paint(f'[{name:<{self._width}}]', self._colours.get(name, BOLD))
        self._write(f'{prefix} {text}')

    def say(self, text: str, bad: bool = False) -> None:
        """Write one line of the manager itself."""
        self.line('dexgen', self._paint(text, RED) if bad else text)

    def _paint(self, text: str, colour: int) -> str:
        return f'\033[{colour}m{text}\033[0m' if self.coloured else text

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text + '\n')
            self._stream.flush()
        except (OSError, ValueError):
            # The terminal or the pipe is closed, or the disk is full: whoever read the log is
            # gone, and the processes are not to suffer from it.
            self.closed = True


class LineSplitter:
    """Cuts a stream of bytes into lines, however it is chopped and however long a line is."""

    def __init__(self, longest: int = 16384):
        self._longest = longest
        self._rest = b''

    def feed(self, data: bytes) -> list[str]:
        """Lines that are complete with these bytes."""
        *lines, self._rest = (self._rest + data).split(b'\n')
        while len(self._rest) > self._longest:
            lines.append(self._rest[: self._longest])
            self._rest = self._rest[self._longest :]
        return [self._text(line) for line in lines]

    def end(self) -> list[str]:
        """What is left at the end of the stream."""
        rest, self._rest = self._rest, b''
        return [self._text(rest)] if rest else []

    @staticmethod
    def _text(line: bytes) -> str:
        return line.decode(errors='replace').rstrip('\r')
