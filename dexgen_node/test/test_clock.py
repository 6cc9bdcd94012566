"""The distance of two clocks."""

from dexgen_node.clock import steady_offset


def test_looks_at_two_clocks_are_repeated_where_the_thread_was_interrupted():
    steady = iter([0, 9_000_000, 10_000_000, 10_000_100])
    wall = iter([1_009_000_000, 1_010_000_050])
    assert steady_offset(lambda: next(wall), lambda: next(steady)) == 1_000_000_000
