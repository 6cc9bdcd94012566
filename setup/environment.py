"""The environment file: what a shell sources to use the workspace (`make shell` does it)."""

from pathlib import Path

WHEELS = """\
# ROS 2 from wheels: their libraries, in a fixed order, instead of the re-execution that their .pth file does.
export LD_LIBRARY_PATH="{libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"
export _ROS_WHEELS_BOOTSTRAP_COMPLETE=1
export AMENT_PREFIX_PATH="{venv}"
export CMAKE_PREFIX_PATH="{venv}"
export ROS_DISTRO=jazzy ROS_VERSION=2 ROS_PYTHON_VERSION=3
"""

COMMON = """\
export PATH="{venv}/bin:$PATH"
export VIRTUAL_ENV="{venv}"
export ROS_AUTOMATIC_DISCOVERY_RANGE="${{ROS_AUTOMATIC_DISCOVERY_RANGE:-LOCALHOST}}"
export FASTRTPS_DEFAULT_PROFILES_FILE="${{FASTRTPS_DEFAULT_PROFILES_FILE:-{root}/setup/fastdds.xml}}"
export PYTHONWARNINGS="${{PYTHONWARNINGS:-ignore::DeprecationWarning:setuptools,ignore::UserWarning:setuptools}}"
[ -n "${{HOME:-}}" ] || export ROS_LOG_DIR="${{ROS_LOG_DIR:-/tmp/dexgen-log}}"
"""

OVERLAY = """\
if [ -z "${{DEXGEN_BUILDING:-}}" ] && [ -f "{root}/install/local_setup.sh" ]; then
    COLCON_CURRENT_PREFIX="{root}/install" . "{root}/install/local_setup.sh"
fi
"""


def write_environment(path: Path, root: Path, venv: Path, distro: str | None) -> None:
    """Write the file; `distro` is the ROS 2 that is sourced already, or None where the wheels serve."""
    text = '# Written by setup/environment.py; source it to use the workspace.\n'
    if not distro:
        libraries = [venv / 'lib', *sorted(venv.glob('lib/python3*/site-packages/ros_*.libs'))]
        text += WHEELS.format(venv=venv, libraries=':'.join(map(str, libraries)))
    text += (COMMON + OVERLAY).format(venv=venv, root=root)
    path.write_text(text)
