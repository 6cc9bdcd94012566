"""Both runners, the command and ROS 2's launch, do the same with a description.

What needs launch is skipped where launch_ros is not installed; it is not among the wheels.
"""

from importlib.util import find_spec
import os
from pathlib import Path
import signal
import subprocess
import sys

import pytest
import yaml

TALKER = """#!/bin/sh
echo "TALKER words: $*"
while [ $# -gt 0 ]; do
    [ "$1" = --params-file ] && cat "$2" | sed 's/^/PARAMETER /'
    shift
done
echo "TALKER range $ROS_AUTOMATIC_DISCOVERY_RANGE nice $(nice)"
exit 5
"""
LISTENER = """#!/bin/sh
trap 'echo LISTENER ends; exit 0' INT TERM
echo up
while :; do sleep 0.05; done
"""
RUNNERS = [
    'dexgen',
    pytest.param(
        'launch',
        marks=pytest.mark.skipif(
            not find_spec('launch_ros'), reason="ROS 2's launch_ros is not installed here"
        ),
    ),
]


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """An installed package of shell scripts."""
    index = tmp_path / 'share' / 'ament_index' / 'resource_index' / 'packages'
    index.mkdir(parents=True)
    (index / 'small_nodes').touch()
    (tmp_path / 'share' / 'small_nodes').mkdir()
    folder = tmp_path / 'lib' / 'small_nodes'
    folder.mkdir(parents=True)
    for name, script in (('talker', TALKER), ('listener', LISTENER)):
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    return tmp_path


def start(prefix: Path, runner: str, *tokens: str) -> subprocess.Popen:
    """Start the small stack."""
    domain = 80 + os.getpid() % 10
    return subprocess.Popen(
        [sys.executable, Path(__file__).parent / 'small_stack.py', runner, *tokens],
        env={
            **os.environ,
            'AMENT_PREFIX_PATH': f'{prefix}:{os.environ["AMENT_PREFIX_PATH"]}',
            'ROS_DOMAIN_ID': str(domain),
            'ROS_LOG_DIR': str(prefix / 'log'),
            'PYTHONUNBUFFERED': '1',
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def parameter_sets(output: str) -> list[dict]:
    """Parameters of each start of the talker."""
    lines = [line.partition('PARAMETER ')[2] for line in output.splitlines()]
    texts = '\n'.join(line for line in lines if line).split('/**:')[1:]
    return [yaml.safe_load('/**:' + text)['/**']['ros__parameters'] for text in texts]


@pytest.mark.parametrize('runner', RUNNERS)
def test_a_node_that_keeps_dying_ends_the_run_by_name(prefix, runner):
    with start(prefix, runner, 'rate:=20', 'text:=true') as process:
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert 'talker ended with exit status 5 (restarted 1 times)' in output
    first, second = parameter_sets(output)
    assert first == {'text': 'true', 'rate': 20.0, 'twice': 40.0, 'loud': False, 'engage': True}
    assert isinstance(first['rate'], float)
    assert second == {**first, 'engage': False}
    assert output.count(f'TALKER words: -v {prefix}/share/small_nodes/file.rviz --ros-args') == 2
    assert output.count('--log-level warn') >= 2
    assert f'TALKER range LOCALHOST nice {min(19, os.nice(0) + 5)}' in output
    assert 'LISTENER ends' in output


@pytest.mark.parametrize('runner', RUNNERS)
def test_a_node_that_ran_before_may_refuse_its_restarts(prefix, runner):
    talker = prefix / 'lib' / 'small_nodes' / 'talker'
    talker.write_text('#!/bin/sh\n[ -e "$0.ran" ] && exit 2\ntouch "$0.ran"\nexit 5\n')
    with start(prefix, runner, 'restarts:=2', 'restart_delay:=0') as process:
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert 'talker ended with exit status 2 (restarted 2 times)' in output


@pytest.mark.parametrize('runner', RUNNERS)
def test_what_is_not_installed_starts_nothing(prefix, runner):
    with start(prefix, runner, 'loud:=true') as process:
        output, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    assert 'absent is not there; build the workspace again' in output
    assert 'TALKER' not in output


@pytest.mark.parametrize('runner', RUNNERS)
def test_ctrl_c_ends_it_in_an_orderly_way(prefix, runner):
    (prefix / 'lib' / 'small_nodes' / 'talker').write_text('#!/bin/sh\necho up\nexec sleep 60\n')
    with start(prefix, runner) as process:
        up = 0
        for line in process.stdout:
            up += line.rstrip().endswith('] up')
            if up == 2:
                break
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert 'LISTENER ends' in output
    assert 'restart' not in output
    assert process.returncode == 0
