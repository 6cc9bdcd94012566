"""The house keeps its order: who imports whom, where ROS may appear, what the pages link to."""

import ast
from collections.abc import Iterator
from pathlib import Path
import re
import subprocess
import sys

import pytest

ROOT = Path(__file__).resolve().parent.parent
NODES = {'dexgen_msgs', 'dexgen_node'}
CORES = {
    'dexgen_description': set(),
    'dexgen_node': set(),
    'dexgen_teleop': {'dexgen_description'},
    'dexgen_controller': {'dexgen_description'},
    'dexgen_sim_bridge': {'dexgen_description'},
    'dexgen_session': {'dexgen_description'},
    'dexgen_learning': {'dexgen_description', 'dexgen_sim_bridge', 'dexgen_controller'},
}
ROS_FREE = {'dexgen_node.loop', 'dexgen_node.rates', 'dexgen_node.schedule'}
"""Modules of dexgen_node that cores may use: they import no ROS."""
FILLS_MESSAGES = {'messages.py', 'markers.py', 'operator_markers.py', 'reports.py'}
"""Files that only fill messages in: they know the types, not the client library."""
LEARNING = ('torch', 'tensordict', 'rsl_rl', 'openvino', 'ray', 'dexgen_learning')
"""What is not there where only the stack is installed."""
RERUN = {'dexgen_teleop', 'dexgen_controller', 'dexgen_sim_bridge'}
"""The rerun of a bag calls the cores that the nodes call."""


def imports(file: Path) -> Iterator[str]:
    """Modules that a file imports when it is imported (a command may import a node later)."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def is_node(file: Path) -> bool:
    """Whether the file may know ROS."""
    return file.name.endswith('_node.py') or 'dexgen_node' in file.parts


@pytest.mark.parametrize('package', CORES)
def test_imports_follow_the_architecture(package):
    for file in sorted((ROOT / package / package).rglob('*.py')):
        allowed = CORES[package] | {package}
        if is_node(file):
            allowed |= NODES
        if file.name in FILLS_MESSAGES:
            allowed |= {'dexgen_msgs'}
        if 'rerun' in file.parts:
            allowed |= RERUN
        modules = set(imports(file))
        ours = {name.split('.')[0] for name in modules - ROS_FREE if name.startswith('dexgen')}
        assert ours <= allowed, f'{file.relative_to(ROOT)} imports {sorted(ours - allowed)}'
        if not is_node(file):
            packages = {name.split('.')[0] for name in modules}
            assert 'rclpy' not in packages, f'{file.relative_to(ROOT)} imports rclpy'
            messages = {name for name in packages if name.endswith('_msgs')}
            assert not messages or file.name in FILLS_MESSAGES, (
                f'{file.relative_to(ROOT)} imports {sorted(messages)}')


def test_the_loop_and_the_rates_know_no_ros():
    for name in ('loop', 'rates', 'schedule'):
        modules = set(imports(ROOT / 'dexgen_node' / 'dexgen_node' / f'{name}.py'))
        assert modules <= ROS_FREE | {
            'array', 'collections', 'collections.abc', 'dataclasses', 'math', 'numpy', 'os',
            'threading', 'time'}


def test_the_nodes_need_neither_torch_nor_what_learning_needs():
    modules = [f'{file.parents[0].name}.{file.stem}' for package in sorted(CORES)
               for file in sorted((ROOT / package / package).glob('*_node.py'))]
    program = (f'import importlib, sys\nfor name in {LEARNING}: sys.modules[name] = None\n'
               f'for name in {modules}: importlib.import_module(name)\n')
    result = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-2000:]


def test_links_of_the_pages_lead_somewhere():
    for page in [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md'))]:
        for target in re.findall(r'\]\(([^)#]+?)(?:#[^)]*)?\)', page.read_text()):
            if '://' not in target:
                assert (page.parent / target).exists(), f'{page.name} links to {target}'


def test_every_page_is_in_the_readme():
    readme = (ROOT / 'README.md').read_text()
    missing = [page.name for page in (ROOT / 'docs').glob('*.md')
               if f'docs/{page.name}' not in readme]
    assert not missing, f'README.md does not name {missing}'


def test_every_field_of_the_messages_is_explained():
    files = sorted((ROOT / 'dexgen_msgs').glob('*/*.[ms][sr][gv]'))
    assert files
    for file in files:
        for line in filter(None, map(str.strip, file.read_text().splitlines())):
            assert line == '---' or line.partition('#')[2].strip(), f'{file.name}: {line}'
