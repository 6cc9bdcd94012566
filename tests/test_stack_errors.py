"""What the stack says to bad input, before or right after anything is started."""

import subprocess

from dexgen_msgs.srv import SelectObject, SetMode
from dexgen_node import topics
import pytest

pytestmark = pytest.mark.stack


def teleop(*arguments: str, domain: int) -> subprocess.CompletedProcess:
    """Run `dexgen teleop` where it is expected to fail at once."""
    return subprocess.run(['env', f'ROS_DOMAIN_ID={domain}', 'dexgen', 'teleop', *arguments],
                          capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(('argument', 'said'), [
    ('hand:=octopus', 'allegro_right'),
    ('object:=teapot', 'cube'),
    ('source:=crystal_ball', 'script'),
    ('colour:=blue', 'source'),
    ('rate:=fast', 'rate'),
    ('viewer:=telescope', 'web'),
])
def test_unknown_values_name_the_allowed_ones(argument, said, domain):
    result = teleop(argument, 'viewer:=none' if 'viewer' not in argument else 'object:=none',
                    domain=domain)
    assert result.returncode == 2
    errors = result.stderr.strip().splitlines()
    assert argument.split(':=')[1] in errors[-1] or argument.split(':=')[0] in errors[-1]
    assert said in result.stderr
    assert 'Traceback' not in result.stderr


def test_a_video_that_does_not_exist(domain):
    result = teleop('source:=video', 'video:=/nowhere/hand.mp4', domain=domain)
    assert result.returncode == 2
    assert '/nowhere/hand.mp4' in result.stderr and 'Traceback' not in result.stderr


def test_a_file_that_is_no_video_ends_the_run_and_is_named(domain, tmp_path):
    file = tmp_path / 'hand.mp4'
    file.write_text('not a video')
    result = teleop('source:=video', f'video:={file}', 'viewer:=none', domain=domain)
    assert result.returncode != 0
    assert 'hand.mp4' in result.stdout + result.stderr
    assert 'Traceback' not in result.stdout + result.stderr


def test_a_second_stack_on_the_same_domain_is_refused(start_stack, observe, domain):
    start_stack('viewer:=none', 'object:=none')
    observe(topics.STACK_STATE).wait(topics.STACK_STATE, timeout=30.0, since=0.0)
    result = teleop('viewer:=none', domain=domain)
    assert result.returncode == 2
    assert 'ROS_DOMAIN_ID' in result.stderr


def test_an_occupied_port_is_refused(domain):
    import socket
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = teleop('viewer:=web', f'port:={port}', domain=domain)
    assert result.returncode == 2
    assert str(port) in result.stderr


def test_services_name_what_they_know(start_stack, observe):
    start_stack('viewer:=none')
    observer = observe(topics.STACK_STATE)
    observer.wait(topics.STACK_STATE, timeout=30.0, since=0.0)
    answer = observer.call(SelectObject, 'hand_bridge/select_object',
                           SelectObject.Request(name='teapot'))
    assert not answer.success and 'teapot' in answer.message and 'cube' in answer.message
    answer = observer.call(SetMode, 'controller/set_mode', SetMode.Request(mode='dance'))
    assert not answer.success and 'dance' in answer.message and 'passthrough' in answer.message
