#!/bin/bash
# Environment of ROS 2 and of the workspace, then the command.
set -e
# shellcheck source=/dev/null
source "/opt/ros/${ROS_DISTRO:?}/setup.bash"
# shellcheck source=/dev/null
source "$(dirname "$0")/../.venv/dexgen.sh"
exec "$@"
