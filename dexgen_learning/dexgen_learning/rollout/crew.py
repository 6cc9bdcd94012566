"""Who makes the chunks of a data set: this process, several, or a Ray cluster."""

from collections.abc import Callable, Iterator, Sequence
import multiprocessing
import os
from typing import Protocol

import numpy as np

from dexgen_learning.rollout.chunk import make_chunk, RolloutConfig

Run = Callable[[RolloutConfig, Sequence[int]], Iterator[tuple[int, np.ndarray]]]
"""Makes the chunks of these numbers; gives them in any order."""


class Crew(Protocol):
    """A context that gives a Run; `size` chunks are asked for at a time."""

    size: int

    def __enter__(self) -> Run: ...

    def __exit__(self, *failure: object) -> None: ...


class Alone:
    """This process."""

    size = 1

    def __enter__(self) -> Run:
        return lambda config, numbers: ((k, make_chunk(config, k)) for k in numbers)

    def __exit__(self, *failure: object) -> None:
        pass


def _numbered(job: tuple[RolloutConfig, int]) -> tuple[int, np.ndarray]:
    return job[1], make_chunk(*job)


class Processes:
    """Several processes of this machine."""

    def __init__(self, workers: int) -> None:
        """Started on entering."""
        self.size = max(workers, 1)

    def __enter__(self) -> Run:
        self._pool = multiprocessing.get_context('spawn').Pool(self.size)
        return lambda config, numbers: self._pool.imap_unordered(
            _numbered, [(config, k) for k in numbers])

    def __exit__(self, *failure: object) -> None:
        self._pool.terminate()
        self._pool.join()


class RayCluster:
    """The machines of a Ray cluster; a chunk whose machine dies is made again on another.

    Grasp sets and policies that the configuration names must lie under the same path on every
    machine, or be those that come with the package. Rows travel back to this process, which
    alone writes shards.
    """

    def __init__(self, address: str = 'auto', retries: int = 5) -> None:
        """Join on entering.

        Args:
            address: of the cluster; `auto` for the one that this machine belongs to.
            retries: how often a chunk is made again when its worker dies.
        """
        self.address, self.retries, self.size = address, retries, 1

    def __enter__(self) -> Run:
        os.environ.setdefault('RAY_USAGE_STATS_ENABLED', '0')
        try:
            import ray
        except ImportError as error:
            raise ValueError('Ray is not installed; run `make setup-scale`, or use --workers in '
                             'place of --ray') from error
        try:
            ray.init(address=self.address, ignore_reinit_error=True, log_to_driver=False)
        except ConnectionError as error:
            raise ValueError(f'no Ray cluster at {self.address!r}; start one with '
                             '`ray start --head`, or use --workers') from error
        self.size = max(int(ray.cluster_resources().get('CPU', 1)), 1)
        make = ray.remote(num_cpus=1, max_retries=self.retries)(_numbered)

        def run(config: RolloutConfig, numbers: Sequence[int]) -> Iterator:
            waiting = [make.remote((config, k)) for k in numbers]
            while waiting:
                done, waiting = ray.wait(waiting, num_returns=1)
                yield ray.get(done[0])
        return run

    def __exit__(self, *failure: object) -> None:
        import ray
        ray.shutdown()
