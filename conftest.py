"""Fixtures that tests of several packages share."""

import importlib
import importlib.util
import os
from pathlib import Path

from hypothesis import settings
import pytest

HANDS = ('DEXGEN_HANDS', Path(__file__).resolve().parent.parent / 'shared' / 'hands')
PACKAGES = (
    'dexgen_description',
    'dexgen_node',
    'dexgen_teleop',
    'dexgen_controller',
    'dexgen_sim_bridge',
    'dexgen_session',
    'dexgen_learning',
    'launch_ros',
)
# The folders that the packages lie in have the same names: imported first, they are not shadowed.
for _package in filter(importlib.util.find_spec, PACKAGES):
    importlib.import_module(_package)

# The same examples in every run, and no time limit: a test fails for its code, not by luck.
# Look for new ones with --hypothesis-profile=default; keep what is found as an @example.
settings.register_profile('repeatable', derandomize=True, deadline=None)
settings.load_profile('repeatable')


@pytest.fixture(scope='session')
def hands_folder() -> Path:
    """Folder of recorded human hands: $DEXGEN_HANDS, or shared/hands beside the repository."""
    variable, beside = HANDS
    folder = Path(os.environ.get(variable, beside))
    if not (folder / 'dex_human_hand_right.mp4').is_file():
        pytest.skip(f'no hand clip dex_human_hand_right.mp4 in {folder}; set {variable}')
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Try a test of real processes a second time: a busy machine may have stalled one of them.

    The summary names every such test: what needs it often is a defect.
    """
    for item in items:
        if any(item.get_closest_marker(name) for name in ('stack', 'faults', 'browser')):
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=1))
