from setuptools import find_packages, setup

package_name = 'dexgen_description'

setup(
    name=package_name,
    version='0.1.0',
    packages=find_packages(include=[package_name, package_name + '.*']),
    package_data={package_name: ['hands/*.yaml', 'objects/*.yaml']},
    data_files=[
        ('share/ament_index/resource_index/packages', ['resource/' + package_name]),
        ('share/' + package_name, ['package.xml']),
    ],
    install_requires=['setuptools'],
    zip_safe=False,
    maintainer='dexgen maintainers',
    maintainer_email='maintainers@dexgen.invalid',
    description=(
        'Robot hands and objects as data: MJCF, URDF and forward kinematics built from '
        'one file each.'
    ),
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
        ],
    },
)
