from setuptools import find_packages, setup

package_name = 'dexgen_controller'

setup(
    name=package_name,
    version='0.1.0',
    packages=find_packages(include=[package_name, package_name + '.*']),
    package_data={package_name: ['checkpoints/**/*']},
    data_files=[
        ('share/ament_index/resource_index/packages', ['resource/' + package_name]),
        ('share/' + package_name, ['package.xml']),
    ],
    install_requires=['setuptools'],
    zip_safe=True,
    maintainer='dexgen maintainers',
    maintainer_email='maintainers@dexgen.invalid',
    description=(
        'The DexterityGen controller: keypoint commands to joint targets, on its own clock.'
    ),
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'controller = dexgen_controller.controller_node:main',
        ],
    },
)
