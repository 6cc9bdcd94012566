"""How the viewer starts, and how it refuses to."""

import socket

import pytest


@pytest.mark.stack
def test_occupied_port_is_one_clear_error(program):
    with socket.socket() as holder:
        holder.bind(('127.0.0.1', 0))
        holder.listen(1)
        port = holder.getsockname()[1]
        viewer = program('dexgen_session.viewer_node', '--ros-args', '-p', f'port:={port}')
        assert viewer.process.wait(20.0) == 2
    lines = [line for line in viewer.output().splitlines() if line.startswith('error:')]
    assert len(lines) == 1 and str(port) in lines[0] and 'port:=' in lines[0]
    assert 'Traceback' not in viewer.output()


@pytest.mark.stack
def test_unknown_hand_is_one_clear_error(program):
    viewer = program('dexgen_session.viewer_node', '--ros-args', '-p', 'hand:=claw')
    assert viewer.process.wait(20.0) == 2
    assert 'claw' in viewer.output() and 'allegro_right' in viewer.output()
    assert 'Traceback' not in viewer.output()
