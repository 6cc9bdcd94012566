"""What `make setup` says on a machine that lacks something."""

import importlib
import os
from pathlib import Path
import subprocess
import sys

import pytest

ROOT = Path(__file__).resolve().parent.parent
SETUP = ROOT / 'setup'
sys.path.insert(0, str(SETUP))
checks = importlib.import_module('checks')
workspace = importlib.import_module('workspace')


def run_setup(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run the setup program as make does."""
    return subprocess.run([sys.executable, SETUP / 'workspace.py', *arguments],
                          env={**os.environ, **environment}, capture_output=True, text=True)


def test_missing_compiler_is_named_with_the_command_that_installs_it(tmp_path):
    result = run_setup(PATH=str(tmp_path))
    assert result.returncode == 1
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1
    assert 'g++' in lines[0] and 'make' in lines[0] and 'apt-get install' in lines[0]


def test_unknown_group_names_the_groups():
    result = run_setup('everything')
    assert result.returncode == 2
    assert 'unknown group everything' in result.stderr and 'learning' in result.stderr


def test_wrong_python_is_named(monkeypatch):
    monkeypatch.setattr(checks.sys, 'version_info', (3, 8, 1))
    with pytest.raises(checks.SetupError, match=r'3\.10 to 3\.12'):
        checks.check_machine(ROOT, ROOT / 'nowhere', needs_compiler=True)


def test_full_disk_is_named(monkeypatch, tmp_path):
    class Usage:
        free = 1e9

    monkeypatch.setattr(checks.shutil, 'disk_usage', lambda folder: Usage)
    with pytest.raises(checks.SetupError, match='1.0 GB free'):
        checks.check_machine(ROOT, tmp_path, needs_compiler=False)


def test_a_failing_command_shows_its_last_lines():
    with pytest.raises(workspace.SetupError, match='no such luck'):
        workspace.run('sh', '-c', 'echo no such luck; exit 3')


def test_an_installed_ros_is_preferred_to_the_wheels(monkeypatch, tmp_path):
    (tmp_path / 'ros' / 'share' / 'rclpy').mkdir(parents=True)
    (tmp_path / 'venv' / 'share' / 'rclpy').mkdir(parents=True)
    (tmp_path / 'venv' / 'pyvenv.cfg').touch()
    monkeypatch.setenv('AMENT_PREFIX_PATH', f'{tmp_path}/venv:{tmp_path}/ros')
    assert workspace.sourced_ros() == tmp_path / 'ros'
    monkeypatch.setenv('AMENT_PREFIX_PATH', f'{tmp_path}/venv')
    assert workspace.sourced_ros() is None


def test_what_is_installed_is_not_installed_again(monkeypatch, tmp_path):
    monkeypatch.setattr(workspace, 'VENV', tmp_path)
    assert workspace.missing_groups(['stack', 'test'], None) == ['ros', 'stack', 'test']
    for name in ('ros', 'stack', 'learning'):
        workspace.Stamp(f'install-{name}').write(workspace.group_key(name, None))
    assert workspace.missing_groups(['stack', 'test', 'learning'], None) == ['test']
    assert workspace.missing_groups(['stack'], None) == []
    assert workspace.missing_groups(['stack'], tmp_path / 'ros') == ['stack']


def test_every_requirement_is_pinned():
    def names(file: Path) -> set[str]:
        lines = (line.split('#')[0].strip() for line in file.read_text().splitlines())
        return {line.split('[')[0].split('=')[0].split('<')[0].split('>')[0].lower()
                .replace('_', '-') for line in lines if line}

    pinned = names(workspace.REQUIREMENTS / 'constraints.txt')
    for group in ('ros', *workspace.GROUPS):
        missing = names(workspace.REQUIREMENTS / f'{group}.txt') - pinned
        assert not missing, f'{group}.txt names {missing}, constraints.txt does not pin them'
