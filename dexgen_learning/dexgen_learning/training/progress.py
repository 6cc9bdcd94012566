"""What a run shows while it trains: a progress bar, and TensorBoard events in its folder."""

from pathlib import Path

from dexgen_learning.training.trainer import Report


class Progress:
    """Shows reports.

    Args:
      folder: of the TensorBoard events.
      steps: of the whole run.
      done: steps done before.
      quiet: show nothing on the terminal.
    """

    def __init__(self, folder: Path, steps: int, done: int = 0, quiet: bool = False):
        from torch.utils.tensorboard import SummaryWriter
        from tqdm import tqdm

        self._events = SummaryWriter(str(folder))
        self._bar = tqdm(total=steps, initial=done, unit='step', disable=quiet)

    def __call__(self, report: Report) -> None:
        """Show a report."""
        self._bar.update(report.step - self._bar.n)
        self._bar.set_postfix(
            motion=f'{report.losses["motion"]:.4f}',
            inverse=f'{report.losses["inverse"]:.3f}',
            samples_s=f'{report.samples_per_second:.0f}',
            loading=f'{100 * report.loading_share:.1f}%',
        )
        for name, value in report.losses.items():
            self._events.add_scalar(f'loss/{name}', value, report.step)
        self._events.add_scalar('rate/samples', report.samples_per_second, report.step)
        self._events.add_scalar('rate/loading_share', report.loading_share, report.step)

    def close(self) -> None:
        """End the bar and the events."""
        self._bar.close()
        self._events.close()
