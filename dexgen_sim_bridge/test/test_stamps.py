"""Stamps of a stream keep their order, and follow a clock that was set."""

from dexgen_sim_bridge.streams_node import in_order, JITTER, steady_offset


def test_a_stamp_a_little_too_early_is_the_last_one():
    assert in_order(1_000_000_000 - 5_000_000, 1_000_000_000) == 1_000_000_000


def test_later_stamps_pass():
    assert in_order(1_010_000_000, 1_000_000_000) == 1_010_000_000


def test_a_clock_that_was_set_back_is_followed():
    assert in_order(1_000_000_000 - JITTER, 1_000_000_000) == 1_000_000_000 - JITTER


def test_looks_at_two_clocks_are_repeated_where_the_thread_was_interrupted():
    steady = iter([0, 9_000_000, 10_000_000, 10_000_100])
    wall = iter([1_009_000_000, 1_010_000_050])
    assert steady_offset(lambda: next(wall), lambda: next(steady)) == 1_000_000_000
