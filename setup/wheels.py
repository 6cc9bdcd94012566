"""Mend the ROS 2 wheels: their CMake files name the machine that built them."""

from pathlib import Path
import re
import subprocess
import sys
import sysconfig


def rewrite_build_paths(venv: Path) -> int:
    """Point the CMake files of the ROS wheels at this environment; return how many changed."""
    tag = f'cp{sys.version_info.major}{sys.version_info.minor}'
    python = f'python{sys.version_info.major}.{sys.version_info.minor}'
    numpy = subprocess.run(
        [venv / 'bin' / 'python3', '-c', 'import numpy; print(numpy.get_include())'],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    rules = [
        (re.compile(r'/project/build/temp\.[A-Za-z0-9_.-]+/install'), str(venv)),
        (
            re.compile(
                rf'/opt/python/{tag}-{tag}/lib/{python}/site-packages/numpy/_?core/include'
            ),
            numpy,
        ),
        (
            re.compile(rf'/opt/python/{tag}-{tag}/include/{python}'),
            sysconfig.get_paths()['include'],
        ),
        (re.compile(rf'/opt/python/{tag}-{tag}'), str(venv)),
    ]
    changed = 0
    for path in (file for folder in ('share', 'lib/cmake') for file in (venv / folder).rglob('*')):
        if path.is_symlink() or not path.is_file() or path.suffix in ('.pyc', '.so', '.png'):
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        mended = text
        for pattern, value in rules:
            mended = pattern.sub(lambda _match, value=value: value, mended)
        if mended != text:
            path.write_text(mended)
            changed += 1
    return changed
