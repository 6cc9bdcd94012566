from setuptools import find_packages, setup

package_name = 'dexgen_learning'

setup(
    name=package_name,
    version='0.1.0',
    packages=find_packages(include=[package_name, package_name + '.*']),
    package_data={package_name: ['assets/**/*.npz', 'assets/**/*.json', '**/*.yaml']},
    data_files=[
        ('share/ament_index/resource_index/packages', ['resource/' + package_name]),
        ('share/' + package_name, ['package.xml']),
    ],
    install_requires=['setuptools'],
    zip_safe=True,
    maintainer='dexgen maintainers',
    maintainer_email='maintainers@dexgen.invalid',
    description=(
        'Everything the controller learns from: grasps, tasks, reinforcement learning, '
        'data, training, evaluation.'
    ),
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'dexgen-learn = dexgen_learning.cli:main',
        ],
    },
)
