from setuptools import find_packages, setup

package_name = 'dexgen_teleop'

setup(
    name=package_name,
    version='0.1.0',
    packages=find_packages(include=[package_name, package_name + '.*']),
    package_data={package_name + '.retargeting': ['hands/*.yaml', 'inputs/*.yaml']},
    data_files=[
        ('share/ament_index/resource_index/packages', ['resource/' + package_name]),
        ('share/' + package_name, ['package.xml']),
    ],
    install_requires=['setuptools'],
    zip_safe=True,
    maintainer='dexgen maintainers',
    maintainer_email='maintainers@dexgen.invalid',
    description=(
        'Hand tracking from cameras and videos, and retargeting to the keypoints of a '
        'robot hand.'
    ),
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'hand_tracker = dexgen_teleop.hand_tracker_node:main',
            'retargeter = dexgen_teleop.retargeter_node:main',
            'hand_adapter = dexgen_teleop.hand_adapter_node:main',
            'calibration = dexgen_teleop.calibration_node:main',
        ],
    },
)
