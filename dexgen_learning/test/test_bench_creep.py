"""The benchmark of creep: stiffer friction lets held objects slide less."""

from dexgen_learning.bench_creep import CreepConfig, measure


def test_stiffer_friction_lets_less_slide():
    config = CreepConfig(per_object=8, seconds=3.0)
    soft, stiff = (measure(config, stiffness, calm=True) for stiffness in (2.0, 30.0))
    assert stiff['slide_mm_s'] < 0.5 * soft['slide_mm_s']
    assert 0.5 < stiff['held_end'] <= stiff['held_third'] <= 1.0
