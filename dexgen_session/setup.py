from setuptools import find_packages, setup

package_name = 'dexgen_session'

setup(
    name=package_name,
    version='0.1.0',
    packages=find_packages(include=[package_name, package_name + '.*']),
    data_files=[
        ('share/ament_index/resource_index/packages', ['resource/' + package_name]),
        ('share/' + package_name, ['package.xml']),
        ('bin', ['scripts/dexgen-bag']),
    ],
    package_data={package_name + '.bag': ['*.yaml']},
    install_requires=['setuptools'],
    zip_safe=True,
    maintainer='dexgen maintainers',
    maintainer_email='maintainers@dexgen.invalid',
    description='What watches a session: the live page in the browser, recording and replay.',
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'viewer = dexgen_session.viewer_node:main',
            'recorder = dexgen_session.recorder_node:main',
            'replay = dexgen_session.replay_node:main',
            'markers = dexgen_session.markers_node:main',
        ],
    },
)
