"""ros2 launch dexgen teleop.launch.py name:=value ...: a human hand moves a robot hand."""

from dexgen.launch_actions import describe
from dexgen.stack import TELEOP
from launch import LaunchDescription


def generate_launch_description() -> LaunchDescription:
    """Describe the stack that the command `dexgen teleop` runs too."""
    return describe(TELEOP)
