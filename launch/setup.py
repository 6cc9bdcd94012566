from glob import glob

from setuptools import find_packages, setup

package_name = 'dexgen'

setup(
    name=package_name,
    version='0.1.0',
    packages=find_packages(include=[package_name, package_name + '.*']),
    package_data={package_name: ['fastdds/*.xml']},
    data_files=[
        ('share/ament_index/resource_index/packages', ['resource/' + package_name]),
        ('share/' + package_name, ['package.xml']),
        ('share/' + package_name + '/launch', sorted(glob('*.launch.py'))),
        ('share/' + package_name + '/rviz', sorted(glob('rviz/*'))),
        ('share/' + package_name + '/foxglove', sorted(glob('foxglove/*'))),
    ],
    install_requires=['setuptools'],
    zip_safe=True,
    maintainer='dexgen maintainers',
    maintainer_email='maintainers@dexgen.invalid',
    description='The dexgen stack described once: launch files and the dexgen command.',
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'dexgen = dexgen.cli:main',
        ],
    },
)
