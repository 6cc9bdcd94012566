"""The package stays light: no ROS, and heavy libraries only for those who ask."""
import json
import subprocess
import sys

import pytest

PROGRAM = """
import json, sys
from dexgen_description import hand_urdf, Kinematics, load_hand, load_object, object_urdf
hand = load_hand('allegro_right')
Kinematics(hand).keypoints(hand.rest)
hand_urdf(hand), object_urdf(load_object('cube'))
print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))
"""


def test_kinematics_and_urdf_need_neither_ros_nor_mujoco():
    done = subprocess.run([sys.executable, '-c', PROGRAM], capture_output=True, text=True,
                          check=True)
    modules = set(json.loads(done.stdout))
    assert not modules & {'rclpy', 'mujoco', 'torch', 'trimesh', 'coacd'}
    assert not {name for name in modules if name.startswith('dexgen_')} - {'dexgen_description'}


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    import dexgen_description
    with pytest.raises(AttributeError, match="no attribute 'fetch_hand'"):
        _ = dexgen_description.fetch_hand
