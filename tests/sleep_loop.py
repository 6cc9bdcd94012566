"""A loop that only sleeps, at the bridge's rate and backlog: what this machine lets any loop have.

Ticks until SIGTERM, then prints the 99th percentile of its period [ms].
"""

import signal
import sys

from dexgen_node.loop import FixedRateLoop
from dexgen_sim_bridge.physics_loop import BACKLOG


def main() -> None:
    signals = (signal.SIGTERM, signal.SIGINT)
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    loop = FixedRateLoop(
        float(sys.argv[1]), lambda now: None, on_error=sys.exit, backlog=BACKLOG
    )
    loop.start()
    signal.sigwait(signals)
    loop.stop()
    print(1e3 * loop.watch.report(0.0).period_p99)


if __name__ == '__main__':
    main()
