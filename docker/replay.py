"""Replays a stage of the Dockerfile in a scratch folder, as far as that goes without Docker.

    python3 docker/replay.py build

COPY, WORKDIR and ENV are followed; RUN lines that install system packages are named and left out,
all others run. `/` of the image is the scratch folder: it has an empty /opt/ros/jazzy/setup.bash
where ROS 2 is not installed, so that the build takes ROS 2 from wheels.
"""

import argparse
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tempfile

from dockerfile import Instruction, lineage, read_stages

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = ROOT / 'docker' / 'Dockerfile'
SYSTEM = ('apt-get', 'rosdep')
DISTRO = 'jazzy'


def needs_docker(instruction: Instruction) -> bool:
    """Whether a RUN line changes the system, which only an image has to itself."""
    return any(word in instruction.rest for word in SYSTEM)


class Replay:
    """Follows instructions in a scratch folder that stands for the image's root."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.left_out: list[str] = []
        self._place = folder
        self._variables = {**os.environ, 'ROS_DISTRO': DISTRO}
        setup = folder / 'opt' / 'ros' / DISTRO / 'setup.bash'
        setup.parent.mkdir(parents=True)
        installed = Path('/opt/ros') / DISTRO / 'setup.bash'
        setup.write_text(f'. {installed}\n' if installed.exists() else '')

    def follow(self, instruction: Instruction) -> None:
        """Follow one instruction.

        Raises:
          subprocess.CalledProcessError: a RUN line failed.
        """
        keyword, rest = instruction
        if keyword == 'WORKDIR':
            self._place = self._inside(rest)
            self._place.mkdir(parents=True, exist_ok=True)
        elif keyword == 'ENV':
            name, _, value = rest.partition('=')
            self._variables[name] = value
        elif keyword == 'COPY' and '--from=' not in rest:
            *sources, target = [word for word in rest.split() if not word.startswith('--')]
            for source in sources:
                self._copy(source, target)
        elif keyword == 'RUN' and needs_docker(instruction):
            self.left_out.append(rest)
        elif keyword == 'RUN':
            print(f'RUN {rest}', flush=True)
            command = rest.replace('"/', f'"{self.folder}/')
            subprocess.run(
                ['bash', '-o', 'pipefail', '-c', command],
                cwd=self._place,
                env=self._variables,
                check=True,
            )

    def _inside(self, path: str) -> Path:
        return self.folder / path.lstrip('/') if path.startswith('/') else self._place / path

    def _copy(self, source: str, target: str) -> None:
        """Copy what git knows or would add: the .dockerignore names what git ignores too."""
        into = self._inside(target)
        if (ROOT / source).is_file():
            into.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / source, into)
            return
        listed = subprocess.run(
            ['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard', source],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for name in filter(None, listed.split('\0')):
            if (ROOT / name).is_file():
                (into / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, into / name)


def main() -> int:
    stages = read_stages(DOCKERFILE.read_text())
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('stage', choices=sorted(stages))
    stage = parser.parse_args().stage
    with tempfile.TemporaryDirectory(prefix='dexgen-image-') as folder:
        replay = Replay(Path(folder))
        for part in lineage(stages, stage):
            for instruction in part.instructions:
                replay.follow(instruction)
    for line in replay.left_out:
        print(f'left out, needs Docker: RUN {line}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
