"""The package.xml files: every key is known on Jazzy and Humble, every import is declared."""

import ast
from pathlib import Path
import xml.etree.ElementTree as ElementTree

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
KEYS = yaml.safe_load((ROOT / 'docker' / 'rosdep_keys.yaml').read_text())
MANIFESTS = sorted(ROOT.glob('*/package.xml'))
TREES = {path.parent: ElementTree.parse(path).getroot() for path in MANIFESTS}
OWN = {tree.findtext('name') for tree in TREES.values()}
MODULES = {
    'python3-numpy': 'numpy',
    'python3-yaml': 'yaml',
    'python3-pytest': 'pytest',
    'python3-hypothesis': 'hypothesis',
    'python3-transforms3d': 'transforms3d',
}
INTERFACES = ('_msgs', '_srvs', '_interfaces')
FOLDERS = pytest.mark.parametrize('folder', TREES, ids=lambda folder: folder.name)


def declared(folder: Path) -> set[str]:
    """Keys that a manifest declares."""
    return {element.text for element in TREES[folder] if element.tag.endswith('depend')}


def imported(folder: Path) -> set[str]:
    """Top-level modules that the Python files of a package import, its tests included."""
    found = set()
    for path in folder.rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.split('.')[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split('.')[0])
    return found


@FOLDERS
def test_format_and_licence(folder):
    assert TREES[folder].get('format') == '3'
    assert TREES[folder].findtext('license') == 'Apache-2.0'


@FOLDERS
def test_every_key_resolves(folder):
    unknown = declared(folder) - OWN - KEYS.keys()
    assert not unknown, f'look up and add to docker/rosdep_keys.yaml: {sorted(unknown)}'


def test_the_list_holds_nothing_else():
    used = set().union(*(declared(folder) for folder in TREES))
    assert KEYS.keys() <= used


def test_both_distributions_have_a_package():
    for key, packages in KEYS.items():
        assert set(packages) == {'jazzy', 'humble'}, key
        for distro, package in packages.items():
            assert package.startswith((f'ros-{distro}-', 'python3-')), key


@FOLDERS
def test_what_is_imported_is_declared(folder):
    keys = {**{key: key for key in KEYS}, **{name: name for name in OWN}}
    keys = {MODULES.get(key, key): key for key in keys}
    wanted = {
        keys.get(module, module)
        for module in imported(folder)
        if module in keys or module.endswith(INTERFACES)
    }
    own = TREES[folder].findtext('name')
    missing = wanted - declared(folder) - {own}
    assert not missing, f'{folder.name}/package.xml does not declare {sorted(missing)}'
