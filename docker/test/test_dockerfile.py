"""The Dockerfile, compose file and devcontainer fit each other and the repository."""

import json
from pathlib import Path
import re
import subprocess

from dexgen.arguments import split
from dexgen.stack import TELEOP
from dockerfile import lineage, read_stages
import pytest
from replay import DOCKERFILE, needs_docker, Replay
import yaml

ROOT = Path(__file__).resolve().parents[2]
STAGES = read_stages(DOCKERFILE.read_text())
COMPOSE = yaml.safe_load((ROOT / 'docker' / 'compose.yaml').read_text())
DEVCONTAINER = json.loads((ROOT / '.devcontainer' / 'devcontainer.json').read_text())
FINAL = ('runtime', 'desktop', 'cuda', 'development')


def runs(stage):
    """RUN instructions of a stage."""
    return [one for one in stage.instructions if one.keyword == 'RUN']


def test_stages():
    assert set(FINAL) <= set(STAGES)
    for stage in STAGES.values():
        assert stage.base in STAGES or stage.base == 'ros:jazzy-ros-base'
        assert all(name in STAGES for name in stage.copied_stages())


@pytest.mark.parametrize('name', FINAL)
def test_no_image_runs_as_root(name):
    users = [
        one.rest for part in lineage(STAGES, name) for one in part.instructions
        if one.keyword == 'USER'
    ]  # fmt: skip
    assert users and users[-1].split(':')[0] not in ('0', 'root')


def test_every_manifest_is_copied_before_rosdep():
    copied = {source for sources, _ in STAGES['base'].copies() for source in sources}
    assert copied == {str(path.relative_to(ROOT)) for path in ROOT.glob('*/package.xml')}


def test_hadolint_finds_nothing():
    done = subprocess.run(['hadolint', '--no-color', DOCKERFILE], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_hadolint_looks(tmp_path):
    careless = tmp_path / 'Dockerfile'
    careless.write_text('FROM debian:latest\nRUN apt-get install git\n')
    done = subprocess.run(['hadolint', '--no-color', careless], capture_output=True, text=True)
    assert done.returncode == 1 and 'DL3007' in done.stdout and 'DL3008' in done.stdout


def test_every_source_of_a_copy_is_there():
    for stage in STAGES.values():
        for sources, _ in stage.copies():
            assert all((ROOT / source).exists() for source in sources)


def test_every_apt_layer_is_lean():
    for stage in STAGES.values():
        for run in runs(stage):
            if 'apt-get install' in run.rest:
                assert '--no-install-recommends' in run.rest
            if 'apt-get update' in run.rest:
                assert 'rm -rf' in run.rest and '/var/lib/apt/lists/*' in run.rest


def test_requirement_groups_exist():
    groups = {path.stem for path in (ROOT / 'setup' / 'requirements').glob('*.txt')}
    lines = [run.rest for stage in STAGES.values() for run in runs(stage)]
    used = [line.split('workspace.py')[1].split() for line in lines if 'workspace.py' in line]
    assert used
    assert all(set(words) <= groups for words in used)


def test_entry_points_are_executable_scripts_that_bash_accepts():
    script = ROOT / 'docker' / 'entrypoint.sh'
    assert script.stat().st_mode & 0o111
    subprocess.run(['bash', '-n', script], check=True)
    for stage in STAGES.values():
        for keyword, rest in stage.instructions:
            if keyword == 'ENTRYPOINT':
                assert json.loads(rest) == ['/dexgen/docker/entrypoint.sh']
            if keyword == 'CMD':
                assert all(isinstance(word, str) for word in json.loads(rest))


def test_every_run_line_is_bash():
    for stage in STAGES.values():
        for run in runs(stage):
            subprocess.run(['bash', '-n', '-c', run.rest], check=True)


def test_replay_follows_everything_but_the_long_build(tmp_path):
    replay = Replay(tmp_path)
    for part in lineage(STAGES, 'build'):
        for instruction in part.instructions:
            if instruction.keyword == 'RUN' and not needs_docker(instruction):
                # The build itself takes minutes: `python3 docker/replay.py build` runs it.
                instruction = instruction._replace(rest=instruction.rest + ' --help')
            replay.follow(instruction)
    assert len(replay.left_out) == 2
    for name in ('setup/workspace.py', 'launch/teleop.launch.py', 'dexgen_msgs/CMakeLists.txt'):
        assert (tmp_path / 'dexgen' / name).is_file()
    assert not (tmp_path / 'dexgen' / '.venv').exists()


@pytest.mark.parametrize('name', COMPOSE['services'])
def test_compose_services(name):
    service = COMPOSE['services'][name]
    assert service['profiles'] == [name]
    assert service['build']['target'] in FINAL
    assert (ROOT / 'docker' / service['build']['context']).resolve() == ROOT
    assert (ROOT / service['build']['dockerfile']).is_file()
    words = [re.sub(r'\$\{\w+:-([^}]*)\}', r'\1', word) for word in service['command']]
    if 'teleop.launch.py' in words:
        split([word for word in words if ':=' in word], TELEOP.arguments)


def test_compose_offers_what_people_need():
    assert {'simulation', 'camera', 'hand', 'gui', 'gpu'} <= set(COMPOSE['services'])


def test_devcontainer_builds_a_stage_of_the_dockerfile():
    build = DEVCONTAINER['build']
    folder = ROOT / '.devcontainer'
    assert (folder / build['dockerfile']).resolve() == DOCKERFILE
    assert (folder / build['context']).resolve() == ROOT
    assert build['target'] in STAGES
