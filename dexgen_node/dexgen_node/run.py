"""The main function of every node: start, spin, end cleanly on SIGINT and SIGTERM."""

from collections.abc import Callable
import signal
import sys

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

SIGNAL_PERIOD = 0.1
"""How long a signal may wait until a spinning node looks for it [s]."""


class _EndedError(Exception):
    """Ends the spinning of a node."""


def run_node(create: Callable[[], object]) -> None:
    """Create the node, spin it until a signal, close it.

    On a signal the node's method `close()`, if it has one, is called while its publishers still
    work; only then the node and the context go. After an error it is `abandon()`, if the node has
    that: it leaves what the next process needs to go on. A ValueError, OSError or refused
    parameter while the node is created is a user's error: it is printed as one line and ends the
    process with exit status 2.
    """
    # The handlers of rclpy would take the context from under threads that still publish.
    rclpy.init(args=sys.argv, signal_handler_options=SignalHandlerOptions.NO)
    signals = _Signals()
    status = 0
    node = None
    end = 'close'
    try:
        node = create()
        spinner = SingleThreadedExecutor()
        spinner.add_node(node)
        # Outside of Python, where the executor waits, handlers are not called: the timer is.
        node.create_timer(SIGNAL_PERIOD, signals.look)
        signals.spinning = True
        spinner.spin()
    except (_EndedError, KeyboardInterrupt, ExternalShutdownException):
        pass
    except (ValueError, OSError, ParameterException) as error:
        if node is not None:
            end = 'abandon'
            raise
        print(f'error: {error}', file=sys.stderr, flush=True)
        status = 2
    except BaseException:
        end = 'abandon'
        raise
    finally:
        if node is not None:
            finish = getattr(node, end, None) or getattr(node, 'close', None)
            if finish:
                finish()
            node.destroy_node()
        rclpy.try_shutdown()
    sys.exit(status)


class _Signals:
    """Notes SIGINT and SIGTERM; before `spinning`, they interrupt what runs."""

    def __init__(self):
        self.spinning = False
        self._number = 0
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def _note(self, number: int, frame) -> None:
        self._number = number
        if not self.spinning:
            raise KeyboardInterrupt

    def look(self) -> None:
        """Raise in the executor's thread where a signal was noted."""
        if self._number:
            self._number = 0
            raise _EndedError
