"""Parts of an evaluation, run apart and perhaps in different sizes, as one result."""

from collections.abc import Mapping, Sequence

SAME = ('evaluation_hash', 'seed', 'guidance')
"""What parts of one evaluation have in common."""


def joined(results: Sequence[Mapping]) -> dict:
    """One result of several: of each key what the one that measured it says.

    Args:
      results: as `dexgen-learn evaluate --output` writes them.

    Returns:
      The result; `details.config.size` says what was measured in which size.

    Raises:
      ValueError: they are not of one evaluation, or two have measured the same.
    """
    if len(results) == 1:
        return dict(results[0])
    for key in SAME:
        values = {result[key] for result in results}
        if len(values) > 1:
            raise ValueError(f'parts of one evaluation have one {key}; these have {values}')
    whole: dict = {key: results[0][key] for key in SAME}
    sizes: dict[str, list[str]] = {}
    for result in results:
        found = {key: value for key, value in result.items() if _measured(key, value)}
        twice = set(found) & set(whole)
        if twice:
            raise ValueError(f'two evaluations have measured {sorted(twice)}; leave one out')
        whole |= found
        size = result.get('details', {}).get('config', {}).get('size', 'not said')
        names = (key.removesuffix('_share').replace('_', ' ') for key in found)
        sizes.setdefault(size, []).extend(names)
    whole['drops'] = sum(result['drops'] for result in results)
    said = ' and '.join(f'{size} ({", ".join(names)})' for size, names in sizes.items())
    return whole | {'details': {'config': {'size': said}}}


def _measured(key: str, value: object) -> bool:
    """Whether a part has this: an empty table or one of nulls was not measured."""
    if key in (*SAME, 'drops', 'details'):
        return False
    if isinstance(value, Mapping):
        return any(_measured('', part) for part in value.values())
    return value is not None
