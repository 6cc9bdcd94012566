"""One clear error before anything is started."""

import socket

from dexgen.arguments import ArgumentError, resolve
from dexgen.preflight import check_paths, check_port
from dexgen.stack import TELEOP
import pytest


def values(**given):
    """Values of the arguments of the teleoperation stack."""
    return resolve(TELEOP.arguments, {name: str(value) for name, value in given.items()})


def test_a_missing_file(tmp_path):
    with pytest.raises(ArgumentError, match='video:=.*nope.mp4 does not exist'):
        check_paths(TELEOP, values(source='video', video=tmp_path / 'nope.mp4'))


def test_a_folder_for_a_file_and_a_file_for_a_folder(tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(ArgumentError, match='is not a file'):
        check_paths(TELEOP, values(video=tmp_path))
    with pytest.raises(ArgumentError, match='is not a folder'):
        check_paths(TELEOP, values(images=tmp_path / 'file'))
    check_paths(TELEOP, values(images=tmp_path, video=tmp_path / 'file'))


def test_an_occupied_port():
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(ArgumentError, match=f'port:={port} cannot be used.*port:={port + 1}'):
            check_port('127.0.0.1', port)
    check_port('127.0.0.1', port)
