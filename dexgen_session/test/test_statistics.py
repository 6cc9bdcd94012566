"""Figures of columns, taken some rows at a time."""

from dexgen_session.export.statistics import ImageStatistics, KEPT, Statistics
import numpy as np
import pytest


@pytest.mark.parametrize('count', [7, KEPT, 40 * KEPT])
def test_figures_are_those_of_all_rows_at_once(count):
    rows = np.random.default_rng(0).normal([0.0, 5.0], [1.0, 0.1], (count, 2))
    statistics = Statistics(2)
    for part in np.array_split(rows, max(1, count // 999)):
        statistics.add(part)
    figures = statistics.figures()
    assert figures['count'] == [count]
    np.testing.assert_allclose(figures['mean'], rows.mean(0))
    np.testing.assert_allclose(figures['std'], rows.std(0))
    np.testing.assert_array_equal(figures['min'], rows.min(0))
    exact = np.quantile(rows, [0.01, 0.1, 0.5, 0.9, 0.99], 0)
    told = [figures[name] for name in ('q01', 'q10', 'q50', 'q90', 'q99')]
    np.testing.assert_allclose(told, exact, atol=1e-5 if count <= KEPT else 0.15)
    assert np.all(np.diff(told, axis=0) > 0)


def test_quantiles_of_what_rises_are_taken_from_its_whole_length():
    statistics = Statistics(1)
    for part in np.array_split(np.linspace(0.0, 1.0, 30 * KEPT)[:, None], 200):
        statistics.add(part)
    figures = statistics.figures()
    assert figures['q01'] == pytest.approx([0.01], abs=2e-3)
    assert figures['q99'] == pytest.approx([0.99], abs=2e-3)


def test_counters_stay_whole_numbers():
    statistics = Statistics(1, 'int64')
    statistics.add(np.arange(10.0)[:, None])
    assert str(statistics.figures()['max']) == '[9]'


def test_every_column_of_a_picture_counts():
    picture = np.zeros((48, 64, 3), dtype=np.uint8)
    picture[:, 32:] = 255
    statistics = ImageStatistics()
    for _ in range(60):
        statistics.add(picture)
    figures = statistics.figures()
    assert figures['count'] == [60] and np.shape(figures['q50']) == (3, 1, 1)
    assert np.ravel(figures['q10']).tolist() == [0, 0, 0]
    assert np.ravel(figures['q90']).tolist() == [1, 1, 1]
