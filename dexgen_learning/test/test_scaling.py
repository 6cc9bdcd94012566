"""Costs of large data sets, from small ones."""

import json

from dexgen_learning.bench_scaling import cost, main, measure, ScalingConfig
from dexgen_learning.paths import SHIPPED
from dexgen_learning.rollout.chunk import RolloutConfig
from dexgen_learning.rollout.collector import CollectorConfig
from dexgen_learning.rollout.crew import Alone, Processes
import pytest

SMALL = RolloutConfig(objects=('cube',), transitions=100, grasps=str(SHIPPED / 'grasps'),
                      collector=CollectorConfig(per_object=6, steps=30))


def test_cost_grows_in_proportion():
    small, large = cost(10**8, 1000.0, 350.0), cost(10**10, 1000.0, 350.0)
    assert small['core_hours'] == pytest.approx(27.8, abs=0.05)
    assert small['terabytes'] == pytest.approx(0.035)
    for name in small:
        assert large[name] == pytest.approx(100 * small[name])
    assert small['hours_on_2_cores'] == small['core_hours'] / 2


def test_rows_time_and_bytes_are_counted():
    done = measure(SMALL, Alone())
    assert done.rows >= 100 and done.size > 100 * done.rows and done.cpu_s > 0.0


def test_rows_of_every_worker_count():
    alone, both = measure(SMALL, Alone()), measure(SMALL, Processes(2))
    assert both.rows > 1.5 * alone.rows
    assert both.size / both.rows == pytest.approx(alone.size / alone.rows, rel=0.1)


def test_one_line_tells_all(capsys):
    main(ScalingConfig(rollout=SMALL, workers=(1,)))
    line = json.loads(capsys.readouterr().out)
    assert line['rows_per_core_s'] > 0 and line['bytes_per_row'] > 100
    assert [e['transitions'] for e in line['extrapolated']] == [10**6, 10**8, 10**10]
