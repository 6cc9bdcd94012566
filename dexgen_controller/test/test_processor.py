"""What the kernel says of the processor."""

from dexgen_controller.processor import described, has_bfloat16
import pytest

X86 = 'processor : 0\nmodel name : EPYC\nflags : fpu avx2 avx512f avx512_bf16\n\nflags : none\n'
ARM = 'processor : 0\nFeatures : fp asimd bf16\n'


@pytest.mark.parametrize(
    ('text', 'expected', 'bfloat16'),
    [
        (X86, {'name': 'EPYC', 'features': ['avx2', 'avx512f', 'avx512_bf16']}, True),
        (X86.replace('avx512_bf16', ''), {'name': 'EPYC', 'features': ['avx2', 'avx512f']}, False),
        (ARM, {'name': 'unknown', 'features': ['asimd', 'bf16']}, True),
    ],
)
def test_features_of_the_first_processor(tmp_path, monkeypatch, text, expected, bfloat16):
    file = tmp_path / 'cpuinfo'
    file.write_text(text)
    monkeypatch.setattr('dexgen_controller.processor.INFORMATION', file)
    assert described() == expected
    assert has_bfloat16() == bfloat16


def test_without_the_file_nothing_is_claimed(tmp_path, monkeypatch):
    monkeypatch.setattr('dexgen_controller.processor.INFORMATION', tmp_path / 'none')
    assert described() == {'name': 'unknown', 'features': []}
    assert not has_bfloat16()
