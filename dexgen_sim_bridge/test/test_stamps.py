"""Stamps of a stream keep their order, and follow a clock that was set."""

from dexgen_sim_bridge.streams_node import in_order, JITTER


def test_a_stamp_a_little_too_early_is_the_last_one():
    assert in_order(1_000_000_000 - 5_000_000, 1_000_000_000) == 1_000_000_000


def test_later_stamps_pass():
    assert in_order(1_010_000_000, 1_000_000_000) == 1_010_000_000


def test_a_clock_that_was_set_back_is_followed():
    assert in_order(1_000_000_000 - JITTER, 1_000_000_000) == 1_000_000_000 - JITTER
