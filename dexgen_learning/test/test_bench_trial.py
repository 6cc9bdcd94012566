"""Long trials: pooled seeds, controls by name, constants of the controller as arguments."""

from dataclasses import replace

from dexgen_controller.arbitration import ArbitrationConfig
from dexgen_learning.bench_trial import control_of, main, rules, TrialConfig, trials
from dexgen_learning.evaluation.laboratory import EvaluationConfig, Laboratory
from dexgen_learning.evaluation.rivals import Shrink
import pytest

SHORT = TrialConfig(
    ('raw', 'hold'), seeds=(1, 2), hours=0.01, per_object=2, warm_up=1.0, objects=('cube',),
    checkpoint='none', workers=1,
)  # fmt: skip


def test_seeds_are_pooled_and_raw_follows_where_holding_does_not():
    found = trials(SHORT)
    alone = [trials(replace(SHORT, seeds=(seed,))) for seed in SHORT.seeds]
    for name in SHORT.controls:
        parts = [one[name] for one in alone]
        assert found[name]['drops'] == sum(part['drops'] for part in parts)
        assert found[name]['hours'] == pytest.approx(sum(p['hours'] for p in parts), abs=2e-3)
    assert found['raw']['following']['all'] > 0.4
    assert abs(found['hold']['following']['all']) < 0.05


def test_the_controller_takes_its_constants():
    shares = ArbitrationConfig(give=0.0)
    laboratory = Laboratory(EvaluationConfig())
    spec = control_of('dexgen 3', laboratory, shares)
    assert spec.guidance == 3.0 and spec.sampling.arbitration == shares
    assert laboratory.control(spec, 2).planner.arbitration.config == shares
    assert control_of('shrink 0.2', laboratory, shares) == Shrink(0.2)


@pytest.mark.parametrize('name', ['dance', 'shrink', 'shrink much', 'raw 3', ''])
def test_an_unknown_control_is_named_with_those_that_there_are(name):
    with pytest.raises(ValueError, match=f"'{name}'; allowed: raw, hold, 'dexgen <number>'"):
        control_of(name, Laboratory(EvaluationConfig('none')), ArbitrationConfig())


def test_an_unknown_stream_is_named_in_one_line(monkeypatch, capsys):
    with pytest.raises(ValueError, match="'waltz'; allowed: walk and clip, noise-0.75"):
        rules(replace(SHORT, stream='waltz'), 1)
    monkeypatch.setattr('sys.argv', ['bench_trial', '--stream', 'waltz'])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2 and capsys.readouterr().err.startswith('bench_trial: stream is')
