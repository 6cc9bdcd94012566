"""The command `dexgen-bag`: what is in a bag; repair, compare, export, run again."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
import sys
from typing import Annotated, Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
import tyro

from dexgen_session.bag.compare import compare_bags
from dexgen_session.bag.mcap_file import DiskError
from dexgen_session.bag.reader import BagReader
from dexgen_session.bag.repair import repair_bag
from dexgen_session.export.csv_format import write_csv
from dexgen_session.export.frames import Frame, FrameSource
from dexgen_session.export.lerobot_format import write_lerobot
from dexgen_session.export.zarr_format import write_zarr

Bag = tyro.conf.Positional[Path]
WRITERS = {'lerobot': write_lerobot, 'zarr': write_zarr, 'csv': write_csv}


@dataclass(frozen=True)
class Info:
    """Print the topics, types, counts and times of a bag."""

    bag: Bag

    def run(self) -> int:
        """Print; 1 where a file is torn."""
        reader = BagReader(self.bag)
        duration = 1e-9 * (reader.end - reader.start)
        print(f'{reader.path}: {len(reader.files)} files, {reader.message_count} messages')
        print(f'{duration:.2f} s from {1e-9 * reader.start:.3f}')
        width = max((len(topic) for topic in reader.topics), default=0)
        for topic, facts in sorted(reader.topics.items()):
            rate = f'{facts.count / duration:8.1f} Hz' if duration else ''
            print(f'  {topic:{width}}  {facts.type:36} {facts.count:8} {rate}')
        if reader.torn:
            print(f'torn: {", ".join(reader.torn)}; run dexgen-bag repair {self.bag}')
        return 1 if reader.torn else 0


@dataclass(frozen=True)
class Repair:
    """Rebuild the index of a bag that was never closed, in place."""

    bag: Bag

    def run(self) -> int:
        """Repair and print what was done."""
        for file in repair_bag(self.bag, tell=lambda text: print(text, file=sys.stderr)):
            done = file.repair
            state = 'was whole' if done.was_whole else f'repaired, {done.cut} bytes cut'
            print(f'{file.name}: {done.messages} messages, {state}')
        return 0


@dataclass(frozen=True)
class Compare:
    """Print where two runs part, topic by topic; exit status 1 where they do.

    Attributes:
      first: first bag.
      second: second bag.
      topics: topics to compare; none: those in both.
      tolerance: largest difference of a number that counts as the same.
    """

    first: Bag
    second: Bag
    topics: tuple[str, ...] = ()
    tolerance: float = 0.0

    def run(self) -> int:
        """Compare and print."""
        parts = compare_bags(
            BagReader(self.first), BagReader(self.second), self.topics, self.tolerance
        )
        for part in parts:
            counts = f'{part.counts[0]} and {part.counts[1]} messages, {part.compared} compared'
            if part.first is None:
                print(f'{part.topic}: the same, {counts}, largest difference {part.largest:.3g}')
            else:
                print(
                    f'{part.topic}: parts at message {part.first} ({part.time:.3f} s) in '
                    f'{part.field}; largest difference {part.largest:.3g}; {counts}'
                )
        return 0 if all(part.same for part in parts) else 1


@dataclass(frozen=True)
class Export:
    """Write the engage spans of a bag as a data set.

    Attributes:
      bag: the bag.
      output: folder to create.
      format: lerobot (layout v3.0), zarr or csv.
      rate: frames per second [Hz].
    """

    bag: Bag
    output: tyro.conf.Positional[Path]
    format: Literal['lerobot', 'zarr', 'csv'] = 'lerobot'
    rate: float = 30.0

    def run(self) -> int:
        """Export with a progress bar on stderr."""
        if self.output.exists():
            raise ValueError(f"'{self.output}' exists; choose another folder")
        source = FrameSource(BagReader(self.bag), self.rate)
        frames = shown(source)
        first = next(frames, None)
        if first is None:
            raise ValueError(f"the bag '{self.bag}' has no frames: it was never RUNNING")
        try:
            count = WRITERS[self.format](source, chain([first], frames), self.output)
        except ModuleNotFoundError as error:
            raise ValueError(
                f'the format {self.format} needs the package {error.name}; '
                'install what setup/requirements/export.txt lists'
            ) from None
        print(f'{self.output}: {count} frames')
        return 0


@dataclass(frozen=True)
class Rerun:
    """Run a bag's operator through the stack again, without clocks: the same bits every time.

    Attributes:
      bag: the bag.
      output: bag to write, with commands, joint targets and postures.
      mode: controller's mode; none: as recorded.
      checkpoint: folder of a learned controller; none: as recorded.
      object: object in the hand; none: as recorded.
      guidance: guidance strength; none: as recorded.
    """

    bag: Bag
    output: tyro.conf.Positional[Path]
    mode: str | None = None
    checkpoint: str | None = None
    object: str | None = None
    guidance: float | None = None

    def run(self) -> int:
        """Run again and print what was written."""
        from dexgen_session.rerun.bag import write_rerun
        from dexgen_session.rerun.engine import Rerun as Engine
        from dexgen_session.rerun.settings import recorded_settings

        settings = recorded_settings(
            self.bag,
            mode=self.mode,
            checkpoint=self.checkpoint,
            object=self.object,
            guidance=self.guidance,
        )
        targets = write_rerun(Engine(BagReader(self.bag), settings), self.output)
        print(f'{self.output}: {targets} joint targets by {settings}')
        return 0


def shown(source: FrameSource) -> Iterator[Frame]:
    """Frames of a source, with a bar that says how far the bag is read."""
    columns = (
        TextColumn('{task.description}'),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    span = 1e-9 * (source.bag.end - source.bag.start)
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task('frames', total=int(span * source.rate) + 1)
        for count, frame in enumerate(source):
            if count % 100 == 0:
                progress.update(bar, completed=count)
            yield frame
        progress.update(bar, completed=progress.tasks[0].total)


Command = (
    Annotated[Info, tyro.conf.subcommand('info')]
    | Annotated[Repair, tyro.conf.subcommand('repair')]
    | Annotated[Compare, tyro.conf.subcommand('compare')]
    | Annotated[Export, tyro.conf.subcommand('export')]
    | Annotated[Rerun, tyro.conf.subcommand('rerun')]
)


def main() -> None:
    """Run the command; a user's error is one line and exit status 2."""
    command = tyro.cli(Command, prog='dexgen-bag')
    try:
        status = command.run()
    except (ValueError, OSError, DiskError) as error:
        print(f'error: {error}', file=sys.stderr)
        status = 2
    sys.exit(status)


if __name__ == '__main__':
    main()
