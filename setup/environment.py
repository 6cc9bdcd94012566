"""The environment file: what a shell sources to use the workspace (`make shell` does it)."""

from pathlib import Path

WHEELS = """\
# ROS 2 from wheels: their libraries in a fixed order, instead of a re-execution by their .pth.
export LD_LIBRARY_PATH="{libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"
export _ROS_WHEELS_BOOTSTRAP_COMPLETE=1
export AMENT_PREFIX_PATH="{venv}"
export CMAKE_PREFIX_PATH="{venv}"
export ROS_DISTRO=jazzy ROS_VERSION=2 ROS_PYTHON_VERSION=3
"""

INSTALLED = """\
[ -n "${{ROS_DISTRO:-}}" ] || . "{prefix}/setup.sh"
"""

COMMON = """\
export PATH="{venv}/bin:$PATH"
export VIRTUAL_ENV="{venv}"
export ROS_AUTOMATIC_DISCOVERY_RANGE="${{ROS_AUTOMATIC_DISCOVERY_RANGE:-LOCALHOST}}"
: "${{FASTRTPS_DEFAULT_PROFILES_FILE:={root}/launch/dexgen/fastdds/localhost.xml}}"
export FASTRTPS_DEFAULT_PROFILES_FILE
[ -n "${{HOME:-}}" ] || export ROS_LOG_DIR="${{ROS_LOG_DIR:-/tmp/dexgen-log}}"
"""

OVERLAY = """\
if [ -z "${{DEXGEN_BUILDING:-}}" ] && [ -f "{root}/install/local_setup.sh" ]; then
    COLCON_CURRENT_PREFIX="{root}/install" . "{root}/install/local_setup.sh"
fi
"""


def write_environment(path: Path, root: Path, venv: Path, ros: Path | None) -> None:
    """Write the file; `ros` is the prefix of an installed ROS 2, None where the wheels serve."""
    text = '# Written by setup/environment.py; source it to use the workspace.\n'
    if ros:
        text += INSTALLED.format(prefix=ros)
    else:
        libraries = [venv / 'lib', *sorted(venv.glob('lib/python3*/site-packages/ros_*.libs'))]
        text += WHEELS.format(venv=venv, libraries=':'.join(map(str, libraries)))
    text += (COMMON + OVERLAY).format(venv=venv, root=root)
    path.write_text(text)
