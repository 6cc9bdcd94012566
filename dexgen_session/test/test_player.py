"""When a replay plays what: original timing, rate, pause, loop."""

from dexgen_session.bag.mcap_file import Sample
from dexgen_session.bag.player import Player
import pytest

TIMES = (0.0, 0.5, 1.0, 2.0)


def samples():
    return iter([Sample('/a', b'', int(1e9 * t) + 7, 0, n) for n, t in enumerate(TIMES)])


def played(player: Player, times) -> list[tuple[float, int]]:
    return [(now, sample.number) for now in times for sample in player.due(now)]


def test_samples_come_when_their_time_has_come():
    player = Player(samples)
    assert player.wait(100.0) == 0.0
    assert played(player, (100.0, 100.4, 100.5, 101.4, 102.0)) == [
        (100.0, 0), (100.5, 1), (101.4, 2), (102.0, 3),
    ]  # fmt: skip
    assert player.finished


def test_wait_says_how_long_until_the_next_sample():
    player = Player(samples)
    player.due(100.0)
    assert player.wait(100.1) == pytest.approx(0.4)
    assert player.wait(100.9) == 0.0


def test_rate_shortens_the_time_between():
    player = Player(samples, rate=2.0)
    assert played(player, (0.0, 0.25, 0.5, 0.9, 1.0)) == [(0.0, 0), (0.25, 1), (0.5, 2), (1.0, 3)]
    assert player.bag_time(0.5) == int(1e9) + 7


def test_paused_time_does_not_count():
    player = Player(samples)
    player.due(0.0)
    player.pause(0.4)
    assert played(player, (1.0, 5.0)) == [] and player.wait(5.0) == float('inf')
    assert player.bag_time(5.0) == int(0.4e9) + 7
    player.resume(10.4)
    assert played(player, (10.4, 10.5, 11.0)) == [(10.5, 1), (11.0, 2)]


def test_a_player_that_begins_paused_plays_nothing_until_it_is_resumed():
    player = Player(samples)
    player.pause(0.0)
    assert player.due(3.0) == []
    player.resume(5.0)
    assert [s.number for s in player.due(5.0)] == [0]


def test_a_loop_begins_again_with_the_same_gaps():
    player = Player(samples, loop=True)
    assert [n for _, n in played(player, (0.0, 2.0, 2.0, 2.6, 4.0))] == [0, 1, 2, 3, 0, 1, 2, 3]
    assert player.passes == 2 and not player.finished


def test_a_loop_over_one_moment_does_not_spin():
    player = Player(lambda: iter([Sample('/a', b'', 7, 7)]), loop=True)
    played = 0
    for millisecond in range(1000):
        played += len(player.due(0.001 * millisecond))
    assert 9 <= played <= 11


def test_silence_at_the_start_of_a_bag_is_kept():
    player = Player(samples, origin=7 - int(3e9))
    assert player.due(50.0) == []
    assert player.wait(50.0) == pytest.approx(3.0)


def test_a_rate_of_zero_is_refused():
    with pytest.raises(ValueError, match='rate'):
        Player(samples, rate=0.0)
