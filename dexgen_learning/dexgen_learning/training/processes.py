"""One process or many: what `torchrun` says about this one."""

from dataclasses import dataclass
import os

import torch
from torch import distributed


@dataclass(frozen=True)
class Process:
    """This process among those of a run.

    Attributes:
      rank, count: its number and how many there are.
      device: where it computes.
    """

    rank: int
    count: int
    device: str

    @property
    def leads(self) -> bool:
        """Whether it is the one that writes and reports."""
        return self.rank == 0


def join_processes(device: str) -> Process:
    """Join the group that torchrun describes, or be alone."""
    count = int(os.environ.get('WORLD_SIZE', '1'))
    if count == 1:
        return Process(0, 1, device)
    backend = 'nccl' if device == 'cuda' else 'gloo'
    distributed.init_process_group(backend)
    local = int(os.environ.get('LOCAL_RANK', '0'))
    if device == 'cuda':
        torch.cuda.set_device(local)
        device = f'cuda:{local}'
    return Process(distributed.get_rank(), count, device)


def leave_processes(process: Process) -> None:
    """Leave the group."""
    if process.count > 1:
        distributed.destroy_process_group()
