from setuptools import find_packages, setup

package_name = 'dexgen_sim_bridge'

setup(
    name=package_name,
    version='0.1.0',
    packages=find_packages(include=[package_name, package_name + '.*']),
    data_files=[
        ('share/ament_index/resource_index/packages', ['resource/' + package_name]),
        ('share/' + package_name, ['package.xml']),
        ('bin', ['scripts/dexgen-identify']),
    ],
    package_data={package_name: ['presets/*.yaml']},
    install_requires=['setuptools'],
    zip_safe=True,
    maintainer='dexgen maintainers',
    maintainer_email='maintainers@dexgen.invalid',
    description='The bridge to a hand: safety gate, state machine, MuJoCo scene and PD actuation.',
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'hand_bridge = dexgen_sim_bridge.hand_bridge_node:main',
        ],
    },
)
