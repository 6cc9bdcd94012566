"""The launch files declare what the description says; skipped where launch is not installed."""

from pathlib import Path

from dexgen.stack import STACKS
import pytest

pytest.importorskip('launch_ros', reason="ROS 2's launch_ros is not installed here")

from launch import LaunchContext
from launch.actions import DeclareLaunchArgument
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.utilities import perform_substitutions

FOLDER = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize('stack', STACKS.values(), ids=list(STACKS))
def test_every_argument_is_declared_with_its_default(stack):
    context = LaunchContext()
    source = PythonLaunchDescriptionSource(str(FOLDER / f'{stack.name}.launch.py'))
    description = source.get_launch_description(context)
    declared = {
        action.name: perform_substitutions(context, action.default_value)
        for action in description.entities
        if isinstance(action, DeclareLaunchArgument)
    }
    assert declared == {argument.name: argument.text() for argument in stack.arguments}


def test_there_is_a_launch_file_for_every_stack():
    files = {path.name.removesuffix('.launch.py') for path in FOLDER.glob('*.launch.py')}
    assert files == set(STACKS)
