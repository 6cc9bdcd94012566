"""Matching by name."""

from dexgen_controller.names import NameOrder, RefusedMessageError
import numpy as np
import pytest


def test_values_follow_their_names():
    order = NameOrder(['a', 'b', 'c'])
    np.testing.assert_array_equal(order(['c', 'x', 'a', 'b'], [3.0, 9.0, 1.0, 2.0]), [1, 2, 3])


@pytest.mark.parametrize(
    ('names', 'values', 'reason', 'match'),
    [
        (['a', 'b'], [1.0, 2.0], 'NAMES', 'each of c'),
        (['a', 'b', 'b', 'c'], [1.0, 2.0, 2.0, 3.0], 'NAMES', 'each of b'),
        (['a', 'b', 'c'], [1.0, 2.0], 'NAMES', '3 names came with 2 values'),
        (['a', 'b', 'c'], [1.0, float('nan'), 2.0], 'NOT_FINITE', 'not finite: b'),
    ],
)
def test_what_cannot_be_matched_is_named(names, values, reason, match):
    with pytest.raises(RefusedMessageError, match=match) as refused:
        NameOrder(['a', 'b', 'c'])(names, values)
    assert refused.value.reason == reason
