"""Cost of the limiter: one control step of many hands at once, and of one, as a JSON line."""

import json
import time

from dexgen_description import load_hand
import numpy as np

from dexgen_sim_bridge.limiter import GateLimits, limit, LimiterState


def cost(batch: int, steps: int) -> float:
    """CPU time of one step [us] for a batch of random targets."""
    random = np.random.default_rng(0)
    limits = GateLimits.from_hand(load_hand('allegro_right'))
    wanted = random.uniform(limits.lower, limits.upper, (batch, 16))
    state = LimiterState.at_rest(random.uniform(limits.lower, limits.upper, (batch, 16)))
    start = time.process_time()
    for _ in range(steps):
        state, _ = limit(wanted, state, limits, 0.1)
    return 1e6 * (time.process_time() - start) / steps


def main() -> None:
    """Print the figures."""
    figures = {'us_step_1': cost(1, 5000), 'us_step_4096': cost(4096, 50)}
    print(json.dumps({name: round(value, 1) for name, value in figures.items()}))


if __name__ == '__main__':
    main()
