"""The default runtime computes and does nothing else: no sockets, no telemetry."""

import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
opened = []
sys.addaudithook(lambda event, _: opened.append(event) if event.startswith('socket.') else None)
from dexgen_description import load_hand
from dexgen_controller.checkpoint import random_checkpoint
from dexgen_controller.model_config import CONFIGS
from dexgen_controller.noise_schedule import NoiseSchedule
from dexgen_controller.runtime import OpenVinoRuntime
from dexgen_controller.bench_controller import tick_inputs
checkpoint = random_checkpoint(CONFIGS['tiny'], load_hand('allegro_right'))
schedule = NoiseSchedule.build(2)
OpenVinoRuntime(checkpoint, schedule).run(tick_inputs(checkpoint, schedule, 1, 0))
links = []
for number in os.listdir('/proc/self/fd'):
    try:
        links.append(os.readlink(f'/proc/self/fd/{number}'))
    except OSError:
        pass
sockets = [link for link in links if link.startswith('socket:')]
telemetry = [
    name for name, module in sys.modules.items()
    if name.startswith('openvino_telemetry') and module is not None
]
print('sockets', opened, sockets, 'telemetry', telemetry)
"""


def test_no_socket_is_opened_and_no_telemetry_is_imported():
    pytest.importorskip('openvino')
    pytest.importorskip('torch')
    result = subprocess.run(
        [sys.executable, '-c', PROGRAM],
        capture_output=True,
        text=True,
        timeout=100,
        close_fds=True,
        stdin=subprocess.DEVNULL,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip().endswith('sockets [] [] telemetry []')
