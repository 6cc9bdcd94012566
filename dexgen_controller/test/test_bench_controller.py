"""The benchmark's line: the keys that are promised, and peers of the same size."""

import json

import pytest

pytest.importorskip('torch')

from dexgen_controller.bench_controller import bench, BenchConfig, KEYS


def test_the_line_has_every_model_and_the_peers(capsys):
    config = BenchConfig(
        ticks=20,
        rate=0.0,
        steps=2,
        configurations=('tiny',),
        precisions=('f32', 'int8'),
        batches=(1, 4),
    )
    result = bench(config)
    assert list(result) == ['tiny', 'peers', 'processor']
    assert result['processor']['name']
    assert tuple(result['tiny']) == (*KEYS, 'int8')
    assert result['tiny']['max_abs_difference_f32'] <= 1e-5
    assert tuple(result['tiny']['int8']) == KEYS
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row['batch'], row['precision']) for row in rows] == [
        (batch, precision) for batch in (1, 4) for precision in ('f32', 'int8')
    ]
    peers = result['peers']['tiny']
    assert peers['eager']['cpu_ms_median'] > 0.0 and peers['columbia']['cpu_ms_median'] > 0.0
    assert peers['diffusers'] == 'not installed' or peers['diffusers']['cpu_ms_median'] > 0.0


def test_a_peer_has_about_as_many_parameters():
    from dexgen_controller.peer_networks import columbia, Task

    parameters, sample = columbia(Task(24, 240, 2), 4_000_000, 3)
    assert parameters == pytest.approx(4_000_000, rel=0.1)
    assert sample().shape == (3, 24, 16)
