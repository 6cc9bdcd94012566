"""What a machine must have before the workspace can be built, each with its remedy."""

import ctypes.util
import os
from pathlib import Path
import platform
import shutil
import sys
import sysconfig

FREE_GB = 4


class SetupError(RuntimeError):
    """A failure that the user can mend, in one clear line."""


def check_machine(root: Path, venv: Path, needs_compiler: bool) -> None:
    """Raise SetupError naming everything that is missing, with the command that installs it."""
    if not (3, 10) <= sys.version_info[:2] <= (3, 12):
        raise SetupError(
            f'Python {platform.python_version()} ({sys.executable}) is not supported: '
            'Python 3.10 to 3.12 is; choose one with make setup PYTHON=python3.12'
        )
    if sys.platform != 'linux' or platform.machine() != 'x86_64':
        raise SetupError(
            f'{sys.platform} on {platform.machine()} is not supported: mediapipe 0.10.30, '
            'pyrealsense2 and the ROS 2 wheels exist for Linux on x86_64 only'
        )
    missing = []
    if needs_compiler:
        missing += [
            package
            for program, package in (('g++', 'g++'), ('make', 'make'))
            if not shutil.which(program)
        ]
        if not (Path(sysconfig.get_paths()['include']) / 'Python.h').is_file():
            missing.append('python3-dev')
    if not (venv / 'bin' / 'pip').exists() and not has_venv():
        missing.append('python3-venv')
    if not ctypes.util.find_library('usb-1.0'):
        missing.append('libusb-1.0-0')
    if missing:
        sudo = '' if os.geteuid() == 0 else 'sudo '
        raise SetupError(
            f'missing on this machine: {", ".join(missing)}; '
            f'install with: {sudo}apt-get install {" ".join(missing)}'
        )
    free = shutil.disk_usage(root).free / 1e9
    if free < FREE_GB and not (venv / 'dexgen.sh').exists():
        raise SetupError(
            f'{free:.1f} GB free on the disk that holds {root}, {FREE_GB} GB are needed'
        )


def has_venv() -> bool:
    """Whether `python -m venv` can make an environment with pip."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return False
    return True
