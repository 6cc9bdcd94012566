"""Reads a source on its own thread and keeps only the newest frame: nothing ever queues up."""

import threading
import time

from dexgen_teleop.sources.source import Clock, Frame, Source, SourceLostError


class Capture:
    """The newest frame of a source, at any time.

    Attributes:
      captured: frames read.
      dropped: frames that a newer one replaced before they were taken.
      state: 'running', 'ended' (a recording is over), 'lost: ...' or 'failed: ...', for people.
      error: the exception that ended the thread, if any.

    Args:
      source: an opened source; the capture closes it.
      retry: time between attempts to open a lost live source again [s].
      steady: steady clock [s].
    """

    def __init__(self, source: Source, retry: float = 1.0, steady: Clock = time.monotonic):
        self.source = source
        self.captured = 0
        self.dropped = 0
        self.state = 'running'
        self.error: Exception | None = None
        self._retry = retry
        self._steady = steady
        self._frame: Frame | None = None
        self._arrived = threading.Condition()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name='capture', daemon=True)

    def start(self) -> None:
        """Start reading."""
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """Stop reading and close the source; waits at most `timeout` [s] for a blocking read."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        if not self._thread.is_alive():
            self.source.close()

    @property
    def over(self) -> bool:
        """No further frame will come."""
        return self.state == 'ended' or self.state.startswith('failed')

    def newest(self, timeout: float) -> Frame | None:
        """Take the newest frame not yet taken; None if none arrives within `timeout` [s]."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._frame is not None or self.over, timeout)
            frame, self._frame = self._frame, None
        return frame

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                try:
                    frame = self.source.read()
                except SourceLostError as error:
                    self.state = f'lost: {error}'
                    self._reopen()
                    continue
                if frame is None:
                    self._finish('ended')
                    return
                self._put(frame)
        except Exception as error:
            self.error = error
            self._finish(f'failed: {error}')

    def _put(self, frame: Frame) -> None:
        with self._arrived:
            self.captured += 1
            self.dropped += self._frame is not None
            self._frame = frame
            self._arrived.notify()

    def _finish(self, state: str) -> None:
        with self._arrived:
            self.state = state
            self._arrived.notify()

    def _reopen(self) -> None:
        self.source.close()
        while not self._stop.wait(self._retry):
            try:
                self.source.open()
            except (OSError, ValueError, RuntimeError):
                continue
            self.state = 'running'
            return
