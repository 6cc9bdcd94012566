"""Build the workspace: virtual environment, ROS 2 where none is sourced, and our packages.

Standard library only: it runs before anything is installed. Called by the Makefile.
"""

import argparse
import errno
import hashlib
import os
from pathlib import Path
import subprocess
import sys
import time

from checks import check_machine, FREE_GB, SetupError
from environment import write_environment
from wheels import rewrite_build_paths

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / '.venv'
REQUIREMENTS = ROOT / 'setup' / 'requirements'
GROUPS = ('stack', 'test', 'learning', 'export', 'peers', 'scale', 'gpu')
FULL = f'the disk that holds {ROOT} is full; free {FREE_GB} GB and run make setup again'


def sourced_ros() -> Path | None:
    """Prefix of the ROS 2 that is sourced; None where there is none but our wheels."""
    for prefix in map(Path, filter(None, os.environ.get('AMENT_PREFIX_PATH', '').split(':'))):
        if (prefix / 'share' / 'rclpy').is_dir() and not (prefix / 'pyvenv.cfg').exists():
            return prefix
    return None


def digest(*parts: object) -> str:
    """Hash of the files and values given; a folder stands for the files in it."""
    result = hashlib.sha256()
    for part in parts:
        files = sorted(part.rglob('*')) if isinstance(part, Path) and part.is_dir() else [part]
        for item in files:
            if not isinstance(item, Path):
                result.update(repr(item).encode())
            elif item.is_file():
                result.update(str(item).encode() + item.read_bytes())
    return result.hexdigest()


def package_digest() -> str:
    """Hash of what colcon must see again: manifests, setup files, interfaces; no Python."""
    manifests = [path.parent for path in ROOT.glob('*/package.xml')]
    names = ('package.xml', 'setup.py', 'setup.cfg', 'CMakeLists.txt')
    files = [folder / name for folder in manifests for name in names]
    return digest(
        *sorted(files),
        ROOT / 'dexgen_msgs',
        ROOT / 'colcon.meta',
        ROOT / 'setup' / 'underlay',
        *sorted(ROOT.glob('launch/*.launch.py')),
        *sorted(ROOT.glob('*/rviz/*')),
    )


class Stamp:
    """A file that remembers for which inputs a step was done."""

    def __init__(self, name: str):
        self.path = VENV / f'{name}.stamp'

    def done(self, key: str) -> bool:
        return self.path.is_file() and self.path.read_text() == key

    def write(self, key: str) -> None:
        self.path.write_text(key)


def run(*command: object, env: dict | None = None, log: Path | None = None) -> None:
    """Run a command; on failure raise SetupError with its last lines."""
    result = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if log:
        log.write_text(result.stdout)
    if result.returncode:
        tail = '\n'.join(result.stdout.splitlines()[-25:])
        if 'No space left on device' in result.stdout:
            raise SetupError(FULL)
        raise SetupError(
            f'{tail}\n\n{Path(str(command[0])).name} failed (exit {result.returncode}), '
            f'see above{f" and {log}" if log else ""}'
        )


def constraints_beside_ros(constraints: Path) -> Path:
    """Constraints with the numpy that the sourced ROS 2 was built with: its C code needs it."""
    program = 'import numpy; print(numpy.__version__)'
    found = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    lines = [line for line in constraints.read_text().splitlines()
             if not line.startswith(('numpy==', 'setuptools==', 'ros-', 'colcon-'))]
    if found.returncode == 0:
        lines.append(f'numpy=={found.stdout.strip()}')
    result = VENV / 'constraints.txt'
    result.write_text('\n'.join(lines) + '\n')
    return result


def group_key(name: str, ros: Path | None) -> str:
    """What an installation of a requirement group depends on."""
    files = (REQUIREMENTS / 'constraints.txt', REQUIREMENTS / f'{name}.txt')
    return digest(*files, sys.version, ros)


def missing_groups(groups: list[str], ros: Path | None) -> list[str]:
    """Groups that are not installed as they are written now, ROS 2 itself among them."""
    names = groups if ros else ['ros', *groups]
    return [name for name in names if not Stamp(f'install-{name}').done(group_key(name, ros))]


def install(groups: list[str], ros: Path | None) -> None:
    """Install the requirement groups that are not there yet into the virtual environment."""
    constraints = REQUIREMENTS / 'constraints.txt'
    missing = missing_groups(groups, ros)
    if not missing:
        return
    if not (VENV / 'bin' / 'pip').exists():
        print(f'Creating {VENV} with {sys.executable}', flush=True)
        options = ['--system-site-packages'] if ros else []
        run(sys.executable, '-m', 'venv', *options, VENV)
        (VENV / 'COLCON_IGNORE').touch()
    print(f'Installing {", ".join(missing)}', flush=True)
    index = os.environ.get('TORCH_INDEX')
    extra = ['--extra-index-url', index] if index and 'learning' in missing else []
    pins = ['-c', constraints if not ros else constraints_beside_ros(constraints)]
    run(
        VENV / 'bin' / 'pip',
        'install',
        '--disable-pip-version-check',
        *pins,
        *extra,
        *[part for name in missing for part in ('-r', REQUIREMENTS / f'{name}.txt')],
        log=VENV / 'pip.log',
    )
    if not ros:
        rewrite_build_paths(VENV)
    for name in missing:
        Stamp(f'install-{name}').write(group_key(name, ros))


def build(ros: Path | None) -> None:
    """Build the workspace with colcon and write the environment file."""
    environment = VENV / 'dexgen.sh'
    write_environment(environment, ROOT, VENV, ros)
    stamp = Stamp('build')
    key = digest(package_digest(), sys.version, ros)
    if stamp.done(key) and (ROOT / 'install' / 'local_setup.sh').exists():
        return
    print('Building the workspace with colcon', flush=True)
    bases = [ROOT]
    if not ros or not (ros / 'share' / 'tf2_msgs').is_dir():
        bases.append(ROOT / 'setup' / 'underlay')
    command = [
        'colcon',
        'build',
        '--symlink-install',
        '--base-paths',
        *map(str, bases),
        '--cmake-args',
        f'-DPython3_EXECUTABLE={VENV}/bin/python3',
        '-DBUILD_TESTING=OFF',
    ]
    shell = f'. {environment} && exec {VENV}/bin/python3 "$(command -v colcon)" "$@"'
    run(
        'sh',
        '-c',
        shell,
        *command,
        env={**os.environ, 'DEXGEN_BUILDING': '1'},
        log=VENV / 'colcon.log',
    )
    fetch_model()
    stamp.write(key)


def fetch_model() -> None:
    """Bring the hand landmark model into the cache; without a network the stack says how later."""
    program = [VENV / 'bin' / 'python3', '-m', 'dexgen_teleop.tracking.model']
    shell = f'. {VENV}/dexgen.sh && exec "$@"'
    result = subprocess.run(['sh', '-c', shell, 'sh', *map(str, program)],
                            capture_output=True, text=True)
    if result.returncode:
        print(f'setup: warning: {result.stderr.strip()}', file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'groups', nargs='*', metavar='group', help=f'requirement groups: {", ".join(GROUPS)}'
    )
    groups = parser.parse_args().groups or ['stack', 'test']
    if unknown := set(groups) - set(GROUPS):
        parser.error(
            f'unknown group {", ".join(sorted(unknown))}; the groups are {", ".join(GROUPS)}'
        )
    start = time.monotonic()
    try:
        ros = sourced_ros()
        check_machine(ROOT, VENV, needs_compiler=True)
        install(groups, ros)
        build(ros)
    except SetupError as error:
        print(f'setup: {error}', file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(f'setup: {FULL}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('setup: interrupted; run make setup again to go on', file=sys.stderr)
        return 130
    print(f'Ready ({time.monotonic() - start:.0f} s): make teleop, make test, make shell')
    return 0


if __name__ == '__main__':
    sys.exit(main())
