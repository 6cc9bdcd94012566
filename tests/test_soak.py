"""The figures of the soak: lost messages are counted, growth and periods are what they say."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
import soak


class Sample(NamedTuple):
    """A message of a bag: topic, place in the publisher's count, when it was sent [ns]."""

    topic: str
    number: int
    sent: int


class Bag:
    """A bag of numbered messages at 30 Hz; some of them are missing."""

    def __init__(self, count: int = 300, missing: dict[str, set[int]] | None = None):
        self._samples = [
            Sample(topic, number, int(1e9 * (100.0 + number / 30.0)))
            for number in range(count)
            for topic in soak.COMMANDS
            if number not in (missing or {}).get(topic, set())
        ]

    def samples(self, topics: list[str]) -> Iterator[Sample]:
        return (sample for sample in self._samples if sample.topic in topics)


def told(targets: int = 300, commands: int = 250) -> tuple[dict, dict]:
    """Return what bridge and controller said at the end, and the controller at the start."""
    end = {
        'hand_bridge: hears joint_target': {'count': str(targets)},
        'controller: hears keypoint_command': {'count': str(commands), 'stamp': '109.001'},
    }
    return end, {'count': '10', 'stamp': '101.001'}


def test_nothing_lost_is_zero():
    assert sum(soak.lost_commands(Bag(), *told()).values()) == 0


@pytest.mark.parametrize('topic', soak.COMMANDS)
def test_gaps_in_the_bag_are_lost_messages(topic):
    assert soak.lost_commands(Bag(missing={topic: {7, 8, 200}}), *told())['recorder'] == 3


def test_targets_that_the_bridge_did_not_hear_are_lost():
    assert soak.lost_commands(Bag(), *told(targets=296))['bridge'] == 4


def test_commands_that_the_controller_did_not_hear_are_lost_but_for_those_under_way():
    assert soak.lost_commands(Bag(), *told(commands=249))['controller'] == 0
    assert soak.lost_commands(Bag(), *told(commands=200))['controller'] > 40


def test_figures():
    end, start = told()
    end['hand_bridge: physics'] = {
        'period mean [ms]': '5.0100', 'period p99 [ms]': '5.900', 'lost time [s]': '0.000',
    }  # fmt: skip
    run = {'told': end, 'heard': start, 'sizes': [500.0] * 50 + [502.0] * 50, 'pauses': 0,
           'sleep': 5.4}  # fmt: skip
    figures = soak.figures(run, Bag(), 'fine\nTraceback (most recent call last)\n', 2.0)
    assert figures['rss_growth_percent'] == pytest.approx(0.4)
    assert figures['bridge_period_mean_error_percent'] == pytest.approx(0.2)
    assert (figures['bridge_period_p99_ms'], figures['sleep_loop_p99_ms']) == (5.9, 5.4)
    assert (figures['lost_reliable'], figures['lost_physics_s'], figures['uncaught']) == (0, 0, 1)


def test_minutes_are_an_argument_and_the_rest_is_the_stacks():
    assert soak.read([]) == (60.0, [])
    assert soak.read(['minutes:=2', 'controller:=hold']) == (2.0, ['controller:=hold'])
