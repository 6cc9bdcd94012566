"""The main function of every node: start, spin, end cleanly on SIGINT and SIGTERM."""

from collections.abc import Callable
import sys

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor


def run_node(create: Callable[[], object], *, executor: type = SingleThreadedExecutor) -> None:
    """Create the node, spin it until a signal, close it.

    A node may have a method `close()`, called before it is destroyed. A ValueError,
    FileNotFoundError or refused parameter while it is created is a user's error: it is printed
    as one line and ends the process with exit status 2.
    """
    rclpy.init(args=sys.argv)
    status = 0
    node = None
    try:
        node = create()
        spinner = executor()
        spinner.add_node(node)
        spinner.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except (ValueError, FileNotFoundError, ParameterException) as error:
        if node is not None:
            raise
        print(f'error: {error}', file=sys.stderr, flush=True)
        status = 2
    finally:
        if node is not None:
            close = getattr(node, 'close', None)
            if close:
                close()
            node.destroy_node()
        rclpy.try_shutdown()
    sys.exit(status)
