"""ros2 launch dexgen replay.launch.py bag:=...: a bag is played into a live stack."""

from dexgen.launch_actions import describe
from dexgen.stack import REPLAY
from launch import LaunchDescription


def generate_launch_description() -> LaunchDescription:
    """Describe the stack that the command `dexgen replay` runs too."""
    return describe(REPLAY)
