"""What the fault tests judge by: a jump is seen, and so is motion that lasts too long."""

import numpy as np
import pytest
from witness import Applied, at_rest_after, CLOCKS, excess, HAND

LIMIT = float(HAND.velocity_limit[0])


def steps(*values: float, period: float = 0.01) -> list[Applied]:
    """Applied targets of which the first joint has these positions [rad], one a period [s]."""
    found = []
    for number, value in enumerate(values):
        positions, velocities = HAND.rest.copy(), np.zeros(len(HAND.joint_names))
        positions[0] = value
        if number:
            velocities[0] = (value - values[number - 1]) / period
        found.append(Applied(100.0 + number * period, 0, 'OK', positions, velocities))
    return found


def test_a_walk_at_the_limit_is_no_jump_and_a_step_above_it_is():
    assert excess(steps(0.0, 0.01 * LIMIT, 0.02 * LIMIT)) == pytest.approx(0.0, abs=1e-9)
    assert excess(steps(0.0, 0.01 * LIMIT + 2.0 * CLOCKS)) > CLOCKS
    assert excess(steps(0.5)) == excess([]) == 0.0


def test_a_jump_across_a_gap_is_a_jump_only_where_the_gap_is_too_short():
    before, after = steps(0.0)[0], steps(0.3)[0]
    assert excess([before, after._replace(stamp=100.01)]) > 0.2
    assert excess([before, after._replace(stamp=101.0)]) == 0.0


def test_motion_is_timed_from_the_fault_by_the_last_stamp_that_moves():
    walk = steps(0.0, 0.01, 0.02, 0.03, 0.03, 0.03)
    assert at_rest_after(walk, 100.01) == pytest.approx(0.02)
    assert at_rest_after(walk, 100.03) == 0.0
