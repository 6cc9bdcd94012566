"""Reads a Dockerfile: stages and their instructions."""

from dataclasses import dataclass, field
import re
from typing import NamedTuple


class Instruction(NamedTuple):
    """One instruction: its keyword and the rest, continuation lines joined."""

    keyword: str
    rest: str


@dataclass
class Stage:
    """One build stage.

    Attributes:
      name: after AS.
      base: image or stage that it begins with.
      instructions: in order.
    """

    name: str
    base: str
    instructions: list[Instruction] = field(default_factory=list)

    def copies(self) -> list[tuple[list[str], str]]:
        """Sources in the build context and the destination of each COPY from it."""
        return [
            (words[:-1], words[-1])
            for keyword, rest in self.instructions
            if keyword == 'COPY' and '--from=' not in rest
            for words in [[word for word in rest.split() if not word.startswith('--')]]
        ]

    def copied_stages(self) -> list[str]:
        """Stages that files are taken from."""
        return [
            name
            for keyword, rest in self.instructions
            if keyword == 'COPY'
            for name in re.findall(r'--from=(\S+)', rest)
        ]


def read_stages(text: str) -> dict[str, Stage]:
    """Stages of a Dockerfile by name.

    Raises:
      ValueError: a stage without a name, or an instruction before the first FROM.
    """
    lines = [line for line in text.splitlines() if line.strip() and line.lstrip()[0] != '#']
    joined = re.sub(r'\\\n\s*', '', '\n'.join(lines))
    stages: dict[str, Stage] = {}
    current = None
    for line in joined.splitlines():
        keyword, _, rest = line.strip().partition(' ')
        if keyword == 'FROM':
            match = re.fullmatch(r'(\S+) AS (\S+)', rest)
            if not match:
                raise ValueError(f'a stage without a name: {line}')
            current = Stage(match[2], match[1])
            stages[current.name] = current
        elif current is None:
            raise ValueError(f'before the first FROM: {line}')
        else:
            current.instructions.append(Instruction(keyword, rest))
    return stages


def lineage(stages: dict[str, Stage], name: str) -> list[Stage]:
    """The stage and those that it begins with, the first one first."""
    stage = stages[name]
    before = lineage(stages, stage.base) if stage.base in stages else []
    return [*before, stage]
