"""The page on troubleshooting explains every reason code that the stack can give, and no other."""

from pathlib import Path
import re

from dexgen_sim_bridge.gate_types import Reason
import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / 'docs' / 'troubleshooting.md').read_text()
CODE = re.compile(r"'([A-Z]+(?:_[A-Z]+)*)'")
GIVERS = {
    'dexgen_sim_bridge': ('state_machine', 'bridge', 'hand_bridge_node', 'topic_backend',
                          'mujoco_backend', 'gate_types'),
    'dexgen_controller': ('controller', 'learned_policy', 'names', 'streams_node'),
}
"""Files that give reasons, of the packages whose nodes publish them."""
COUNTERS = {'CLAMPED'}
"""A counter of the bridge, no reason."""


def given() -> set[str]:
    """Codes that stand in the sources of those who give reasons."""
    files = [ROOT / package / package / f'{name}.py'
             for package, names in GIVERS.items() for name in names]
    return {code for file in files for code in CODE.findall(file.read_text())} - COUNTERS


def explained() -> set[str]:
    """Codes in the first column of the page's tables."""
    rows = [line.split('|')[1] for line in PAGE.splitlines() if line.startswith('| `')]
    return {code for row in rows for code in re.findall(r'`([A-Z]+(?:_[A-Z]+)*)`', row)}


def test_every_reason_is_explained_and_none_is_made_up():
    assert given() == explained()
    assert {reason.value for reason in Reason} <= explained()


@pytest.mark.parametrize('said', [
    'a stack is already running on ROS domain', 'cannot be used', 'no backend', 'torn: ',
    'is damaged at byte', 'is no MCAP file', 'is stored as', 'has no messages of', 'has no frames',
    'is kept with', 'is not connected', 'cameras here', 'missing on this machine',
])
def test_what_the_page_quotes_is_what_the_programs_say(said):
    assert said in PAGE
    sources = [path for folder in ('dexgen_*/dexgen_*', 'launch/dexgen', 'setup')
               for path in ROOT.glob(f'{folder}/**/*.py')]
    assert any(said in path.read_text() for path in sources)
