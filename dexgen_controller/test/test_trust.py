"""Which commands are trusted."""

from dexgen_controller.trust import Trust, TrustConfig
import numpy as np
import pytest

RATE = 10.0
NEAR, FAR = 0.5 * TrustConfig().near, 1.1 * TrustConfig().far
LONG = round(10 * RATE * TrustConfig().patience)
"""Steps after which trust is full."""
LOADED = np.array([[1.0, 1.0, 0.0, 0.0]])


def told(trust, lengths, steps=1, whole=1.0, fresh=False):
    """Trust after some steps in which tips are asked to go along z by these lengths [m]."""
    offset = np.zeros((1, 4, 3))
    offset[0, :, 2] = lengths
    for step in range(steps):
        trust.step(offset, LOADED, np.array([whole]), np.array([fresh and step == 0]))
    return trust.now[0]


def test_trust_grows_with_patience():
    trust = Trust(4, RATE, 1)
    assert told(trust, NEAR, fresh=True) < 0.1
    patience = round(RATE * TrustConfig().patience)
    assert told(trust, NEAR, patience - 1) == pytest.approx(1.0 - np.exp(-1.0), abs=0.01)
    assert told(trust, NEAR, LONG) > 0.99


def test_what_runs_ahead_loses_it_at_once_and_wins_it_back():
    trust = Trust(4, RATE, 1)
    told(trust, NEAR, LONG, fresh=True)
    assert told(trust, FAR) == 0.0
    assert 0.0 < told(trust, NEAR, 5) < 0.5
    assert told(trust, NEAR, LONG) > 0.99


def test_a_fresh_hand_knows_nothing_of_what_was_commanded_before():
    with np.errstate(all='ignore'):
        trust = Trust(4, RATE, 1)
        told(trust, 1e200, 3, fresh=True)
        assert told(trust, NEAR, LONG, fresh=True) > 0.99


def test_fingers_without_load_may_run_ahead():
    assert told(Trust(4, RATE, 1), [NEAR, NEAR, 5 * FAR, 0.0], LONG, fresh=True) > 0.99
    assert told(Trust(4, RATE, 1), [NEAR, FAR, NEAR, 0.0], LONG, fresh=True) == 0.0


def test_what_trembles_is_not_trusted():
    trust = Trust(4, RATE, 1)
    for step in range(60):
        told(trust, NEAR * (-1.0) ** step, fresh=step == 0)
    assert trust.steady[0] == 0.0 and trust.now[0] == 0.0


def test_what_opens_the_grasp_is_not_trusted():
    trust = Trust(4, RATE, 1)
    told(trust, NEAR, LONG, fresh=True)
    assert told(trust, NEAR, whole=0.0) == 0.0
    assert told(trust, NEAR, whole=0.5) == pytest.approx(0.5, abs=0.01)


def test_a_fresh_hand_begins_without_trust():
    trust = Trust(4, RATE, 1)
    told(trust, NEAR, LONG, fresh=True)
    assert told(trust, NEAR, fresh=True) < 0.1
