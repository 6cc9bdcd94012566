"""What the processor is and can do, as the kernel tells."""

from pathlib import Path

INFORMATION = Path('/proc/cpuinfo')
BFLOAT16 = frozenset({'avx512_bf16', 'amx_bf16', 'bf16'})
"""Features that multiply bf16, on x86 and on Arm."""
VECTORS = (
    'avx2',
    'avx512f',
    'avx512_vnni',
    'avx512_bf16',
    'avx512_fp16',
    'amx_bf16',
    'amx_int8',
    'asimd',
    'sve',
    'bf16',
)
"""Features on which the time of a tick depends."""


def processor_fields() -> dict[str, str]:
    """Fields of the first processor; none where the kernel has no such file."""
    try:
        lines = INFORMATION.read_text().split('\n\n')[0].splitlines()
    except OSError:
        return {}
    pairs = (line.partition(':') for line in lines)
    return {name.strip(): value.strip() for name, _, value in pairs}


def processor_features() -> frozenset[str]:
    """Names of what the processor can do."""
    fields = processor_fields()
    return frozenset((fields.get('flags') or fields.get('Features') or '').split())


def has_bfloat16() -> bool:
    """Whether the processor multiplies bf16 numbers itself; emulated they are slower than f32."""
    return bool(BFLOAT16 & processor_features())


def described() -> dict[str, str | list[str]]:
    """Name of the processor, and of its features those that matter here."""
    features = processor_features()
    return {
        'name': processor_fields().get('model name', 'unknown'),
        'features': [name for name in VECTORS if name in features],
    }
